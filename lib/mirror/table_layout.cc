#include "mirror/table_layout.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "mirror/column_name.h"
#include "mirror/well_known_properties.h"

namespace hubmirror {
namespace {

enum class Rank { kRequired, kForced, kWellKnown, kCustom, kRest };

/// What the mirror cannot do without, should the portal not list it.
std::vector<PropertyDefinition> RequiredProperties(const ObjectType& object) {
  const auto define = [](std::string name, std::string label, std::string type) {
    return PropertyDefinition{.name = std::move(name),
                              .label = std::move(label),
                              .type = std::move(type),
                              .hubspot_defined = true};
  };
  return {define("hs_object_id", "Record ID", "number"),
          define(object.modified_property, "Last Modified Date", "datetime"),
          define("hs_merged_object_ids", "Merged record IDs", "enumeration")};
}

/// As if the portal listed them.
std::vector<PropertyDefinition> UnlistedDefinitions(const UnlistedProperties& unlisted) {
  std::vector<PropertyDefinition> definitions;
  for (const std::string& name : unlisted.asked) {
    definitions.push_back({.name = name,
                           .label = name,
                           .type = "string",
                           .description = "HubSpot does not list it; the configuration names it."});
  }
  return definitions;
}

/// Plans one table; used once.
class LayoutPlan {
 public:
  LayoutPlan(const ObjectType& object, const std::vector<PropertyDefinition>& definitions,
             const MirrorTable* standing, const std::vector<std::string>& forced,
             const PropertySelector& selector, const UnlistedProperties& unlisted)
      : selector_(selector),
        unlisted_(unlisted),
        required_(RequiredProperties(object)),
        made_(UnlistedDefinitions(unlisted)),
        forced_(forced.begin(), forced.end()),
        is_new_(standing == nullptr) {
    table_.object = object;
    Learn(definitions);
    if (standing != nullptr) {
      table_.version = standing->version;
      table_.columns = standing->columns;
    }
    LearnUnlisted();
  }

  MirrorTable Make() {
    for (MirrorColumn& column : table_.columns) {
      taken_.insert(column.column_name);
      if (column.storage == Storage::kColumn) ++columns_used_;
      Continue(column);
    }
    for (MirrorColumn& column : table_.columns) Promote(column);
    const auto added = NewInOrder();
    // It stays in memory for as long as the mirror runs.
    table_.columns.reserve(table_.columns.size() + added.size());
    for (const PropertyDefinition* definition : added) Add(*definition);
    return std::move(table_);
  }

 private:
  void Learn(const std::vector<PropertyDefinition>& definitions) {
    for (const PropertyDefinition& definition : definitions) {
      // No identifier can hold these; HubSpot's own rules for names forbid them too.
      if (definition.name.empty() || definition.name.find('\0') != std::string::npos) continue;
      const PropertyDefinition*& known = listed_[definition.name];
      if (known == nullptr || (known->archived && !definition.archived)) known = &definition;
    }
    for (const PropertyDefinition& definition : required_) {
      listed_.emplace(definition.name, &definition);
    }
  }

  void LearnUnlisted() {
    std::set<std::string_view> standing;
    for (const MirrorColumn& column : table_.columns) standing.insert(column.property());
    for (const PropertyDefinition& definition : made_) {
      if (!standing.contains(definition.name)) listed_.emplace(definition.name, &definition);
    }
  }

  bool IsAskedUnlisted(const MirrorColumn& column) const {
    return unlisted_.asked.contains(column.property()) &&
           (!column.definition->archived || unlisted_.shown.contains(column.property()));
  }

  void Continue(MirrorColumn& column) const {
    const auto found = listed_.find(column.property());
    const PropertyDefinition* const definition = found == listed_.end() ? nullptr : found->second;
    const MirrorColumn before = column;
    if (definition != nullptr && *column.definition != *definition) {
      column.definition = *definition;
    }
    if (definition == nullptr) {
      if (IsAskedUnlisted(column)) {
        SetArchived(column, false);
      } else if (selector_.Includes(column.definition)) {
        // A sensitive one is not listed because it was not asked for.
        SetArchived(column, true);
      }
    }
    selector_.Mark(column);
    if (column.definition->archived || column.excluded) {
      column.state = PropertyState::kCurrent;
      return;
    }
    column.type = TypeOf(column);
    if (NeedsFilling(before, column)) column.state = PropertyState::kFilling;
    if (column.storage == Storage::kColumn) column.blocked_by.clear();
  }

