#include "faults/broken_promises.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>
#include <vector>

#include "endpoints/json_fields.h"

namespace simulated_portal {
namespace {

// Above every id that records are given, and not the same: what a search makes up no batch shows.
constexpr std::string_view kOutsider = "4444444444444";
constexpr std::string_view kStranger = "5555555555555";
// Id, creation and change; a contact's are called otherwise.
constexpr int kBareValues = 3;

/// An answer taken apart around its results.
struct Answer {
  std::string head;                  ///< up to and with `[`
  std::vector<std::string> results;  ///< an object each
  std::string tail;                  ///< from `]` on

  [[nodiscard]] std::string Whole() const {
    std::string whole = head;
    for (size_t i = 0; i < results.size(); ++i) whole.append(i > 0 ? "," : "").append(results[i]);
    return whole + tail;
  }
};

/// Calls `visit` with every byte that is not inside a string, and its place.
template <typename Visit>
void VisitStructure(std::string_view json, const Visit& visit) {
  bool quoted = false;
  for (size_t i = 0; i < json.size(); ++i) {
    if (json[i] == '"') quoted = !quoted;
    if (quoted && json[i] == '\\') ++i;
    if (!quoted && !visit(json[i], i)) return;
  }
}

std::optional<Answer> TakeApart(std::string_view body) {
  size_t begin = std::string_view::npos;
  for (const std::string_view key : {"\"results\":[", "\"lists\":["}) {
    const size_t found = body.find(key);
    if (begin == body.npos && found != body.npos) begin = found + key.size();
  }
  if (begin == body.npos) return std::nullopt;
  Answer answer{.head = std::string(body.substr(0, begin)), .results = {}, .tail = {}};
  const std::string_view rest = body.substr(begin);
  int depth = 0;
  size_t first = 0;
  VisitStructure(rest, [&](char c, size_t at) {
    if (depth == 0 && c == '{') first = at;
    if (c == '{' || c == '[') ++depth;
    if (c == '}' || c == ']') --depth;
    if (depth == 0 && c == '}') answer.results.emplace_back(rest.substr(first, at + 1 - first));
    if (depth < 0) answer.tail = rest.substr(at);
    return depth >= 0;
  });
  return answer;
}

/// Where the text of the first string member of that name is; empty when there is none.
std::string_view TextOf(std::string_view json, std::string_view name) {
  const std::string key = "\"" + std::string(name) + "\":\"";
  const size_t found = json.find(key);
  if (found == json.npos) return {};
  const size_t begin = found + key.size();
  return json.substr(begin, json.find('"', begin) - begin);
}

std::string_view IdOf(std::string_view result) {
  for (const std::string_view name : {"id", "recordId", "listId"}) {
    const std::string_view id = TextOf(result, name);
    if (!id.empty()) return id;
  }
  return {};
}

/// `part` must be a view into `whole`.
void Replace(std::string& whole, std::string_view part, std::string_view by) {
  whole.replace(static_cast<size_t>(part.data() - whole.data()), part.size(), by);
}

/// Like `result`, with another id; empty when it has none. It claims no merges: one that is made up
/// would be a false word about the other record, which nobody can see through.
std::string CopyWithId(const std::string& result, std::string_view id) {
  std::string copy = result;
  const std::string_view own = IdOf(copy);
  if (own.empty()) return {};
  Replace(copy, own, id);
  for (const std::string_view name : {"hs_merged_object_ids", "hs_calculated_merged_vids"}) {
    const std::string_view merged = TextOf(copy, name);
    if (!merged.empty()) Replace(copy, merged, "");
  }
  return copy;
}

/// Gives the number of that name another value; nothing when there is none.
void SetNumber(std::string& json, std::string_view name, int64_t by, bool relative) {
  const std::string key = "\"" + std::string(name) + "\":";
  const size_t found = json.find(key);
  if (found == json.npos) return;
  const size_t begin = found + key.size();
  int64_t number = 0;
  const auto parsed = std::from_chars(json.data() + begin, json.data() + json.size(), number);
  Replace(json, std::string_view(json.data() + begin, parsed.ptr),
          std::to_string(relative ? number + by : by));
}

void SetAfter(std::string& json, std::string_view after) {
  const std::string_view found = TextOf(json, "after");
  if (!found.empty()) return Replace(json, found, after);
  json.insert(json.rfind('}'), ",\"paging\":{\"next\":{\"after\":\"" + std::string(after) + "\"}}");
}

std::string AfterIn(const rapidjson::Value& object) {
  const auto after = object.FindMember("after");
  if (after == object.MemberEnd()) return "0";
  if (after->value.IsInt64()) return std::to_string(after->value.GetInt64());
  const bool text = after->value.IsString() && after->value.GetStringLength() > 0;
  return text ? after->value.GetString() : "0";
}

/// Every cursor names the place that was asked for, also behind the last result.
void HoldCursors(const HttpRequest& request, Answer& answer) {
  if (answer.results.empty()) return;
  if (request.method == "GET") {
    const std::string_view after = request.Query("after");
    return SetAfter(answer.tail, after.empty() ? "0" : after);
  }
  const rapidjson::Document asked = ParseJsonObject(request.body);
  const auto inputs = asked.FindMember("inputs");
  if (inputs != asked.MemberEnd()) {
    std::map<std::string, std::string, std::less<>> places;
    for (const auto& input : inputs->value.GetArray()) {
      // Writes of links name two records, and have no cursors.
      if (const auto id = input.FindMember("id"); id != input.MemberEnd()) {
        places[id->value.GetString()] = AfterIn(input);
      }
    }
    for (std::string& result : answer.results) {
      const auto place = places.find(IdOf(result));
      if (TextOf(result, "after").empty() || place == places.end()) continue;
      SetAfter(result, place->second);
    }
  } else if (const auto offset = asked.FindMember("offset"); answer.head == "{\"lists\":[") {
    const bool given = offset != asked.MemberEnd() && offset->value.IsInt64();
    SetNumber(answer.tail, "offset", given ? offset->value.GetInt64() : 0, false);
    const size_t last = answer.tail.find("\"hasMore\":false");
    if (last != std::string::npos) answer.tail.replace(last, 15, "\"hasMore\":true");
  } else {
    SetAfter(answer.tail, AfterIn(asked));
  }
}

void AddOutsider(Answer& answer) {
  if (answer.results.empty()) return;
  std::string outsider = CopyWithId(answer.results.front(), kOutsider);
  if (outsider.empty()) return;
  for (const std::string_view name : {"lastmodifieddate", "hs_lastmodifieddate", "updatedAt"}) {
    const std::string_view stamp = TextOf(outsider, name);
    if (!stamp.empty()) Replace(outsider, stamp, "2001-01-01T00:00:00.000Z");
  }
  const std::string_view own = TextOf(outsider, "hs_object_id");
  if (!own.empty()) Replace(outsider, own, kOutsider);
  answer.results.push_back(std::move(outsider));
  SetNumber(answer.head, "total", 1, true);
}

/// Whoever is asked for by name is no stranger, and who does not exist is shown to nobody then.
void AddStranger(const HttpRequest& request, Answer& answer) {
  if (answer.results.empty() || request.body.find(kStranger) != std::string::npos) return;
  std::string stranger = CopyWithId(answer.results.front(), kStranger);
  if (!stranger.empty()) answer.results.push_back(std::move(stranger));
}

void LeaveOut(const std::string& record, std::vector<std::string>& results) {
  const auto found = record.empty() ? results.begin()
                                    : std::ranges::find_if(results, [&](const std::string& result) {
                                        return IdOf(result) == record;
                                      });
  if (found != results.end()) results.erase(found);
}

}  // namespace

void BreakPromise(const Fault& fault, const HttpRequest& request, HttpResponse& response) {
  std::optional<Answer> answer = TakeApart(response.body);
  if (!answer || response.status >= 300) return;
  if (fault.kind == "disorder") {
    std::ranges::reverse(answer->results);
  } else if (fault.kind == "same_cursor") {
    HoldCursors(request, *answer);
  } else if (fault.kind == "wrong_total") {
    SetNumber(answer->head, "total", fault.by, true);
  } else if (fault.kind == "outsider") {
    if (request.path.ends_with("/search")) AddOutsider(*answer);
  } else if (fault.kind == "stranger") {
    if (request.path.ends_with("/batch/read")) AddStranger(request, *answer);
  } else if (fault.kind == "left_out") {
    LeaveOut(fault.record, answer->results);
  } else {
    return;
  }
  response.body = answer->Whole();
}

bool ShowsValuesOf(std::string_view record, std::string_view body) {
  const std::optional<Answer> answer = TakeApart(body);
  if (!answer) return false;
  for (const std::string& result : answer->results) {
    if (IdOf(result) != record) continue;
    const size_t values = result.find("\"properties\":{");
    if (values == std::string::npos) return true;
    if (result.find("\"propertiesWithHistory\":{\"") != std::string::npos) return true;
    int members = 0;
    VisitStructure(std::string_view(result).substr(values + 14), [&members](char c, size_t) {
      members += c == ':' ? 1 : 0;
      return c != '}';
    });
    return members > kBareValues;
  }
  return false;
}

}  // namespace simulated_portal
