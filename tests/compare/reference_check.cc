#include "compare/reference_check.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <map>
#include <optional>

#include "compare/instant_text.h"

namespace hubmirror::compare {
namespace {

enum class Kind { kText, kInstant, kMilliseconds, kJson };

struct Field {
  const char* column;
  const char* member;  ///< `a.b`: a member of a member
  Kind kind = Kind::kText;
};

/// One table and what its columns are called in the portal's own JSON.
struct Table {
  const char* name;
  const char* truth;  ///< as the control endpoint calls it
  std::vector<const char*> keys;
  std::vector<Field> fields;
  const char* gone = "archived_at";
};

const std::vector<Table>& Tables() {
  using enum Kind;
  static const std::vector<Table> tables = {
      {"owners",
       "owners",
       {"id"},
       {{"id", "id"},
        {"user_id", "userId"},
        {"user_id_including_inactive", "userIdIncludingInactive"},
        {"email", "email"},
        {"first_name", "firstName"},
        {"last_name", "lastName"},
        {"type", "type"},
        {"teams", "teams", kJson},
        {"created_at", "createdAt", kInstant},
        {"updated_at", "updatedAt", kInstant}}},
      {"teams",
       "teams",
       {"id"},
       {{"id", "id"},
        {"name", "name"},
        {"user_ids", "userIds", kJson},
        {"secondary_user_ids", "secondaryUserIds", kJson}}},
      {"account_users",
       "users",
       {"id"},
       {{"id", "id"},
        {"email", "email"},
        {"first_name", "firstName"},
        {"last_name", "lastName"},
        {"role_ids", "roleIds", kJson},
        {"primary_team_id", "primaryTeamId"},
        {"super_admin", "superAdmin"}}},
      {"lists",
       "lists",
       {"id"},
       {{"id", "listId"},
        {"name", "name"},
        {"object_type_id", "objectTypeId"},
        {"processing_type", "processingType"},
        {"processing_status", "processingStatus"},
        {"list_version", "listVersion"},
        {"created_by_id", "createdById"},
        {"created_at", "createdAt", kInstant},
        {"updated_at", "updatedAt", kInstant},
        {"size", "additionalProperties.hs_list_size"},
        {"folder_name", "additionalProperties.hs_folder_name"},
        {"reference_count", "additionalProperties.hs_list_reference_count"},
        {"last_record_added_at", "additionalProperties.hs_last_record_added_at", kMilliseconds},
        {"last_record_removed_at", "additionalProperties.hs_last_record_removed_at",
         kMilliseconds}}},
      {"marketing_events",
       "events",
       {"id"},
       {{"id", "objectId"},
        {"event_name", "eventName"},
        {"event_type", "eventType"},
        {"event_organizer", "eventOrganizer"},
        {"event_cancelled", "eventCancelled"},
        {"event_completed", "eventCompleted"},
        {"start_date_time", "startDateTime", kInstant},
        {"registrants", "registrants"},
        {"attendees", "attendees"},
        {"cancellations", "cancellations"},
        {"no_shows", "noShows"},
        {"custom_properties", "customProperties", kJson},
        {"created_at", "createdAt", kInstant}}},
      {"currencies",
       "currencies",
       {"id"},
       {{"id", "id"},
        {"currency", "fromCurrencyCode"},
        {"company_currency", "toCurrencyCode"},
        {"rate", "conversionRate"},
        {"effective_at", "effectiveAt", kInstant},
        {"visible", "visibleInUI"},
        {"updated_at", "updatedAt", kInstant}}},
  };
  return tables;
}

/// The same for equal values, whatever the order of members; numbers like their text, as the mirror
/// keeps them.
std::string Canonical(const Json& json) {
  if (json.is_null()) return "";
  if (json.is_string()) return json.AsString();
  if (json.is_array()) {
    std::string text = "[";
    for (const Json& item : json.AsArray()) text += Canonical(item) + ",";
    return text + "]";
  }
  if (json.is_object()) {
    std::string text = "{";
    for (const auto& [name, value] : json.AsObject()) text += name + "=" + Canonical(value) + ",";
    return text + "}";
  }
  if (json.is_bool()) return json.AsBool() ? "true" : "false";
  const double number = json.AsNumber();
  if (number == std::trunc(number)) return std::to_string(json.AsInteger());
  std::array<char, 32> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number);
  return {digits.data(), end.ptr};
}

std::string TruthText(const Json& item, const Field& field) {
  const std::string_view path = field.member;
  const size_t dot = path.find('.');
  if (dot != std::string_view::npos) {
    const std::string_view outer = path.substr(0, dot);
    const Field inner{field.column, field.member + dot + 1, field.kind};
    return item.Has(outer) ? TruthText(item[outer], inner) : "";
  }
  if (!item.Has(path)) return "";
  const std::string text = Canonical(item[path]);
  if (field.kind == Kind::kMilliseconds) return FormatInstant(std::stoll(text));
  if (field.kind != Kind::kInstant) return text;
  const auto instant = ParseRfc3339(text);
  return instant ? FormatInstant(*instant) : "no instant: " + text;
}

std::string MirrorText(const std::optional<std::string>& cell, Kind kind) {
  if (!cell) return "";
  if (kind == Kind::kJson) return Canonical(Json::Parse(*cell));
  if (kind == Kind::kText) return *cell == "t" ? "true" : *cell == "f" ? "false" : *cell;
  const auto instant = ParsePostgresInstant(*cell);
  return instant ? FormatInstant(*instant) : "no instant: " + *cell;
}

/// Values by column, under the row's key.
using Row = std::map<std::string, std::string>;
using RowsByKey = std::map<std::string, Row>;

void CompareRows(const std::string& table, const RowsByKey& expected, const RowsByKey& live,
                 const RowsByKey& gone, const DifferenceSink& sink) {
  const auto report = [&](const std::string& key, const std::string& column,
                          const std::string& wanted, const std::string& found) {
    sink({table, 0, column + " of " + key, wanted, found});
  };
  for (const auto& [key, row] : expected) {
    const bool archived = row.contains("archived") && row.at("archived") == "true";
    const RowsByKey& among = archived ? gone : live;
    const auto found = among.find(key);
    if (found == among.end()) {
      report(key, "row", archived ? "an archived row" : "a row", "none");
      continue;
    }
    for (const auto& [column, value] : row) {
      if (column == "archived" || found->second.at(column) == value) continue;
      report(key, column, value, found->second.at(column));
    }
  }
  for (const auto& [key, row] : live) {
    const auto wanted = expected.find(key);
    if (wanted == expected.end()) report(key, "row", "none, or marked as gone", "a row");
  }
}

void CompareTable(const Table& table, const RowsByKey& expected, MirrorReader& mirror,
                  const DifferenceSink& sink) {
  std::vector<std::string> columns;
  for (const Field& field : table.fields) columns.emplace_back(field.column);
  columns.emplace_back(table.gone);
  RowsByKey live;
  RowsByKey gone;
  for (const auto& cells : mirror.Cells(table.name, columns)) {
    Row row;
    std::string key;
    for (size_t i = 0; i < table.fields.size(); ++i) {
      row[columns[i]] = MirrorText(cells[i], table.fields[i].kind);
    }
    for (const char* name : table.keys) key += row[name] + "/";
    (cells.back() ? gone : live)[key] = std::move(row);
  }
  CompareRows(table.name, expected, live, gone, sink);
}

std::string KeyOf(const Table& table, const Row& row) {
  std::string key;
  for (const char* name : table.keys) key += row.at(name) + "/";
  return key;
}

Row RowOf(const Table& table, const Json& item) {
  Row row;
  for (const Field& field : table.fields) row[field.column] = TruthText(item, field);
  return row;
}

int64_t ComparePipelines(const std::vector<std::string>& objects, TruthReader& portal,
                         MirrorReader& mirror, const DifferenceSink& sink) {
  using enum Kind;
  static const Table pipelines = {"pipelines",
                                  "",
                                  {"object", "id"},
                                  {{"object", "object"},
                                   {"id", "id"},
                                   {"label", "label"},
                                   {"display_order", "displayOrder"},
                                   {"created_at", "createdAt", kInstant},
                                   {"updated_at", "updatedAt", kInstant}}};
  static const Table stages = {"pipeline_stages",
                               "",
                               {"object", "pipeline_id", "id"},
                               {{"object", "object"},
                                {"pipeline_id", "pipeline_id"},
                                {"id", "id"},
                                {"label", "label"},
                                {"display_order", "displayOrder"},
                                {"metadata", "metadata", kJson},
                                {"created_at", "createdAt", kInstant},
                                {"updated_at", "updatedAt", kInstant}}};
  RowsByKey of_pipelines;
  RowsByKey of_stages;
  for (const Json& line : portal.Reference("pipelines")) {
    const std::string object = line.Text("object");
    if (std::find(objects.begin(), objects.end(), object) == objects.end()) continue;
    const Json& item = line["item"];
    Row row = RowOf(pipelines, item);
    row["object"] = object;
    of_pipelines[KeyOf(pipelines, row)] = row;
    for (const Json& stage : item["stages"].AsArray()) {
      Row stage_row = RowOf(stages, stage);
      stage_row["object"] = object;
      stage_row["pipeline_id"] = item.Text("id");
      of_stages[KeyOf(stages, stage_row)] = stage_row;
    }
  }
  CompareTable(pipelines, of_pipelines, mirror, sink);
  CompareTable(stages, of_stages, mirror, sink);
  return static_cast<int64_t>(of_pipelines.size() + of_stages.size());
}

int64_t CompareMembers(TruthReader& portal, MirrorReader& mirror, const DifferenceSink& sink) {
  static const Table members = {
      "list_memberships",
      "",
      {"list_id", "record_id"},
      {{"list_id", "list_id"}, {"record_id", "id"}, {"joined_at", "joined_at", Kind::kInstant}},
      "left_at"};
  RowsByKey expected;
  for (const Json& line : portal.Reference("members")) {
    Row row = RowOf(members, line);
    expected[KeyOf(members, row)] = row;
  }
  // Of a deleted list nobody knows the members any more.
  std::map<std::string, bool> shown;
  for (const Json& line : portal.Reference("lists")) shown[line["item"].Text("listId")] = true;
  RowsByKey live;
  RowsByKey gone;
  for (const auto& cells :
       mirror.Cells("list_memberships", {"list_id", "record_id", "joined_at", "left_at"})) {
    if (!shown[cells[0].value_or("")]) continue;
    Row row{{"list_id", *cells[0]},
            {"record_id", *cells[1]},
            {"joined_at", MirrorText(cells[2], Kind::kInstant)}};
    const std::string key = KeyOf(members, row);
    (cells[3] ? gone : live)[key] = std::move(row);
  }
  CompareRows("list_memberships", expected, live, gone, sink);
  return static_cast<int64_t>(expected.size());
}

}  // namespace

int64_t CompareReference(const std::vector<std::string>& objects, TruthReader& portal,
                         MirrorReader& mirror, const DifferenceSink& sink) {
  int64_t things = 0;
  for (const Table& table : Tables()) {
    RowsByKey expected;
    for (const Json& line : portal.Reference(table.truth)) {
      Row row = RowOf(table, line["item"]);
      row["archived"] = line["item"].Flag("archived") ? "true" : "false";
      expected[KeyOf(table, row)] = std::move(row);
    }
    things += static_cast<int64_t>(expected.size());
    CompareTable(table, expected, mirror, sink);
  }
  return things + ComparePipelines(objects, portal, mirror, sink) +
         CompareMembers(portal, mirror, sink);
}

}  // namespace hubmirror::compare
