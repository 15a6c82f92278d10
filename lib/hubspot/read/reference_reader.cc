#include "hubspot/read/reference_reader.h"

#include <charconv>
#include <cmath>

#include "base/time_text.h"
#include "hubspot/read/error_reading.h"
#include "hubspot/read/json_document.h"

namespace hubmirror {
namespace {

using Value = std::optional<std::string>;

Value ReadTime(JsonValue value) {
  const auto text = value.Text();
  if (!text) return std::nullopt;
  auto time = ParseRfc3339(*text);
  if (!time) time = ParseEpochMilliseconds(*text);
  return time ? Value(FormatRfc3339(*time)) : std::nullopt;
}

bool IsDecimal(JsonValue value) {
  const auto text = value.Text();
  if (!text) return false;
  double number = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), number);
  return error == std::errc() && end == text->data() + text->size() && std::isfinite(number);
}

Value ReadValue(JsonValue value, ReferenceType type) {
  switch (type) {
    case ReferenceType::kText:
      return value.Text() ? Value(value.String()) : std::nullopt;
    case ReferenceType::kInteger: {
      const auto number = value.Integer();
      return number ? Value(std::to_string(*number)) : std::nullopt;
    }
    case ReferenceType::kDecimal:
      return IsDecimal(value) ? Value(value.String()) : std::nullopt;
    case ReferenceType::kFlag:
      return value ? Value(value.is_true() ? "true" : "false") : std::nullopt;
    case ReferenceType::kTime:
      return ReadTime(value);
    case ReferenceType::kJson:
      return value ? Value(value.Serialize()) : std::nullopt;
  }
  return std::nullopt;
}

JsonValue MemberAt(JsonValue item, std::string_view path) {
  const size_t dot = path.find('.');
  if (dot == std::string_view::npos) return item[path];
  return item[path.substr(0, dot)][path.substr(dot + 1)];
}

/// `given` fills the columns that no member of the JSON does, in their order.
void Append(JsonValue item, const std::vector<std::string>& given, ReferenceBatch& batch,
            std::vector<std::string>& odd) {
  const ReferenceTable& table = TableOf(batch.kind);
  ReferenceRow row{.archived = item["archived"].is_true()};
  size_t next_given = 0;
  for (const ReferenceColumn& column : table.columns) {
    row.values.push_back(column.field.empty()
                             ? Value(given.at(next_given++))
                             : ReadValue(MemberAt(item, column.field), column.type));
    if (row.values.size() <= table.keys && !row.values.back()) {
      odd.push_back("one of " + std::string(table.name) + " has no " + std::string(column.field));
      return;
    }
  }
  batch.rows.push_back(std::move(row));
}

void AppendStages(JsonValue pipeline, const std::string& object, ReferenceBatch& stages,
                  std::vector<std::string>& odd) {
  const JsonValue all = pipeline["stages"];
  for (size_t i = 0; all.is_array() && i < all.size(); ++i) {
    Append(all.Item(i), {object, pipeline["id"].String()}, stages, odd);
  }
}

std::vector<std::string> Given(const ReferenceRequest& request) {
  // The name of the table depends on all types together.
  if (request.kind == ReferenceKind::kObjectTypes) return {""};
  if (request.kind == ReferenceKind::kPipelines) return {request.object};
  if (request.kind == ReferenceKind::kListMemberships) return {request.list_id};
  return {};
}

/// Lists are searched, with a page's end counted; everything else has a cursor. An end that is no
/// number leads to where the page began, which its reader sees.
std::optional<std::string> NextAfter(JsonValue root, const ReferenceRequest& request) {
  if (request.kind == ReferenceKind::kLists) {
    if (!root["hasMore"].is_true()) return std::nullopt;
    const auto offset = root["offset"].Integer();
    return offset && *offset >= 0 ? std::to_string(*offset) : request.after.value_or("0");
  }
  std::string after = root["paging"]["next"]["after"].String();
  return after.empty() ? std::nullopt : std::optional(std::move(after));
}

}  // namespace

Result<ReferencePage, ApiError> ReadReferencePage(std::string body, const ReferenceRequest& request,
                                                  uint64_t& replaced) {
  const auto document = JsonDocument::Parse(body);
  if (!document) return DecodeError(document.error());
  replaced += document->repaired();
  const JsonValue root = document->root();
  const JsonValue items = root[request.kind == ReferenceKind::kLists ? "lists" : "results"];
  if (!items.is_array()) return DecodeError("it has no results");
  ReferencePage page;
  page.batches.push_back({request.kind, {}});
  const bool pipelines = request.kind == ReferenceKind::kPipelines;
  if (pipelines) page.batches.push_back({ReferenceKind::kPipelineStages, {}});
  for (size_t i = 0; i < items.size(); ++i) {
    Append(items.Item(i), Given(request), page.batches[0], page.odd);
    const bool named = !items.Item(i)["id"].String().empty();
    if (pipelines && named) {
      AppendStages(items.Item(i), request.object, page.batches[1], page.odd);
    }
  }
  page.next_after = NextAfter(root, request);
  return page;
}

}  // namespace hubmirror
