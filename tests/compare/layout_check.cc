#include "compare/layout_check.h"

#include <algorithm>
#include <array>
#include <map>

#include "compare/column_name.h"

namespace hubmirror::compare {
namespace {

constexpr size_t kMostPropertyColumns = 400;

struct FixedColumn {
  std::string_view name;
  std::string_view type;
};
constexpr std::array kFixedColumns = {
    FixedColumn{"id", "bigint"},
    FixedColumn{"created_at", "timestamp with time zone"},
    FixedColumn{"updated_at", "timestamp with time zone"},
    FixedColumn{"archived", "boolean"},
    FixedColumn{"archived_at", "timestamp with time zone"},
    FixedColumn{"merged_into", "bigint"},
    FixedColumn{"erased_at", "timestamp with time zone"},
    FixedColumn{"purged_at", "timestamp with time zone"},
    FixedColumn{"_synced_at", "timestamp with time zone"},
    FixedColumn{"_hash", "bigint"},
    FixedColumn{"_rejected", "jsonb"},
    FixedColumn{"_overflow", "jsonb"},
};

class LayoutCheck {
 public:
  LayoutCheck(const ObjectLayout& layout, const DifferenceSink& sink, const Selection& selection)
      : layout_(layout), sink_(sink), selection_(selection) {}

  std::vector<PropertyPlace> Run(const std::vector<Definition>& definitions) {
    CheckFixedColumns();
    for (const MirrorProperty& property : layout_.properties) {
      if (!known_.emplace(property.name, &property).second) {
        Report("properties." + property.name, "one line", "two lines");
      }
    }
    std::map<std::string_view, const Definition*> promised;
    for (const Definition& definition : definitions) {
      if (!definition.archived) promised.emplace(definition.name, &definition);
    }
    for (const auto& [name, property] : known_) {
      if (promised.contains(name) || property->archived) continue;
      Report("properties." + property->name, "archived", "not archived");
    }
    std::vector<PropertyPlace> places;
    for (const Definition& definition : definitions) {
      if (definition.archived) continue;
      const bool needed = IsNeeded(layout_.object, definition.name);
      // Excluded before it was ever seen: there need be no trace of it.
      const bool seen = known_.contains(definition.name);
      if (!seen && !needed && !IsSelected(selection_, definition)) continue;
      if (auto place = CheckProperty(definition)) places.push_back(std::move(*place));
    }
    CheckColumnCount();
    return places;
  }

 private:
  void Report(const std::string& place, std::string expected, std::string found) const {
    sink_({.object = layout_.object,
           .column = place,
           .expected = std::move(expected),
           .found = std::move(found)});
  }

  void CheckFixedColumns() const {
    for (const FixedColumn& fixed : kFixedColumns) {
      CheckType(layout_.table, std::string(fixed.name), fixed.type);
    }
    if (layout_.views.empty()) Report(layout_.object + "_live", "a view", "none");
  }

  /// The position of a column that must be there, whatever its type turns out to be.
  std::optional<size_t> CheckType(const Relation& relation, const std::string& column,
                                  std::string_view type) const {
    const auto at = relation.Find(column);
    const std::string found = at ? relation.columns[*at].type : "no such column";
    if (found != type) Report(relation.name + "." + column, std::string(type), found);
    return at;
  }

  void CheckText(const Definition& definition, std::string_view field, const std::string& expected,
                 const std::string& found) const {
    if (expected == found) return;
    Report("properties." + definition.name + "." + std::string(field), expected, found);
  }

  std::optional<PropertyPlace> CheckProperty(const Definition& definition) const {
    const auto found = known_.find(definition.name);
    if (found == known_.end()) {
      Report("properties." + definition.name, "a line", "none");
      return std::nullopt;
    }
    const MirrorProperty& property = *found->second;
    CheckText(definition, "column_name", ColumnNameFor(definition.name), property.column_name);
    CheckText(definition, "type", definition.type, property.type);
    CheckText(definition, "label", definition.label, property.label);
    CheckText(definition, "group_name", definition.group, property.group);
    CheckText(definition, "description", definition.description, property.description);
    CheckText(definition, "how it is shown", definition.shown, property.shown);
    CheckText(definition, "archived", "false", property.archived ? "true" : "false");
    CheckText(definition, "state", "current", property.state);
    const bool excluded = !IsSelected(selection_, definition);
    const bool hashed = IsHashed(selection_, layout_.object, definition.name);
    CheckText(definition, "excluded", excluded ? "true" : "false",
              property.excluded ? "true" : "false");
    CheckText(definition, "hashed_with", hashed ? "a key" : "none",
              property.hashed_with.empty() ? "none" : "a key");

    const ValueKind kind =
        hashed ? ValueKind::kText : KindOfProperty(definition.type, definition.owner_id);
    PropertyPlace place{.name = definition.name,
                        .kind = kind,
                        .wanted_type = PostgresType(kind),
                        .calculated = definition.calculated,
                        .hashed = hashed,
                        .excluded = excluded,
                        .needed = IsNeeded(layout_.object, definition.name)};
    if (property.storage == "column") {
      if (!PlaceInTable(property, place)) return std::nullopt;
    } else if (property.storage != "overflow") {
      CheckText(definition, "storage", "column or overflow", property.storage);
      return std::nullopt;
    }
    PlaceInView(property, place);
    return place;
  }

  bool PlaceInTable(const MirrorProperty& property, PropertyPlace& place) const {
    place.column = layout_.table.Find(property.column_name);
    const auto has = place.column ? KindOfColumn(layout_.table.columns[*place.column].type)
                                  : std::optional<ValueKind>();
    // A retype that a view of somebody else forbids leaves the column as it was.
    if (has && (!property.blocked_by.empty() || place.excluded)) place.kind = *has;
    place.wanted_type = PostgresType(place.kind);
    CheckType(layout_.table, property.column_name, place.wanted_type);
    if (has) place.kind = *has;  // One difference for the column, none for each of its values.
    return has.has_value();
  }

  void PlaceInView(const MirrorProperty& property, PropertyPlace& place) const {
    for (size_t i = 0; i < layout_.views.size(); ++i) {
      const auto at = layout_.views[i].Find(property.column_name);
      if (!at) continue;
      CheckType(layout_.views[i], property.column_name, place.wanted_type);
      const bool comparable = layout_.views[i].columns[*at].type == PostgresType(place.kind);
      if (comparable) place.in_view = {.view = i, .column = *at};
      return;
    }
    if (!layout_.views.empty()) Report("view." + property.column_name, "a column", "none");
  }

  void CheckColumnCount() const {
    const auto count = static_cast<size_t>(
        std::count_if(layout_.properties.begin(), layout_.properties.end(),
                      [](const MirrorProperty& property) { return property.storage == "column"; }));
    if (count <= kMostPropertyColumns) return;
    Report("properties", "at most 400 columns", std::to_string(count));
  }

  const ObjectLayout& layout_;
  const DifferenceSink& sink_;
  const Selection& selection_;
  std::map<std::string_view, const MirrorProperty*> known_;
};

}  // namespace

std::vector<PropertyPlace> CheckLayout(const std::vector<Definition>& definitions,
                                       const ObjectLayout& layout, const DifferenceSink& sink,
                                       const Selection& selection) {
  return LayoutCheck(layout, sink, selection).Run(definitions);
}

}  // namespace hubmirror::compare
