#include "jobs/write/create_plan.h"

#include <algorithm>
#include <array>
#include <set>
#include <string_view>

#include "base/ascii.h"
#include "base/time_text.h"
#include "jobs/write/value_checks.h"
#include "mirror/same_value.h"

namespace hubmirror {
namespace {

using namespace std::chrono_literals;
using Verdict = PlannedRow::Verdict;

// Hosts of HubSpot's differ a little in their clocks.
constexpr auto kClockSlack = 2s;
// What HubSpot refuses to be asked by may be known better with the next reading of the catalog.
constexpr auto kAskAgain = 1min;
// It would have been found at once: this is for a record that comes back.
constexpr auto kLookAgain = 24h;

/// What HubSpot makes no record of a type without: one of these
/// (https://developers.hubspot.com/docs/guides/api/crm/using-object-apis). Pipelines are not here:
/// where there is one only, HubSpot takes that.
struct Required {
  std::string_view object;
  std::array<std::string_view, 3> any_of;
};
constexpr Required kRequired[] = {
    {"contacts", {"email", "firstname", "lastname"}},
    {"companies", {"name", "domain"}},
    {"deals", {"dealname"}},
    {"deals", {"dealstage"}},
    {"tickets", {"subject"}},
    {"tickets", {"hs_pipeline_stage"}},
    {"emails", {"hs_timestamp"}},
    {"emails", {"hs_email_direction"}},
    {"tasks", {"hs_timestamp"}},
    {"calls", {"hs_timestamp"}},
    {"notes", {"hs_timestamp"}},
    {"meetings", {"hs_timestamp"}},
    {"postal_mail", {"hs_timestamp"}},
    {"communications", {"hs_timestamp"}},
    {"communications", {"hs_communication_channel_type"}},
    {"orders", {"hs_order_name"}},
};

const WantedValue* FindWanted(const OutboxRow& row, std::string_view property) {
  const auto found = std::ranges::find(row.values, property, &WantedValue::property);
  return found == row.values.end() || found->value.empty() ? nullptr : &*found;
}

/// What a row lacks for HubSpot to make the record; empty: nothing.
std::string WhyIncomplete(const OutboxRow& row, const MirrorTable& table) {
  for (const Required& required : kRequired) {
    if (required.object != table.name()) continue;
    std::string names;
    bool given = false;
    for (const std::string_view name : required.any_of) {
      if (name.empty() || FindColumn(table, name) == nullptr) continue;
      (names += names.empty() ? "" : " or ") += name;
      given = given || FindWanted(row, name) != nullptr;
    }
    if (!names.empty() && !given) return "a new record needs " + names;
  }
  return {};
}

/// The values of a row that no other record may have, each with its property, in small letters.
std::set<std::string> UniqueValues(const OutboxRow& row, const MirrorTable& table) {
  std::set<std::string> values;
  const auto add = [&](const std::string& property, const std::string& text) {
    const MirrorColumn* const column = FindColumn(table, property);
    const bool unique = column != nullptr && HasUniqueValues(table.object, column->definition);
    if (!unique || text.empty()) return;
    std::string value = property + "=" + text;
    std::ranges::transform(value, value.begin(), Lower);
    values.insert(std::move(value));
  };
  for (const WantedValue& wanted : row.values) add(wanted.property, wanted.value);
  add(row.match.property, row.match.value);
  return values;
}

std::string WhyNotKey(const WriteTerms& terms) {
  if (terms.key_property.empty()) return {};
  const MirrorColumn* const column = FindColumn(terms.table, terms.key_property);
  if (column != nullptr && !column->definition->archived && column->definition->has_unique_value) {
    return {};
  }
  return "HubSpot has no property " + terms.key_property +
         " whose values are unique: make it there, as write.objects names it";
}

bool HoldsAll(const MadeRecord& found, const OutboxRow& row, const MirrorTable& table) {
  return std::ranges::all_of(row.values, [&](const WantedValue& wanted) {
    const MirrorColumn* const column = FindColumn(table, wanted.property);
    const std::string_view shown = ValueOf(found.values, wanted.property);
    return column == nullptr ? wanted.value == shown : SameValue(*column, wanted.value, shown);
  });
}

PlannedRow Rejected(std::string reason, std::string why) {
  return {.verdict = Verdict::kRejected,
          .record = {},
          .reason = std::move(reason),
          .message = std::move(why)};
}

PlannedRow NotAllowed() {
  return Rejected("operation", "records may not be made: `create` is not set in write.objects");
}

PlannedRow PlanFound(const OutboxRow& row, const CreateGuard& guard, const MadeRecord& found,
                     const MirrorTable& table) {
  const bool since =
      row.first_sent && found.created && *found.created >= *row.first_sent - kClockSlack;
  if (guard.ours || (since && HoldsAll(found, row, table))) {
    return {.verdict = Verdict::kEqual, .record = found.id, .by_itself = true};
  }
  // Its own may have been changed since.
  const char* const what =
      since ? ", and was made after the row was first sent, perhaps by it, though it does not have "
              "all of its values: nothing more is sent; look at that one, and update it"
            : " already: nothing was made; update that one, or correct the value";
  return {
      .verdict = Verdict::kExists,
      .record = found.id,
      .message = "record " + std::to_string(found.id.value) + " has this " + guard.property + what};
}

/// Whether HubSpot finds a record by a property.
bool Finds(std::string_view property, const WriteTerms& terms) {
  const MirrorColumn* const column = FindColumn(terms.table, property);
  return column != nullptr && !column->definition->archived &&
         HasUniqueValues(terms.table.object, column->definition);
}

PlannedRow Doubtful(const std::string& why, std::chrono::milliseconds again_in = 0ms) {
  return {.verdict = Verdict::kDoubt,
          .record = {},
          .message = why +
                     ": look for it there, then call outbox_resolve with its id, or without one to "
                     "send the row again",
          .again_in = again_in};
}

/// A row that was sent, of which nobody can tell whether it made its record; nullopt: it is known,
/// or can be. `found` as for PlanCreates.
std::optional<PlannedRow> PlanDoubt(const OutboxRow& row, const MadeRecord* found,
                                    const WriteTerms& terms) {
  if (!MayBeMade(row)) return std::nullopt;
  if (found != nullptr && !found->unasked.empty()) {
    return Doubtful("HubSpot refuses to say whether it made the record (" + found->unasked + ")",
                    kAskAgain);
  }
  if (found != nullptr) return std::nullopt;
  const std::string& by = row.op == WriteOp::kUpsert ? row.match.property : row.guarded_by;
  const auto finds = FoundBy(row, terms);
  if (!finds && by.empty()) {
    return Doubtful("HubSpot did not answer, and nothing tells whether it made the record");
  }
  if (!finds) {
    return Doubtful("only the property " + by +
                    " tells whether HubSpot made the record, and HubSpot has it no longer, or no "
                    "longer keeps its values unique. Bring it back with its values, and the row "
                    "goes on by itself. Without it");
  }
  if (row.first_sent && terms.looked_by_made > row.first_sent) {
    return Doubtful("HubSpot shows no record with the row's " + finds->property +
                        ", but the property " + finds->property + " was made anew at " +
                        FormatRfc3339(*terms.looked_by_made) +
                        ", after the row was first sent, and a record that was made before does "
                        "not have it: nothing tells whether the record was made",
                    kLookAgain);
  }
  if (!row.doubted) return std::nullopt;
  return Doubtful("HubSpot shows no record with the row's " + finds->property +
                      ", and that property was not there for a while: nothing tells whether "
                      "the record was made",
                  kLookAgain);
}

PlannedRow PlanCreate(const OutboxRow& row, const MadeRecord* found, const WriteTerms& terms) {
  if (row.created.value != 0) {
    return {.verdict = Verdict::kEqual, .record = row.created, .by_itself = true};
  }
  if (auto doubt = PlanDoubt(row, found, terms)) return *doubt;
  if (found != nullptr && !found->unasked.empty()) {
    return Rejected("property", "HubSpot finds no record by the row's value: " + found->unasked);
  }
  if (found != nullptr) return PlanFound(row, *FoundBy(row, terms), *found, terms.table);
  if (!terms.create) return NotAllowed();
  const auto guard = GuardOf(row, terms);
  for (const WantedValue& wanted : row.values) {
    const MirrorColumn* const column = FindColumn(terms.table, wanted.property);
    std::string why = WhyUnwritable(wanted.property, column, terms);
    if (!why.empty()) return Rejected("property", std::move(why));
    why = WhyInvalid(wanted, *column);
    if (!why.empty()) return Rejected("invalid", std::move(why));
  }
  if (std::string why = WhyNotKey(terms); !why.empty()) return Rejected("property", std::move(why));
  if (!guard && !terms.unguarded) {
    return Rejected("unguarded",
                    "the row sets no property whose values are unique, so a record that was made "
                    "twice could not be told: set one, or allow it by `unguarded`");
  }
  if (std::string why = WhyIncomplete(row, terms.table); !why.empty()) {
    return Rejected("invalid", std::move(why));
  }
  PlannedRow plan{.verdict = Verdict::kSend, .record = {}};
  for (const WantedValue& wanted : row.values) {
    if (!wanted.value.empty()) plan.send.push_back({wanted.property, wanted.value});
  }
  if (guard) {
    plan.unique = {guard->property, guard->value};
    if (guard->ours) plan.send.push_back({guard->property, guard->value});
  }
  return plan;
}

PlannedRow PlanUpsert(const OutboxRow& row, const MadeRecord* found, const WriteTerms& terms) {
  if (row.created.value != 0) {
    return {.verdict = Verdict::kEqual, .record = row.created, .by_itself = true};
  }
  if (auto doubt = PlanDoubt(row, found, terms)) return *doubt;
  if (!terms.create) return NotAllowed();
  const MirrorColumn* const by = FindColumn(terms.table, row.match.property);
  const bool unique = by != nullptr && !by->definition->archived &&
                      row.match.property != terms.key_property &&
                      HasUniqueValues(terms.table.object, by->definition);
  if (!unique) {
    return Rejected("property", "no record can be found by " + row.match.property +
                                    ": HubSpot does not keep its values unique");
  }
  if (found != nullptr && !found->unasked.empty()) {
    return Rejected("property", "HubSpot finds no record by the row's value: " + found->unasked);
  }
  if (found != nullptr) {
    const TargetNow now{.id = found->id, .values = found->values};
    PlannedRow plan = PlanRow(row, &now, terms);
    plan.unique = row.match;
    return plan;
  }
  PlannedRow plan = PlanRow(row, nullptr, terms);
  if (plan.verdict != Verdict::kSend) return plan;
  OutboxRow whole = row;
  whole.values.push_back({.property = row.match.property, .value = row.match.value});
  if (NeedsFinding(row, terms)) {
    // There is none, so one is made.
    std::string why = WhyIncomplete(whole, terms.table);
    if (!why.empty()) return Rejected("invalid", std::move(why));
    std::erase_if(plan.send, [](const PropertyText& text) { return text.value.empty(); });
  }
  plan.unique = row.match;
  return plan;
}

/// The first of the unique values that a row sets itself.
std::optional<CreateGuard> OwnGuard(const OutboxRow& row, const WriteTerms& terms) {
  for (const MirrorColumn& column : terms.table.columns) {
    const PropertyDefinition& definition = column.definition;
    if (definition.archived || !HasUniqueValues(terms.table.object, definition)) continue;
    const WantedValue* const wanted = FindWanted(row, column.property());
    if (wanted != nullptr) return CreateGuard{.property = wanted->property, .value = wanted->value};
  }
  return std::nullopt;
}

}  // namespace

std::optional<CreateGuard> GuardOf(const OutboxRow& row, const WriteTerms& terms) {
  if (!terms.key_property.empty()) {
    return CreateGuard{.property = terms.key_property, .value = row.guard, .ours = true};
  }
  return OwnGuard(row, terms);
}

std::optional<CreateGuard> FoundBy(const OutboxRow& row, const WriteTerms& terms) {
  if (row.op == WriteOp::kUpsert) {
    if (!Finds(row.match.property, terms)) return std::nullopt;
    return CreateGuard{.property = row.match.property, .value = row.match.value};
  }
  if (row.attempts == 0) return GuardOf(row, terms);
  if (Finds(row.guarded_by, terms)) {
    return CreateGuard{.property = row.guarded_by, .value = row.guard, .ours = true};
  }
  return OwnGuard(row, terms);
}

bool MayBeMade(const OutboxRow& row) {
  // A refused batch may have made some of its records all the same (rule W13).
  return row.in_doubt || (!row.guarded_by.empty() && row.first_sent);
}

bool NeedsFinding(const OutboxRow& row, const WriteTerms& terms) {
  if (row.created.value != 0 || !FoundBy(row, terms)) return false;
  if (row.op == WriteOp::kUpsert) {
    return terms.check || row.attempts > 0 || std::ranges::any_of(row.values, &WantedValue::adds);
  }
  // Nothing but a look tells whether HubSpot would refuse one that is never sent.
  const bool looks = row.attempts > 0 || (row.dry_run && WhyNotKey(terms).empty());
  return row.op == WriteOp::kCreate && looks;
}

void KeepTogether(std::vector<OutboxRow>& rows, const WriteTerms& terms) {
  if (rows.empty()) return;
  const WriteOp op = rows.front().op;
  if (op != WriteOp::kCreate && op != WriteOp::kUpsert) {
    std::erase_if(rows, [&](const OutboxRow& row) { return row.op != op; });
    return;
  }
  const auto first = FoundBy(rows.front(), terms);
  if (!first) {
    rows.resize(1);
    return;
  }
  // HubSpot refuses a batch in which a unique value is there twice.
  std::set<std::string> taken;
  std::erase_if(rows, [&](const OutboxRow& row) {
    if (row.op != op) return true;
    const auto guard = FoundBy(row, terms);
    if (!guard || guard->property != first->property) return true;
    const std::set<std::string> values = UniqueValues(row, terms.table);
    if (std::ranges::any_of(values, [&](const std::string& one) { return taken.contains(one); })) {
      return true;
    }
    taken.insert(values.begin(), values.end());
    return false;
  });
}

std::vector<PlannedRow> PlanCreates(const std::vector<OutboxRow>& rows,
                                    const std::map<OutboxId, MadeRecord>& found,
                                    const WriteTerms& terms) {
  std::vector<PlannedRow> planned;
  std::set<RecordId> taken;
  for (const OutboxRow& row : rows) {
    const auto at = found.find(row.id);
    const MadeRecord* const record = at == found.end() ? nullptr : &at->second;
    PlannedRow plan = row.op == WriteOp::kUpsert ? PlanUpsert(row, record, terms)
                                                 : PlanCreate(row, record, terms);
    // Two values may name one record.
    const bool sent = plan.verdict == Verdict::kSend && plan.record.value != 0 && !row.dry_run;
    if (sent && !taken.insert(plan.record).second) {
      plan = {.verdict = Verdict::kLater, .record = plan.record};
    }
    planned.push_back(std::move(plan));
  }
  return planned;
}

}  // namespace hubmirror
