#include "jobs/write/write_plan.h"

#include <algorithm>
#include <set>
#include <string_view>

#include "base/ascii.h"
#include "mirror/same_value.h"
#include "mirror/value_parser.h"
#include "model/source/property_selection.h"

namespace hubmirror {
namespace {

using Verdict = PlannedRow::Verdict;

const MirrorColumn* FindColumn(const MirrorTable& table, std::string_view property) {
  const auto found = std::ranges::find(table.columns, property, &MirrorColumn::property);
  return found == table.columns.end() ? nullptr : &*found;
}

std::string_view ValueOf(const std::vector<PropertyText>& values, std::string_view property) {
  const auto found = std::ranges::find(values, property, &PropertyText::property);
  return found == values.end() ? std::string_view() : std::string_view(found->value);
}

bool IsSpace(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

/// Why a property may not be written at all; empty: it may.
std::string WhyForbidden(const std::string& property, const MirrorColumn* column,
                         const WriteTerms& terms) {
  if (!FitsAny(property, terms.update))
    return property + " is not writable: add it to write.objects";
  if (column == nullptr) return property + " does not exist in the mirror: see its `properties`";
  const PropertyDefinition& definition = column->definition;
  if (definition.archived) return property + " is archived in HubSpot";
  if (definition.calculated) return property + " is calculated by HubSpot";
  if (column->excluded) return property + " is excluded from the mirror, which could not show it";
  if (!column->hashed_with.empty()) return property + " is hashed in the mirror";
  if (IsAlwaysAsked(terms.table.object, property)) return property + " is HubSpot's own";
  return {};
}

bool IsOption(const PropertyDefinition& definition, std::string_view value) {
  return std::ranges::any_of(definition.options,
                             [&](const PropertyOption& option) { return option.value == value; });
}

/// Why HubSpot is certain to refuse a value
/// (https://developers.hubspot.com/docs/api-reference/error-handling); empty: it need not be.
std::string WhyInvalid(const WantedValue& wanted, const MirrorColumn& column) {
  const PropertyDefinition& definition = column.definition;
  const std::string& name = wanted.property;
  const std::string& value = wanted.value;
  if (wanted.adds && !HoldsSeveral(definition)) return name + " holds one value: nothing to add to";
  if (value.empty()) return {};
  if (definition.type != "string" && (IsSpace(value.front()) || IsSpace(value.back()))) {
    return name + ": the value begins or ends with white space";
  }
  if (definition.type == "number" && !IsNumber(value)) return name + ": not a number";
  if (definition.type == "bool" && value != "true" && value != "false") {
    return name + ": neither true nor false";
  }
  if (definition.type == "date" && !ParseDate(value)) {
    return name + ": no date as YYYY-MM-DD or in milliseconds";
  }
  if (definition.type == "datetime" && !ParseTimestamp(value)) {
    return name + ": no time as of RFC 3339 or in milliseconds";
  }
  if (definition.type != "enumeration" || definition.external_options ||
      definition.options.empty()) {
    return {};
  }
  const auto parts =
      HoldsSeveral(definition) ? PartsOf(value) : std::vector<std::string_view>{value};
  const bool known =
      std::ranges::all_of(parts, [&](std::string_view part) { return IsOption(definition, part); });
  return known ? std::string() : name + ": not one of its options, see `options` in `properties`";
}

/// What is chosen, with what is added at the end.
std::string Joined(std::string_view chosen, std::string_view added) {
  std::vector<std::string_view> parts = PartsOf(chosen);
  for (const std::string_view part : PartsOf(added)) {
    if (std::ranges::find(parts, part) == parts.end()) parts.push_back(part);
  }
  std::string joined;
  for (const std::string_view part : parts) (joined += joined.empty() ? "" : ";") += part;
  return joined;
}

/// Whether HubSpot's value is one that the row may replace without asking anybody.
bool MayReplace(const WantedValue& wanted, const MirrorColumn& column, std::string_view now) {
  const auto same = [&](const std::string& value) { return SameValue(column, value, now); };
  if (wanted.adds || !wanted.base || same(*wanted.base)) return true;
  return std::ranges::any_of(wanted.own, same);
}

/// Plans one row; the verdicts on its properties come together here.
class RowPlanner {
 public:
  RowPlanner(const OutboxRow& row, const WriteTerms& terms)
      : row_(row), rule_(row.on_conflict.value_or(terms.on_conflict)), terms_(terms) {
    planned_.record = row.record;
  }

  PlannedRow Plan(const TargetNow* now) && {
    for (const WantedValue& wanted : row_.values) {
      const MirrorColumn* const column = FindColumn(terms_.table, wanted.property);
      std::string why = WhyForbidden(wanted.property, column, terms_);
      if (!why.empty()) return Rejected("property", std::move(why));
      why = WhyInvalid(wanted, *column);
      if (!why.empty()) return Rejected("invalid", std::move(why));
      if (now != nullptr) {
        Compare(wanted, *column, ValueOf(now->values, wanted.property));
      } else {
        planned_.send.push_back({wanted.property, wanted.value});
      }
    }
    if (now != nullptr) planned_.record = now->id;
    return Concluded();
  }

 private:
  PlannedRow Rejected(std::string reason, std::string why) {
    return {.verdict = Verdict::kRejected,
            .record = row_.record,
            .reason = std::move(reason),
            .message = std::move(why)};
  }

  void Compare(const WantedValue& wanted, const MirrorColumn& column, std::string_view now) {
    std::string value = wanted.adds ? Joined(now, wanted.value) : wanted.value;
    if (SameValue(column, value, now)) {
      if (wanted.sent && SameValue(column, *wanted.sent, now)) planned_.by_itself = true;
      return;
    }
    if (MayReplace(wanted, column, now) || rule_ == ConflictRule::kOurs) {
      planned_.send.push_back({wanted.property, std::move(value)});
      return;
    }
    if (rule_ == ConflictRule::kHold) held_.push_back(wanted.property);
    planned_.differs.push_back({.property = wanted.property,
                                .wanted = std::move(value),
                                .shown = std::string(now),
                                .why = WriteDifference::Why::kTheirs});
  }

  PlannedRow Concluded() {
    if (!held_.empty()) {
      std::string names;
      for (const std::string& name : held_) (names += names.empty() ? "" : ", ") += name;
      planned_.verdict = Verdict::kConflict;
      planned_.send.clear();
      planned_.message = names +
                         " changed in HubSpot after the row was based on it: nothing was sent; "
                         "look at `differs`, then insert a new row";
    } else if (planned_.send.empty()) {
      planned_.verdict = Verdict::kEqual;
    }
    return std::move(planned_);
  }

  const OutboxRow& row_;
  const ConflictRule rule_;
  const WriteTerms& terms_;
  PlannedRow planned_;
  std::vector<std::string> held_;
};

}  // namespace

bool NeedsReading(const OutboxRow& row, const WriteTerms& terms) {
  return terms.check || row.attempts > 0 || std::ranges::any_of(row.values, &WantedValue::adds);
}

std::vector<PlannedRow> PlanRows(const std::vector<OutboxRow>& rows,
                                 const std::optional<std::map<RecordId, TargetNow>>& targets,
                                 const WriteTerms& terms) {
  std::vector<PlannedRow> planned;
  std::set<RecordId> taken;
  for (const OutboxRow& row : rows) {
    const TargetNow* now = nullptr;
    if (targets) {
      const auto found = targets->find(row.record);
      if (found != targets->end()) now = &found->second;
    }
    PlannedRow plan = RowPlanner(row, terms).Plan(now);
    if (plan.verdict != Verdict::kRejected) {
      if (targets && now == nullptr) {
        plan = {.verdict = Verdict::kGone,
                .record = row.record,
                .message = "HubSpot has no such record: it was archived, deleted or never there"};
      } else if (!taken.insert(plan.record).second) {
        plan = {.verdict = Verdict::kLater, .record = plan.record};
      }
    }
    planned.push_back(std::move(plan));
  }
  return planned;
}

std::vector<WriteDifference> DifferencesOf(const std::vector<PropertyText>& sent,
                                           const std::vector<PropertyText>& shown,
                                           const MirrorTable& table) {
  std::vector<WriteDifference> differences;
  for (const PropertyText& value : sent) {
    const std::string_view now = ValueOf(shown, value.property);
    const MirrorColumn* const column = FindColumn(table, value.property);
    const bool same = column == nullptr ? value.value == now : SameValue(*column, value.value, now);
    if (!same) {
      differences.push_back(
          {.property = value.property, .wanted = value.value, .shown = std::string(now)});
    }
  }
  return differences;
}

}  // namespace hubmirror
