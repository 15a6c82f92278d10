#include "jobs/write/write_job.h"

#include <algorithm>
#include <utility>

#include "base/ascii.h"
#include "jobs/write/echo.h"
#include "jobs/write/value_checks.h"
#include "jobs/write/write_verdict.h"
#include "mirror/value_parser.h"
#include "model/source/crash_point.h"

namespace hubmirror {
namespace {

using namespace std::chrono_literals;
using Verdict = PlannedRow::Verdict;

constexpr auto kLookWhileBusy = 100ms;
constexpr auto kLookWhileIdle = 1s;
constexpr auto kReadBackAgain = 2s;
constexpr int kMostReadsBack = 3;
// A granted scope works within minutes, and asking costs one request.
constexpr auto kBlockedProbe = 5min;
// Trouble of the outbox alone.
constexpr auto kOutboxAgain = 10s;

/// Whether a database failure need not concern anything but the outbox.
bool MayConcernOutboxOnly(const DatabaseError& error) {
  switch (error.kind()) {
    case DatabaseError::Kind::kContended:
    case DatabaseError::Kind::kSuspectRows:
    case DatabaseError::Kind::kOther:
      return true;
    default:
      return false;
  }
}

std::vector<PropertyText> ValuesOf(const Record& record, const PropertySet& properties) {
  std::vector<PropertyText> values;
  for (const PropertyValue& value : record.values) {
    values.push_back({properties.names()[value.property], std::string(value.raw)});
  }
  return values;
}

TargetNow TargetOf(const Record& record, const PropertySet& properties,
                   const std::string& modified_property) {
  TargetNow target{.id = record.id, .values = ValuesOf(record, properties)};
  const auto modified =
      std::ranges::find(target.values, modified_property, &PropertyText::property);
  if (modified != target.values.end()) target.modified = ParseTimestamp(modified->value);
  return target;
}

std::string TraceId(const OutboxRow& row) {
  return std::to_string(row.id.value) + "." + std::to_string(row.attempts + 1);
}

}  // namespace

void WriteJob::Abandon() {
  phase_ = Phase::kPick;
  rows_.clear();
  written_.clear();
  ForgetLookUps();
  ForgetLinks();
}

void WriteJob::ForgetLookUps() {
  missing_.clear();
  survivors_.clear();
  gone_.clear();
  archived_.clear();
}

void WriteJob::LoadFrom(const StoredStream&) {
  may_be_written_ = true;
}

std::optional<StepNeed> WriteJob::NextStep(Instant) {
  if (!facts().loaded()) return std::nullopt;
  StepNeed need{.lane = Lane::kBurst, .priority = Priority::kWrite};
  if (phase_ == Phase::kPick) need.lane.reset();
  // Reading and writing in one step leaves the least time for others to write in between (W7).
  if (phase_ == Phase::kSend) need.cost = cost_;
  if (phase_ == Phase::kLookUp && missing_archives_) need.cost = 2;
  if (phase_ == Phase::kEnds || phase_ == Phase::kLinks) need.cost = 2;
  const bool reads_links = phase_ == Phase::kReadBack && IsOfLinks(written_.front().op);
  if (phase_ == Phase::kLinks || reads_links) need.lane = Lane::kAssociations;
  return need;
}

StepOutcome WriteJob::DoStep(Instant now, const StepNeed&, const TableShapePtr& table) {
  try {
    return MakeStep(now, *table);
  } catch (const DatabaseError& error) {
    if (!MayConcernOutboxOnly(error)) throw;
    Abandon();
    stream().Log(LogLevel::kWarning, "write.failed",
                 "the outbox cannot be worked on: " + std::string(error.what()));
    StepOutcome outcome = StepOutcome::CaughtUp();
    outcome.next_in = kOutboxAgain;
    return outcome;
  }
}

StepOutcome WriteJob::MakeStep(Instant now, const TableShape& table) {
  switch (phase_) {
    case Phase::kSend:
      return Send(now, table);
    case Phase::kLookUp:
      return LookUp();
    case Phase::kReadBack:
      return IsOfLinks(written_.front().op) ? ReadBackLinks(now) : ReadBack(now, table);
    case Phase::kEnds:
      return AskEnds(now);
    case Phase::kEnd:
      return AskEnd(now);
    case Phase::kLinks:
      return SendLinks(now);
    case Phase::kPick:
      break;
  }
  return Pick(now, table);
}

StepOutcome WriteJob::Pick(Instant now, const TableShape& table) {
  if (may_be_written_ && now >= read_back_at_) {
    written_ = outbox_.Written(object(), kBatchReadSize);
    may_be_written_ = !written_.empty();
    if (may_be_written_) {
      phase_ = Phase::kReadBack;
      busy_ = true;
      return StepOutcome::More();
    }
  }
  const auto source_now = stream().SourceNow();
  if (source_now && now >= blocked_until_) {
    rows_ = outbox_.Pick(object(), {.settled = *source_now - kWriteDoubt, .limit = part_});
  }
  if (rows_.empty()) {
    ForgetLookUps();
    return Wait(std::exchange(busy_, false));
  }
  const WriteTerms terms = TermsFor(table);
  KeepTogether(rows_, terms);
  if (IsOfLinks(rows_.front().op)) {
    busy_ = true;
    return BeginLinks(now);
  }
  // A create is looked for among the archived records as well.
  const bool creates = rows_.front().op == WriteOp::kCreate;
  const bool finds =
      std::ranges::any_of(rows_, [&](const OutboxRow& row) { return NeedsFinding(row, terms); });
  cost_ = !creates ? 2 : finds ? 3 : 1;
  if (std::ranges::any_of(rows_, MayBeMade)) ++cost_;
  busy_ = true;
  phase_ = Phase::kSend;
  return StepOutcome::More();
}

StepOutcome WriteJob::Wait(bool busy) const {
  StepOutcome outcome = StepOutcome::CaughtUp();
  outcome.next_in = busy || may_be_written_ ? kLookWhileBusy : kLookWhileIdle;
  return outcome;
}

WriteTerms WriteJob::TermsFor(const TableShape& table) const {
  return {.table = *table.table,
          .update = terms_.update,
          .check = terms_.check,
          .on_conflict = terms_.on_conflict,
          .key_property = terms_.key_property,
          .unguarded = terms_.unguarded,
          .create = terms_.create,
          .archive = terms_.archive,
          .rules = terms_.rules};
}

RecordId WriteJob::RecordOf(const OutboxRow& row) const {
  const auto found = survivors_.find(row.record);
  return found == survivors_.end() ? row.record : found->second;
}

StepOutcome WriteJob::Send(Instant now, const TableShape& table) {
  phase_ = Phase::kPick;
  const WriteOp op = rows_.front().op;
  if (op == WriteOp::kCreate || op == WriteOp::kUpsert) return SendCreates(now, table);
  const WriteTerms terms = TermsFor(table);
  std::optional<std::map<RecordId, TargetNow>> targets;
  if (std::ranges::any_of(rows_, [&](const OutboxRow& row) { return NeedsReading(row, terms); })) {
    auto read = ReadTargets();
    if (!read) {
      rows_.clear();
      return StepOutcome::Failed(read.error());
    }
    targets = std::move(*read);
    std::erase_if(rows_, [&](const OutboxRow& row) {
      return std::ranges::find(missing_, RecordOf(row)) != missing_.end();
    });
  }
  if (!missing_.empty()) phase_ = Phase::kLookUp;
  missing_archives_ = op == WriteOp::kArchive;
  std::vector<PlannedRow> plans = missing_archives_
                                      ? PlanArchives(rows_, *targets, archived_, terms)
                                      : PlanRows(rows_, targets, terms);
  EndTried(rows_, plans);
  std::set<RecordId> shown_here;
  if (targets && !missing_archives_) shown_here = ShownHere(plans, *targets);
  std::vector<OutboxChange> changes;
  for (size_t i = 0; i < rows_.size(); ++i) {
    auto change = ChangeUnsent(rows_[i], plans[i], shown_here.contains(plans[i].record));
    if (!change) continue;
    may_be_written_ = may_be_written_ || change->state == OutboxState::kWritten;
    changes.push_back(std::move(*change));
  }
  if (!changes.empty()) outbox_.Change(object(), changes);
  StepOutcome outcome = SendPlanned(now, plans, *table.table);
  rows_.clear();
  // The rows they were for have had their turn; what comes later may find other records.
  if (phase_ == Phase::kPick) ForgetLookUps();
  return outcome;
}

StepOutcome WriteJob::SendCreates(Instant now, const TableShape& table) {
  WriteTerms terms = TermsFor(table);
  const auto found = FindCreated(terms);
  if (!found) {
    rows_.clear();
    return StepOutcome::Failed(found.error());
  }
  if (!*found) {
    rows_.clear();
    part_ = 1;
    return StepOutcome::More();
  }
  const auto made = WhenMade(**found, terms);
  if (!made) {
    rows_.clear();
    return StepOutcome::Failed(made.error());
  }
  terms.looked_by_made = *made;
  std::vector<PlannedRow> plans = PlanCreates(rows_, **found, terms);
  EndTried(rows_, plans);
  std::vector<OutboxChange> changes;
  for (size_t i = 0; i < rows_.size(); ++i) {
    auto change = ChangeUnsent(rows_[i], plans[i], false);
    if (!change) continue;
    may_be_written_ = may_be_written_ || change->state == OutboxState::kWritten;
    changes.push_back(std::move(*change));
  }
  if (!changes.empty()) outbox_.Change(object(), changes);
  StepOutcome outcome = SendPlanned(now, plans, *table.table);
  rows_.clear();
  return outcome;
}

Result<std::optional<std::map<OutboxId, MadeRecord>>, ApiError> WriteJob::FindCreated(
    const WriteTerms& terms) {
  std::map<OutboxId, MadeRecord> found;
  std::map<std::string, const OutboxRow*> wanted;  // by the value of the guard
  std::vector<std::string> names;
  std::string unique;
  for (const OutboxRow& row : rows_) {
    if (!NeedsFinding(row, terms)) continue;
    const auto guard = FoundBy(row, terms);
    unique = guard->property;
    wanted.emplace(LowerCase(guard->value), &row);
    for (const WantedValue& value : row.values) names.push_back(value.property);
  }
  if (wanted.empty()) return std::optional(std::move(found));
  names.push_back(unique);
  const auto properties = std::make_shared<const PropertySet>(std::move(names));
  const size_t asked = wanted.size();
  // An archived record is one that was made, too.
  const bool creates = rows_.front().op == WriteOp::kCreate;
  for (const bool archived : {false, true}) {
    if (wanted.empty() || (archived && !creates)) break;
    BatchReadRequest request{
        .archived = archived, .ids = {}, .properties = properties, .unique_property = unique};
    for (const auto& [value, row] : wanted) request.values.push_back(FoundBy(*row, terms)->value);
    const auto page = stream().source().records.BatchRead(object(), request);
    if (!page) {
      // Some types show no archived records at all.
      if (page.error().kind != ApiErrorKind::kBadRequest) return page.error();
      if (archived) break;
      // Of several, only the one at fault is to suffer.
      if (asked > 1) return std::optional<std::map<OutboxId, MadeRecord>>();
      found[wanted.begin()->second->id].unasked = page.error().message;
      break;
    }
    for (const Record& record : page->records) {
      MadeRecord shown{
          .id = record.id, .created = record.created_at, .values = ValuesOf(record, *properties)};
      auto row = wanted.find(LowerCase(ValueOf(shown.values, unique)));
      // A survivor may show another value than that by which it was found.
      if (row == wanted.end() && asked > 1) return std::optional<std::map<OutboxId, MadeRecord>>();
      if (row == wanted.end()) row = wanted.begin();
      if (row == wanted.end()) break;
      found.emplace(row->second->id, std::move(shown));
      wanted.erase(row);
    }
  }
  return std::optional(std::move(found));
}

Result<std::optional<TimePoint>, ApiError> WriteJob::WhenMade(
    const std::map<OutboxId, MadeRecord>& found, const WriteTerms& terms) {
  const auto unseen = std::ranges::find_if(rows_, [&](const OutboxRow& row) {
    return MayBeMade(row) && NeedsFinding(row, terms) && !found.contains(row.id);
  });
  if (unseen == rows_.end()) return std::optional<TimePoint>();
  const std::string property = FoundBy(*unseen, terms)->property;
  const auto all = stream().source().records.Properties(object(), {});
  if (!all) return all.error();
  const auto listed = std::ranges::find(*all, property, &PropertyDefinition::name);
  if (listed != all->end()) return listed->created_at;
  const MirrorColumn* const column = FindColumn(terms.table, property);
  return column == nullptr ? std::nullopt : column->definition->created_at;
}

Result<std::map<RecordId, TargetNow>, ApiError> WriteJob::ReadTargets() {
  std::set<RecordId> ids;
  std::vector<std::string> names = {object().modified_property};
  for (const OutboxRow& row : rows_) {
    const RecordId id = RecordOf(row);
    if (id.value > 0 && !gone_.contains(id)) ids.insert(id);
    for (const WantedValue& wanted : row.values) names.push_back(wanted.property);
  }
  std::map<RecordId, TargetNow> by_asked;
  if (ids.empty()) return by_asked;
  const auto properties = std::make_shared<const PropertySet>(std::move(names));
  const auto page = stream().source().records.BatchRead(
      object(), {.ids = {ids.begin(), ids.end()}, .properties = properties});
  if (!page) return page.error();
  std::map<RecordId, TargetNow> by_id;
  for (const Record& record : page->records) {
    if (record.archived) continue;
    by_id[record.id] = TargetOf(record, *properties, object().modified_property);
  }
  for (const OutboxRow& row : rows_) {
    const auto found = by_id.find(RecordOf(row));
    if (found != by_id.end()) by_asked[row.record] = found->second;
  }
  for (const RecordId id : ids) {
    if (!by_id.contains(id)) missing_.push_back(id);
  }
  return by_asked;
}

std::set<RecordId> WriteJob::ShownHere(const std::vector<PlannedRow>& plans,
                                       const std::map<RecordId, TargetNow>& targets) {
  std::map<RecordId, TimePoint> modified;
  for (const auto& [asked, target] : targets) {
    if (target.modified) modified[target.id] = *target.modified;
  }
  std::vector<RecordId> equal;
  for (const PlannedRow& plan : plans) {
    if (plan.verdict == Verdict::kEqual && modified.contains(plan.record)) {
      equal.push_back(plan.record);
    }
  }
  std::set<RecordId> shown;
  if (equal.empty()) return shown;
  for (const StoredRecord& stored : stream().store().rows.Stored(object(), equal)) {
    const bool current = stored.modified && *stored.modified >= modified[stored.id];
    if (current && !stored.archived && !stored.merged && !stored.gone) shown.insert(stored.id);
  }
  return shown;
}

StepOutcome WriteJob::SendPlanned(Instant now, const std::vector<PlannedRow>& plans,
                                  const MirrorTable& table) {
  std::vector<OutboxClaim> claims;
  for (size_t i = 0; i < rows_.size(); ++i) {
    if (plans[i].verdict != Verdict::kSend) continue;
    claims.push_back({.id = rows_[i].id,
                      .attempts = rows_[i].attempts,
                      .record = plans[i].record,
                      .sent = plans[i].send,
                      .echoes = EchoesOf(rows_[i], plans[i], table)});
  }
  if (claims.empty()) return StepOutcome::More();
  const Instant leave_by = stream().clock().BootNow() + kClaimHolds;
  const auto sent_at = stream().SourceNow();
  if (!sent_at) return StepOutcome::More();
  Reach(CrashPoint::kWritePlanned);
  const std::vector<OutboxId> claimed = outbox_.Claim(object(), claims, *sent_at);
  Reach(CrashPoint::kWriteClaimed);
  std::vector<size_t> sent;
  std::vector<WriteInput> inputs;
  for (size_t i = 0; i < rows_.size(); ++i) {
    if (std::ranges::find(claimed, rows_[i].id) == claimed.end()) continue;
    sent.push_back(i);
    inputs.push_back({.id = plans[i].record,
                      .values = plans[i].send,
                      .trace_id = TraceId(rows_[i]),
                      .unique = plans[i].unique});
  }
  if (inputs.empty()) return StepOutcome::More();
  const WriteAnswer answer = target_.Write(rows_.front().op, object(), inputs, leave_by);
  std::vector<OutboxChange> changes;
  for (size_t i = 0; i < sent.size(); ++i) {
    const OutboxRow& row = rows_[sent[i]];
    changes.push_back(ChangeSent(row, plans[sent[i]], row.attempts + 1, answer.outcomes[i],
                                 answer.failure, terms_.give_up));
    if (changes.back().state != OutboxState::kWritten) continue;
    changes.back().echoes = EchoesOfAnswer(plans[sent[i]], answer.outcomes[i], table);
  }
  may_be_written_ = true;
  outbox_.Change(object(), changes);
  Reach(CrashPoint::kWriteTaken);
  return Ended(answer, now);
}

StepOutcome WriteJob::Ended(const WriteAnswer& answer, Instant now) {
  const auto inputs = answer.outcomes.size();
  const bool came_back = std::ranges::any_of(answer.outcomes, [](const WriteOutcome& outcome) {
    return outcome.fate == WriteOutcome::Fate::kReturned;
  });
  if (!answer.failure) {
    // A batch that HubSpot refuses is sent in halves until the row at fault stands alone.
    part_ = came_back ? std::max<size_t>(1, inputs / 2) : std::min(kWriteInputs, part_ * 2);
    return StepOutcome::More(static_cast<int64_t>(inputs));
  }
  phase_ = Phase::kPick;
  missing_.clear();
  if (answer.failure->kind == ApiErrorKind::kTooLarge) part_ = std::max<size_t>(1, inputs / 2);
  // Who may not write may still read.
  if (answer.failure->kind != ApiErrorKind::kForbidden) {
    return StepOutcome::Failed(*answer.failure);
  }
  return Blocked(*answer.failure, now);
}

StepOutcome WriteJob::Blocked(const ApiError& error, Instant now) {
  blocked_until_ = now + kBlockedProbe;
  stream().Log(LogLevel::kWarning, "write.blocked", "rows of the outbox wait: " + error.message);
  return Wait(false);
}

StepOutcome WriteJob::LookUp() {
  const RecordId id = missing_.back();
  const auto page =
      stream().source().records.BatchRead(object(), {.ids = {id}, .properties = IdOnly()});
  if (!page) {
    phase_ = Phase::kPick;
    missing_.clear();
    return StepOutcome::Failed(page.error());
  }
  // Asked for alone, a merged record is answered with its survivor (R15).
  const bool alone = page->records.size() == 1 && !page->records.front().archived;
  if (!alone) {
    gone_.insert(id);
    if (missing_archives_) {
      const auto bin = stream().source().records.BatchRead(
          object(), {.archived = true, .ids = {id}, .properties = IdOnly()});
      if (!bin && bin.error().kind != ApiErrorKind::kBadRequest) {
        phase_ = Phase::kPick;
        missing_.clear();
        return StepOutcome::Failed(bin.error());
      }
      if (bin && std::ranges::find(bin->records, id, &Record::id) != bin->records.end()) {
        archived_.insert(id);
      }
    }
  } else if (const RecordId survivor = page->records.front().id; survivor != id) {
    // One that was itself a survivor may have been merged since.
    for (auto& [asked, last] : survivors_) {
      if (last == id) last = survivor;
    }
    survivors_[id] = survivor;
  }
  missing_.pop_back();
  if (missing_.empty()) phase_ = Phase::kPick;
  return StepOutcome::More();
}

Result<Page, ApiError> WriteJob::ReadWritten(bool archived, const std::vector<RecordId>& asked,
                                             const TableShape& table) {
  auto page = stream().source().records.BatchRead(
      object(), {.archived = archived, .ids = asked, .properties = table.whole_set});
  if (!page && archived && page.error().kind == ApiErrorKind::kBadRequest) {
    return Page{.properties = table.whole_set};
  }
  return page;
}

StepOutcome WriteJob::ReadBack(Instant now, const TableShape& table) {
  phase_ = Phase::kPick;
  std::vector<WrittenRow> written = std::exchange(written_, {});
  const bool archived = written.front().op == WriteOp::kArchive;
  std::erase_if(written, [&](const WrittenRow& row) {
    return (row.op == WriteOp::kArchive) != archived || IsOfLinks(row.op);
  });
  std::set<RecordId> ids;
  for (const WrittenRow& row : written) ids.insert(row.record);
  const std::vector<RecordId> asked(ids.begin(), ids.end());
  const auto page = ReadWritten(archived, asked, table);
  if (!page) return StepOutcome::Failed(page.error());
  Commit commit{.object = object()};
  bool all = true;
  for (const WrittenRow& row : written) {
    OutboxChange done{.id = row.id,
                      .attempts = row.attempts,
                      .state = OutboxState::kDone,
                      .reason = row.reason,
                      .record = row.record};
    const auto shown = std::ranges::find(page->records, row.record, &Record::id);
    if (shown == page->records.end()) {
      const bool for_good = archived && ArchivesForGood(object());
      if (!for_good && ++not_shown_[row.id] < kMostReadsBack) {
        all = false;
        continue;
      }
      commit.pending.push_back({.id = row.record, .cause = PendingCause::kAbsent});
      if (!archived) {
        done.reason = "gone";
        done.message = "written, and archived or deleted before it could be read back";
      }
    } else if (row.updated_at && shown->updated_at && *shown->updated_at < *row.updated_at) {
      commit.pending.push_back(
          {.id = row.record, .cause = PendingCause::kNominated, .nominated = row.updated_at});
      all = false;
      continue;
    } else {
      done.differs = DifferencesOf(row.sent, ValuesOf(*shown, *page->properties), *table.table);
      if (!done.differs.empty()) done.reason = "differs";
    }
    not_shown_.erase(row.id);
    commit.outbox.push_back(std::move(done));
  }
  if (!page->records.empty()) commit.rows.push_back(stream().Map(*page, table, asked));
  if (!all) read_back_at_ = now + kReadBackAgain;
  const auto records = static_cast<int64_t>(commit.outbox.size());
  Reach(CrashPoint::kWriteShown);
  Write(std::move(commit));
  return StepOutcome::More(records);
}

}  // namespace hubmirror
