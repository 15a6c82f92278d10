#include "hubspot/read/link_reader.h"

#include "hubspot/read/error_reading.h"
#include "hubspot/read/json_document.h"

namespace hubmirror {
namespace {

LinkType ReadType(JsonValue type) {
  return {.category = type["category"].String(),
          .type_id = type["typeId"].Integer().value_or(0),
          .label = type["label"].String()};
}

/// `OBJECT_NOT_FOUND` with the subcategory `crm.associations.NO_ASSOCIATIONS_FOUND`, or of a record
/// that no longer exists: in either case there are no links.
bool SaysNone(JsonValue error) {
  return error["subCategory"].String().find("NO_ASSOCIATIONS") != std::string::npos ||
         error["category"].String() == "OBJECT_NOT_FOUND";
}

/// The records that an error is about.
std::vector<RecordId> NamedBy(JsonValue error) {
  const JsonValue named = error["context"]["fromObjectId"];
  std::vector<RecordId> ids;
  for (size_t i = 0; named.is_array() && i < named.size(); ++i) {
    if (const auto id = named.Item(i).Integer()) ids.push_back(RecordId{*id});
  }
  if (const auto id = named.Integer()) ids.push_back(RecordId{*id});
  return ids;
}

ApiError FailureOf(JsonValue error) {
  return {.kind = ApiErrorKind::kServer,
          .message = "some associations could not be read: " + error["category"].String() + " " +
                     error["subCategory"].String()};
}

Result<bool, ApiError> AppendResult(JsonValue result, LinkAnswer& answer) {
  const auto from = result["from"]["id"].Integer();
  const JsonValue to = result["to"];
  if (!from || !to.is_array()) return DecodeError("a result has no record");
  answer.accounted.push_back(RecordId{*from});
  for (size_t i = 0; i < to.size(); ++i) {
    // A number in practice, a string by the specification.
    const auto id = to.Item(i)["toObjectId"].Integer();
    const JsonValue types = to.Item(i)["associationTypes"];
    if (!id || !types.is_array()) return DecodeError("a link has no record or no type");
    for (size_t j = 0; j < types.size(); ++j) {
      answer.links.push_back({RecordId{*from}, RecordId{*id}, ReadType(types.Item(j))});
      if (answer.links.back().type.category.empty()) return DecodeError("a link has no category");
    }
  }
  // The `link` beside it may name another host or version.
  if (std::string after = result["paging"]["next"]["after"].String(); !after.empty()) {
    answer.more.push_back({RecordId{*from}, std::move(after)});
  }
  return true;
}

}  // namespace

Result<LinkAnswer, ApiError> ReadLinkAnswer(std::string body) {
  const auto document = JsonDocument::Parse(body);
  if (!document) return DecodeError(document.error());
  const JsonValue root = document->root();
  const JsonValue results = root["results"];
  if (!results.is_array()) return DecodeError("it has no results");
  LinkAnswer answer;
  for (size_t i = 0; i < results.size(); ++i) {
    if (auto read = AppendResult(results.Item(i), answer); !read) return read.error();
  }
  const JsonValue errors = root["errors"];
  std::optional<ApiError> failure;
  for (size_t i = 0; errors.is_array() && i < errors.size(); ++i) {
    const JsonValue error = errors.Item(i);
    const std::vector<RecordId> named = NamedBy(error);
    const bool none = SaysNone(error);
    if (!none && named.empty()) return FailureOf(error);
    if (!none) failure = FailureOf(error);
    auto& list = none ? answer.accounted : answer.failed;
    list.insert(list.end(), named.begin(), named.end());
  }
  if (failure && answer.accounted.empty()) return *failure;
  return answer;
}

Result<std::vector<LinkType>, ApiError> ReadLinkTypes(std::string body, uint64_t& replaced) {
  const auto document = JsonDocument::Parse(body);
  if (!document) return DecodeError(document.error());
  replaced += document->repaired();
  const JsonValue results = document->root()["results"];
  if (!results.is_array()) return DecodeError("it has no results");
  std::vector<LinkType> types;
  for (size_t i = 0; i < results.size(); ++i) {
    LinkType type = ReadType(results.Item(i));
    if (!type.category.empty()) types.push_back(std::move(type));
  }
  return types;
}

}  // namespace hubmirror