  static void SetArchived(MirrorColumn& column, bool archived) {
    if (column.definition->archived != archived) column.definition.Edit().archived = archived;
  }

  static ColumnType TypeOf(const MirrorColumn& column) {
    return column.hashed_with.empty() ? ColumnTypeOf(column.definition) : ColumnType::kText;
  }

  void Promote(MirrorColumn& column) {
    if (column.storage == Storage::kColumn || column.definition->archived) return;
    const bool waits = !column.blocked_by.empty() || forced_.contains(column.property());
    column.blocked_by.clear();
    if (!waits || columns_used_ >= kMostPropertyColumns) return;
    column.storage = Storage::kColumn;
    ++columns_used_;
  }

  Rank RankOf(const PropertyDefinition& definition) const {
    for (const PropertyDefinition& required : required_) {
      if (required.name == definition.name) return Rank::kRequired;
    }
    if (forced_.contains(definition.name)) return Rank::kForced;
    if (WellKnownRank(definition.name)) return Rank::kWellKnown;
    return definition.hubspot_defined ? Rank::kRest : Rank::kCustom;
  }

  std::vector<const PropertyDefinition*> NewInOrder() const {
    std::set<std::string_view> standing;
    for (const MirrorColumn& column : table_.columns) standing.insert(column.property());
    using Place = std::tuple<Rank, size_t, std::string_view>;
    std::map<Place, const PropertyDefinition*> in_order;
    for (const auto& [name, definition] : listed_) {
      if (definition->archived || standing.contains(name)) continue;
      if (!selector_.Includes(*definition) && !IsAlwaysAsked(table_.object, name)) continue;
      const Place place{RankOf(*definition), WellKnownRank(name).value_or(0), name};
      in_order.emplace(place, definition);
    }
    std::vector<const PropertyDefinition*> wanted;
    wanted.reserve(in_order.size());
    for (const auto& [place, definition] : in_order) wanted.push_back(definition);
    return wanted;
  }

  size_t ColumnsFor(Rank rank) const {
    const bool may_fill = rank <= Rank::kForced || (!is_new_ && rank != Rank::kRest);
    return may_fill ? kMostPropertyColumns : kMostPropertyColumns - kColumnsKeptFree;
  }

  void Add(const PropertyDefinition& definition) {
    const bool fits = columns_used_ < ColumnsFor(RankOf(definition));
    MirrorColumn column{
        .definition = definition,
        .column_name = ColumnNameFor(
            definition.name, [this](const std::string& name) { return taken_.contains(name); }),
        .storage = fits ? Storage::kColumn : Storage::kOverflow,
        .state = is_new_ ? PropertyState::kCurrent : PropertyState::kFilling};
    selector_.Mark(column);
    if (column.excluded) column.state = PropertyState::kCurrent;
    column.type = TypeOf(column);
    if (fits) ++columns_used_;
    taken_.insert(column.column_name);
    table_.columns.push_back(std::move(column));
  }

  const PropertySelector& selector_;
  const UnlistedProperties& unlisted_;
  const std::vector<PropertyDefinition> required_;
  const std::vector<PropertyDefinition> made_;
  const std::set<std::string, std::less<>> forced_;
  const bool is_new_;
  std::map<std::string_view, const PropertyDefinition*> listed_;
  std::set<std::string> taken_;
  size_t columns_used_ = 0;
  MirrorTable table_;
};

}  // namespace

ColumnType ColumnTypeOf(const PropertyDefinition& definition) {
  // As `owners.id` is, which they are joined with. Several at once stay a text.
  if (NamesOwner(definition) && definition.field_type != "checkbox") return ColumnType::kInteger;
  if (definition.type == "number") return ColumnType::kNumeric;
  if (definition.type == "bool") return ColumnType::kBoolean;
  if (definition.type == "date") return ColumnType::kDate;
  if (definition.type == "datetime") return ColumnType::kTimestamp;
  return ColumnType::kText;
}

MirrorTable PlanLayout(const ObjectType& object, const std::vector<PropertyDefinition>& definitions,
                       const MirrorTable* standing, const std::vector<std::string>& forced,
                       const PropertySelector& selector, const UnlistedProperties& unlisted) {
  return LayoutPlan(object, definitions, standing, forced, selector, unlisted).Make();
}

MirrorTable PlanLayout(const ObjectType& object, const std::vector<PropertyDefinition>& definitions,
                       const MirrorTable* standing, const std::vector<std::string>& forced) {
  return PlanLayout(object, definitions, standing, forced,
                    PropertySelector(object, {.sensitive = true}, ""));
}

}  // namespace hubmirror
