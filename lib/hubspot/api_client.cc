#include "hubspot/api_client.h"

#include <type_traits>
#include <unordered_map>

#include "hubspot/auth/refused_token.h"
#include "hubspot/read/catalog_reader.h"
#include "hubspot/read/error_reading.h"
#include "hubspot/read/history_reader.h"
#include "hubspot/read/link_reader.h"
#include "hubspot/read/page_reader.h"
#include "hubspot/read/reference_reader.h"
#include "hubspot/read/search_reader.h"
#include "model/source/crash_point.h"

namespace hubmirror {
namespace {

/// Property definitions and groups have no times to fill.
template <typename T>
void SetTimes(T& value, const AnswerTimes& times) {
  if constexpr (requires { value.times = times; }) value.times = times;
}

/// The records of `batch` in the order of `list`. Records that the batch read did not find may have
/// left the list between the two requests, and may not.
void TakeRecords(Page& list, Page batch) {
  std::unordered_map<RecordId, const Record*> by_id;
  for (const Record& record : batch.records) by_id.emplace(record.id, &record);
  std::vector<Record> records;
  records.reserve(batch.records.size());
  for (const Record& listed : list.records) {
    if (const auto found = by_id.find(listed.id); found != by_id.end()) {
      records.push_back(*found->second);
    } else {
      list.not_found.push_back(listed.id);
    }
  }
  list.records = std::move(records);
  list.properties = std::move(batch.properties);
  list.storage = std::move(batch.storage);
  list.bytes += batch.bytes;
  list.values_replaced = batch.values_replaced;
}

/// The 404 of a batch of which nothing exists, in the form that a 207 gives it.
std::string AsBatchOfNone(const std::string& body) {
  return R"({"status":"COMPLETE","results":[],"errors":[)" + body + "]}";
}

}  // namespace

ApiClient::ApiClient(Portal portal, Wire wire, TokenSource& tokens, ExchangeObserver& observer)
    : portal_(std::move(portal)),
      requests_(portal_.version),
      wire_(wire),
      tokens_(tokens),
      observer_(observer) {}

template <typename T, typename Read>
Result<T, ApiError> ApiClient::Ask(Endpoint endpoint, ClientRequest request, const Read& read) {
  const bool asks_whose = endpoint == Endpoint::kAccount;
  const auto token = asks_whose ? tokens_.AcquireToIdentify() : tokens_.Acquire();
  if (!token) return token.error();
  request.bearer = *token;
  Sent sent = SendNoting(wire_, portal_.key, endpoint, request);
  Reach(CrashPoint::kAnswerRead);

  const auto conclude = [&]() -> Result<T, ApiError> {
    if (!sent.answer) return sent.answer.error();
    ClientAnswer& answer = *sent.answer;
    if (auto error = ErrorOf(endpoint, answer)) {
      return AfterRefusal(std::move(*error), *token, tokens_, portal_.key);
    }
    tokens_.Confirm(*token);
    if (!sent.report.date) return DecodeError("it has no Date header");
    if (answer.status == 404) answer.body = AsBatchOfNone(answer.body);
    const auto read_counting = [&](std::string body) -> Result<T, ApiError> {
      // What stands in records is counted with them, by their stream.
      if constexpr (std::is_invocable_v<Read, std::string, uint64_t&>) {
        return read(std::move(body), sent.report.replaced);
      } else {
        return read(std::move(body));
      }
    };
    Result<T, ApiError> value = read_counting(std::move(answer.body));
    if (value) {
      if constexpr (std::is_same_v<T, Account>) tokens_.Identify(*token, value->portal_id);
      SetTimes(*value, {.sent_at = sent.report.sent_at, .date = *sent.report.date});
      return value;
    }
    value.error().status = answer.status;
    value.error().correlation_id = CorrelationId(answer);
    return value;
  };
  Result<T, ApiError> result = conclude();
  if (!result) {
    result.error() = sent.secrets.Without(std::move(result.error()));
    sent.report.failure = result.error().kind;
  }
  observer_.OnExchange(sent.report);
  return result;
}

Result<Page, ApiError> ApiClient::List(const ObjectType& type, const ListRequest& request) {
  if (ListCost(type, *request.properties) > 1) return ListByIds(type, request);
  auto page = ListOnce(type, request);
  if (!page && page.error().kind == ApiErrorKind::kUrlTooLong && request.properties->size() > 1) {
    const size_t url = ListUrlSize(type, *request.properties);
    Shun(url);
    page.error().message += ", near " + std::to_string(url) +
                            " characters: such lists are read by ids and batch from now on";
  }
  return page;
}

Result<Page, ApiError> ApiClient::ListOnce(const ObjectType& type, const ListRequest& request) {
  const Endpoint endpoint = request.archived ? Endpoint::kArchivedList : Endpoint::kList;
  return Ask<Page>(endpoint, requests_.List(type, request), [&](std::string body) {
    return ReadListPage(std::move(body), request.properties);
  });
}

Result<Page, ApiError> ApiClient::ListByIds(const ObjectType& type, const ListRequest& request) {
  auto list = ListOnce(type, {request.archived, request.after, IdOnly(), request.limit});
  if (!list) return list;
  BatchReadRequest batch{.archived = request.archived, .properties = request.properties};
  for (const Record& record : list->records) batch.ids.push_back(record.id);
  if (batch.ids.empty()) {
    list->properties = request.properties;
    return list;
  }
  auto records = BatchRead(type, batch);
  if (!records) return records;
  TakeRecords(*list, std::move(*records));
  return list;
}

Result<SearchAnswer, ApiError> ApiClient::Search(const ObjectType& type,
                                                 const SearchRequest& request) {
  return Ask<SearchAnswer>(
      Endpoint::kSearch, requests_.Search(type, request),
      [&](std::string body) { return ReadSearchAnswer(std::move(body), type.modified_property); });
}

Result<Page, ApiError> ApiClient::BatchRead(const ObjectType& type,
                                            const BatchReadRequest& request) {
  const size_t asked = request.ids.size() + request.values.size();
  CHECK_THAT(asked > 0 && asked <= kBatchReadSize);
  CHECK_THAT(request.unique_property.empty() == request.values.empty());
  return Ask<Page>(Endpoint::kBatchRead, requests_.BatchRead(type, request), [&](std::string body) {
    return ReadBatchPage(std::move(body), request.properties);
  });
}

Result<std::vector<PropertyDefinition>, ApiError> ApiClient::Properties(
    const ObjectType& type, const PropertiesRequest& request) {
  return Ask<std::vector<PropertyDefinition>>(
      Endpoint::kProperties, requests_.Properties(type, request),
      [&](std::string body, uint64_t& replaced) {
        return ReadPropertyDefinitions(std::move(body), request.data_sensitivity, replaced);
      });
}

Result<std::vector<PropertyGroup>, ApiError> ApiClient::PropertyGroups(const ObjectType& type) {
  return Ask<std::vector<PropertyGroup>>(Endpoint::kProperties, requests_.PropertyGroups(type),
                                         [](std::string body, uint64_t& replaced) {
                                           return ReadPropertyGroups(std::move(body), replaced);
                                         });
}

Result<PropertyDefinition, ApiError> ApiClient::MakeKeyProperty(
    const ObjectType& type, const PropertyDefinition& property) {
  const auto made = Ask<std::vector<PropertyDefinition>>(
      Endpoint::kProperties, requests_.MakeKeyProperty(type, property),
      [](const std::string& body, uint64_t& replaced) {
        return ReadPropertyDefinitions("{\"results\":[" + body + "]}", "non_sensitive", replaced);
      });
  if (!made) return made.error();
  if (made->size() != 1) return DecodeError("it names no property");
  return made->front();
}

Result<Account, ApiError> ApiClient::AccountDetails() {
  return Ask<Account>(
      Endpoint::kAccount, requests_.AccountDetails(),
      [](std::string body, uint64_t& replaced) { return ReadAccount(std::move(body), replaced); });
}

Result<std::vector<std::string>, ApiError> ApiClient::GrantedScopes() {
  const auto token = tokens_.Acquire();
  if (!token) return token.error();
  std::vector<std::string> told = tokens_.Scopes();
  if (!told.empty()) return told;
  const ApiError untold{.kind = ApiErrorKind::kUnsupported,
                        .message = "HubSpot does not say what this token may do"};
  if (tokens_.authorized()) return untold;
  ClientRequest request = requests_.TokenInfo(*token);
  request.secrets = {*token};
  auto scopes =
      Ask<std::vector<std::string>>(Endpoint::kAccount, std::move(request),
                                    [](std::string body) { return ReadScopes(std::move(body)); });
  const bool unknown = !scopes && (scopes.error().kind == ApiErrorKind::kNotFound ||
                                   scopes.error().kind == ApiErrorKind::kBadRequest);
  if (unknown) return untold;
  return scopes;
}

Result<LinkAnswer, ApiError> ApiClient::ReadLinks(const ObjectType& from, const ObjectType& to,
                                                  const std::vector<LinkInput>& inputs) {
  CHECK_THAT(!inputs.empty() && inputs.size() <= kLinkInputs);
  return Ask<LinkAnswer>(Endpoint::kAssociations, requests_.Links(from, to, inputs),
                         [](std::string body) { return ReadLinkAnswer(std::move(body)); });
}

Result<std::vector<LinkType>, ApiError> ApiClient::LinkTypes(const ObjectType& from,
                                                             const ObjectType& to) {
  return Ask<std::vector<LinkType>>(Endpoint::kAssociationLabels, requests_.LinkTypes(from, to),
                                    [](std::string body, uint64_t& replaced) {
                                      return ReadLinkTypes(std::move(body), replaced);
                                    });
}

Result<HistoryPage, ApiError> ApiClient::ReadHistory(const ObjectType& type,
                                                     const HistoryRequest& request) {
  CHECK_THAT(!request.ids.empty() && request.ids.size() <= kHistoryReadSize);
  return Ask<HistoryPage>(Endpoint::kBatchRead, requests_.BatchReadHistory(type, request),
                          [](std::string body, uint64_t& replaced) {
                            return ReadHistoryPage(std::move(body), replaced);
                          });
}

Result<ReferencePage, ApiError> ApiClient::ReadReference(const ReferenceRequest& request) {
  return Ask<ReferencePage>(Endpoint::kReference, requests_.Reference(request),
                            [&](std::string body, uint64_t& replaced) {
                              return ReadReferencePage(std::move(body), request, replaced);
                            });
}

int ApiClient::ListCost(const ObjectType& type, const PropertySet& properties) const {
  return ListUrlSize(type, properties) <= longest_url_.load() ? 1 : 2;
}

size_t ApiClient::ListUrlSize(const ObjectType& type, const PropertySet& properties) const {
  return portal_.base.Origin().size() + requests_.ListTargetSize(type, properties);
}

void ApiClient::Shun(size_t url) {
  size_t longest = longest_url_.load();
  while (url <= longest && !longest_url_.compare_exchange_weak(longest, url - 1)) {
  }
}

}  // namespace hubmirror
