#include "jobs/write/write_plan.h"

#include <algorithm>
#include <set>
#include <string_view>

#include "jobs/write/value_checks.h"
#include "mirror/same_value.h"

namespace hubmirror {
namespace {

using Verdict = PlannedRow::Verdict;

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
  RowPlanner(const OutboxRow& row, const WriteTerms& terms) : row_(row), terms_(terms) {
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

  /// Whose value counts in a conflict (rule W7).
  ConflictRule RuleFor(const std::string& property) const {
    if (row_.on_conflict) return *row_.on_conflict;
    const auto found = terms_.rules.find(property);
    return found == terms_.rules.end() ? terms_.on_conflict : found->second;
  }

  void Compare(const WantedValue& wanted, const MirrorColumn& column, std::string_view now) {
    std::string value = wanted.adds ? Joined(now, wanted.value) : wanted.value;
    if (SameValue(column, value, now)) {
      if (wanted.sent && SameValue(column, *wanted.sent, now)) planned_.by_itself = true;
      return;
    }
    const ConflictRule rule = RuleFor(wanted.property);
    if (MayReplace(wanted, column, now) || rule == ConflictRule::kOurs) {
      planned_.send.push_back({wanted.property, std::move(value)});
      return;
    }
    if (rule == ConflictRule::kHold) held_.push_back(wanted.property);
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
      const char* const sent =
          row_.attempts == 0
              ? "nothing was sent"
              : "an earlier attempt may have been carried out before that, nothing more is sent";
      planned_.message = names + " changed in HubSpot after the row was based on it: " + sent +
                         "; look at `differs`, then insert a new row";
    } else if (planned_.send.empty()) {
      planned_.verdict = Verdict::kEqual;
    }
    return std::move(planned_);
  }

  const OutboxRow& row_;
  const WriteTerms& terms_;
  PlannedRow planned_;
  std::vector<std::string> held_;
};

/// What would become of a row that is only tried.
std::string WouldBe(const OutboxRow& row, const PlannedRow& plan) {
  const bool sends = plan.verdict == Verdict::kSend;
  const bool known = plan.record.value != 0;
  switch (row.op) {
    case WriteOp::kArchive:
      return sends ? "the record would be archived" : "the record is archived already";
    case WriteOp::kCreate:
      if (sends) return "a record would be made";
      return "record " + std::to_string(plan.record.value) +
             " is this row's already: none would be made";
    case WriteOp::kUpsert:
      if (sends && !known) return "a record would be made where there is none of this value";
      break;
    case WriteOp::kAssociate:
    case WriteOp::kDisassociate:
      return sends ? "links would be changed" : "the links are so already: nothing would be sent";
    case WriteOp::kUpdate:
      break;
  }
  if (sends) return "the record would be changed";
  return plan.differs.empty() ? "HubSpot has these values already: nothing would be sent"
                              : "HubSpot's newer values would stay: nothing would be sent";
}

}  // namespace

void EndTried(const std::vector<OutboxRow>& rows, std::vector<PlannedRow>& plans) {
  for (size_t i = 0; i < rows.size(); ++i) EndTried(rows[i], plans[i]);
}

void EndTried(const OutboxRow& row, PlannedRow& plan) {
  const bool happened = plan.by_itself && row.attempts > 0;
  const bool ends =
      plan.verdict == Verdict::kSend || (plan.verdict == Verdict::kEqual && !happened);
  if (!row.dry_run || !ends) return;
  plan.message = WouldBe(row, plan);
  plan.verdict = Verdict::kTried;
}

PlannedRow PlanRow(const OutboxRow& row, const TargetNow* now, const WriteTerms& terms) {
  return RowPlanner(row, terms).Plan(now);
}

std::vector<PlannedRow> PlanArchives(const std::vector<OutboxRow>& rows,
                                     const std::map<RecordId, TargetNow>& targets,
                                     const std::set<RecordId>& archived, const WriteTerms& terms) {
  std::vector<PlannedRow> planned;
  for (const OutboxRow& row : rows) {
    PlannedRow plan{.verdict = Verdict::kSend, .record = row.record};
    const auto found = targets.find(row.record);
    if (!terms.archive) {
      plan.verdict = Verdict::kRejected;
      plan.reason = "operation";
      plan.message = "records may not be archived: `archive` is not set in write.objects";
    } else if (found != targets.end() && found->second.id != row.record) {
      plan.verdict = Verdict::kGone;
      plan.message = "the record was merged into " + std::to_string(found->second.id.value) +
                     ": nothing was archived; if that one is to go, insert a row for it";
    } else if (found == targets.end()) {
      // What an earlier attempt archived may be gone for good.
      const bool ours = row.attempts > 0;
      plan.verdict = ours || archived.contains(row.record) ? Verdict::kEqual : Verdict::kGone;
      plan.by_itself = ours;
      if (plan.verdict == Verdict::kGone) plan.message = "HubSpot has no such record";
    }
    planned.push_back(std::move(plan));
  }
  return planned;
}

bool NeedsReading(const OutboxRow& row, const WriteTerms& terms) {
  return row.op == WriteOp::kArchive || terms.check || row.attempts > 0 || row.record.value == 0 ||
         std::ranges::any_of(row.values, &WantedValue::adds);
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
      } else if (!row.dry_run && !taken.insert(plan.record).second) {
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
