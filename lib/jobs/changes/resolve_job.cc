#include "jobs/changes/resolve_job.h"

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "base/check.h"
#include "base/finally.h"
#include "jobs/retry_policy.h"

namespace hubmirror {
namespace {

using namespace std::chrono_literals;

constexpr auto kLookWhilePending = 2s;
constexpr auto kLookWhenEmpty = 60s;
constexpr auto kNoWitnessWait = 5s;
constexpr auto kBrakeWait = 60s;
constexpr size_t kHeldBackMost = 10'000;
// What HubSpot does not tell of archived records it will not tell soon.
constexpr auto kRefusedWait = 1h;
// HubSpot may fail for one record for a while: it is set aside when it does so twice.
constexpr int kUnreadableProofs = 2;
constexpr auto kUnreadableWait = 10s;
// Of an archived record it does not say that it is archived: until it does, nobody knows.
constexpr int kArchivedProofs = 5;
// The index named a newer stamp than the record has, again and again: the index is wrong.
constexpr int kNominationTries = 12;
// So many records may be gone because a list is empty. More at once look like a fault of HubSpot or
// a permission that was taken away: who lives could not be asked about.
constexpr int64_t kLastRecordsMost = 10;

}  // namespace

void ResolveJob::LoadFrom(const StoredStream& stored) {
  const auto found = stored.progress.find(JobKind::kResolve);
  if (found == stored.progress.end()) return;
  cursor_ = ParseResolveCursor(found->second.cursor).value_or(ResolveCursor{});
}

void ResolveJob::Abandon() {
  phase_ = Phase::kTake;
  groups_.clear();
  batch_.clear();
  absent_.clear();
  unwitnessed_.clear();
  nobody_lives_ = witnessed_apart_ = false;
  gone_.clear();
  listed_.clear();
  found_.clear();
  commit_ = {};
  look_back_ = accepted_;
  MutexLock lock(mutex_);
  shown_phase_ = Phase::kTake;
}

std::optional<StepNeed> ResolveJob::NextStep(Instant) {
  MutexLock lock(mutex_);
  if (shown_phase_ == Phase::kTake) return StepNeed{.priority = Priority::kResolve};
  StepNeed need{.lane = Lane::kBurst, .priority = Priority::kResolve};
  const bool whole = shown_phase_ == Phase::kListed && shown_whole_;
  const TableShapePtr table = stream().table().Now();
  if (whole && table) need.cost = stream().source().records.ListCost(object(), *table->whole_set);
  return need;
}

StepOutcome ResolveJob::DoStep(Instant, const StepNeed&, const TableShapePtr& table) {
  const Finally done([this] {
    MutexLock lock(mutex_);
    shown_phase_ = phase_;
    shown_whole_ = !listed_.empty();
  });
  switch (phase_) {
    case Phase::kTake:
      return Take();
    case Phase::kLive:
      return ReadLive(*table);
    case Phase::kAnybody:
      return ReadAnybody();
    case Phase::kArchived:
      return ReadArchived(*table);
    case Phase::kListed:
      return listed_.empty() ? ReadListed() : ReadFromList(*table);
    case Phase::kProve:
      return Prove(*table);
  }
  return StepOutcome::Unused();
}

StepOutcome ResolveJob::Take() {
  const auto now = stream().SourceNow();
  if (!now) return StepOutcome::CaughtUp();
  now_ = *now;
  commit_ = {.object = object()};
  if (!groups_.empty()) {
    batch_ = std::move(groups_.front());
    groups_.pop_front();
    phase_ = Phase::kLive;
    return StepOutcome::More();
  }
  Tell([](StreamFacts& facts) { facts.pending_noted = false; });
  for (const RecordId id : stream().records().TakeRequests()) {
    groups_.push_back({{.id = id, .cause = PendingCause::kRequested}});
  }
  NoteAcceptance();
  if (std::exchange(look_back_, false)) TakeHeldBack();
  if (!groups_.empty()) return StepOutcome::More();
  TakeDue();
  if (batch_.empty() && groups_.empty()) {
    const PendingCounts pending = stream().store().rows.CountPending(object());
    Tell([&](StreamFacts& facts) { facts.pending = pending; });
    StepOutcome outcome = StepOutcome::CaughtUp();
    const bool soon = std::exchange(answers_again_, false) || pending.waiting > 0;
    outcome.next_in = soon ? kLookWhilePending : kLookWhenEmpty;
    return outcome;
  }
  if (!batch_.empty()) phase_ = Phase::kLive;
  return StepOutcome::More();
}

void ResolveJob::TakeHeldBack() {
  auto held = stream().store().rows.DuePending(object(), now_ + kBrakeWait, kHeldBackMost);
  std::erase_if(held, [](const PendingRecord& record) {
    return record.cause != PendingCause::kAbsent || !record.absent_since;
  });
  // One place is left for the witness: a token that lost a scope or a permission gets answers that
  // merely lack records, without any error (rule R13).
  constexpr size_t kGroup = kBatchReadSize - 1;
  for (size_t from = 0; from < held.size(); from += kGroup) {
    const auto begin = held.begin() + static_cast<std::ptrdiff_t>(from);
    const auto size = std::min(kGroup, held.size() - from);
    groups_.emplace_back(begin, begin + static_cast<std::ptrdiff_t>(size));
  }
}

void ResolveJob::TakeDue() {
  batch_ = stream().store().rows.DuePending(object(), now_, kBatchReadSize - 1);
  const auto alone = std::stable_partition(
      batch_.begin(), batch_.end(),
      [](const PendingRecord& record) { return record.cause != PendingCause::kUnreadable; });
  for (auto record = alone; record != batch_.end(); ++record) groups_.push_back({*record});
  batch_.erase(alone, batch_.end());
}

StepOutcome ResolveJob::Failed(const ApiError& error) {
  const PartSize::Next next = part_.Failed(error, batch_.size());
  if (next == PartSize::Next::kSame) return StepOutcome::Failed(error);
  witnessed_apart_ = false;
  commit_ = {.object = object()};
  absent_.clear();
  if (next == PartSize::Next::kAlone && phase_ == Phase::kArchived &&
      error.kind == ApiErrorKind::kBadRequest) {
    // It is not this one record that is refused where nothing archived was ever read.
    const bool all = !archived_answered_;
    if (all) archived_refused_at_ = now_;
    LeaveUnproved(batch_);
    return all ? StepOutcome::More() : StepOutcome::Failed(error);
  }
  if (next == PartSize::Next::kAlone) {
    proves_archived_ = phase_ == Phase::kArchived;
    failure_ = error.message;
    phase_ = Phase::kProve;
    return StepOutcome::Failed(error);
  }
  stream().AskForLess(kind(), part_.size(), error);
  const auto middle = batch_.begin() + static_cast<std::ptrdiff_t>(part_.size());
  groups_.emplace_front(middle, batch_.end());
  batch_.erase(middle, batch_.end());
  phase_ = Phase::kLive;
  return StepOutcome::Failed(error);
}

StepOutcome ResolveJob::Prove(const TableShape& table) {
  PendingRecord record = batch_.front();
  if (!proves_archived_) record.cause = PendingCause::kUnreadable;
  const auto witness = stream().store().rows.WitnessRecord(object(), /*archived=*/false);
  if (!witness || *witness == record.id) {
    PutOff(record, kBrakeWait);
    return CommitBatch();
  }
  const auto page = stream().source().records.BatchRead(
      object(), {.ids = {*witness}, .properties = table.whole_set});
  if (!page) {
    // All of HubSpot fails, or just this other record: another one is asked next time.
    PutOff(record, kBrakeWait);
    commit_.pending.push_back(
        {.id = *witness, .cause = PendingCause::kUnreadable, .not_before = now_ + kBrakeWait});
    CommitBatch();
    return StepOutcome::Failed(page.error());
  }
  now_ = page->times.date;
  if (!proves_archived_) {
    SetAside(record, "HubSpot does not show it: " + failure_);
  } else if (record.attempts < kArchivedProofs) {
    LookAgain(record, kUnreadableWait * (1 << record.attempts));
  } else {
    return LeaveUnproved(batch_);
  }
  return CommitBatch();
}

void ResolveJob::SetAside(PendingRecord record, const std::string& why) {
  record.cause = PendingCause::kUnreadable;
  if (record.attempts + 1 < kUnreadableProofs) return LookAgain(std::move(record), kUnreadableWait);
  stream().records().NoteUnreadable(record.id, record.nominated);
  commit_.unreadable.push_back({.id = record.id, .reason = why});
  commit_.settled.push_back({.id = record.id, .version = record.version});
}

Result<Attribution, ApiError> ResolveJob::Ask(bool archived,
                                              const std::vector<PendingRecord>& records,
                                              const TableShape& table) {
  BatchReadRequest request{.archived = archived, .properties = table.whole_set};
  for (const PendingRecord& record : records) request.ids.push_back(record.id);
  const bool apart = witnessed_apart_;
  std::optional<RecordId> witness;
  if (!apart) witness = stream().store().rows.WitnessRecord(object(), archived);
  if (witness && std::ranges::count(request.ids, *witness) > 0) witness.reset();
  Answer answer{.asked = request.ids,
                .witness = witness,
                // Among archived records there may be none to ask beside them.
                .silence_counts = witness.has_value() || archived || apart};
  if (witness) request.ids.push_back(*witness);
  const auto page = stream().source().records.BatchRead(object(), request);
  if (!page) return page.error();
  part_.Answered();
  now_ = page->times.date;
  // What is absent was so at the first of the two reads.
  if (!archived) sent_at_ = page->times.sent_at;
  answer.not_found = page->not_found;
  RowBatch rows = stream().Map(*page, table, request.ids);
  answer.results = rows.rows;
  if (std::ranges::any_of(answer.results, &Row::archived)) {
    Tell([](StreamFacts& facts) { facts.archived_shown = true; });
  }
  Attribution said = Attribute(answer);
  // It may stand for one of those who were asked. Asked without it, they either bring it up or are
  // not there; and that HubSpot shows such records has been seen.
  witnessed_apart_ = said.ask_apart;
  if (said.ask_apart) return said;
  said.witness_shown = said.witness_shown || apart;
  commit_.rows.push_back(std::move(rows));
  DropStrangers(commit_.rows.back(), request.ids);
  DoubtStrangers(said);
  if (!said.witness_answered) {
    // The witness itself is a suspect now. While it waits, the next read takes another one.
    commit_.pending.push_back(
        {.id = *witness, .cause = PendingCause::kAbsent, .not_before = now_ + 2 * kNoWitnessWait});
  }
  Shown(said, answer.results, answer.asked.size());
  return said;
}

void ResolveJob::DoubtStrangers(Attribution& said) {
  const auto& rows = commit_.rows.back().rows;
  std::vector<RecordId> strangers;
  for (const Attribution::Merge& merge : said.merged) {
    const bool shown = std::ranges::find(rows, merge.survivor, &Row::id) != rows.end();
    if (!shown) strangers.push_back(merge.survivor);
  }
  if (strangers.empty()) return;
  std::unordered_set<RecordId> doubtful(strangers.begin(), strangers.end());
  for (const StoredRecord& record : stream().store().rows.Stored(object(), strangers)) {
    if (!record.gone) doubtful.erase(record.id);
  }
  for (const RecordId id : strangers) {
    commit_.pending.push_back({.id = id, .cause = PendingCause::kNominated});
  }
  std::erase_if(said.merged, [&](const Attribution::Merge& merge) {
    if (!doubtful.contains(merge.survivor)) return false;
    said.unproved.push_back(merge.loser);
    return true;
  });
}

void ResolveJob::AskApart(const std::vector<RecordId>& unclear, bool all) {
  std::vector<PendingRecord> group;
  group.reserve(unclear.size());
  for (const RecordId id : unclear) group.push_back(Find(id));
  if (group.empty()) return;
  // Without those who were explained the answer may be plain; else halves find the few who are
  // meant in a handful of requests.
  if (all) {
    const auto middle = group.begin() + static_cast<std::ptrdiff_t>(group.size() / 2);
    groups_.emplace_back(middle, group.end());
    group.erase(middle, group.end());
  }
  groups_.push_back(std::move(group));
}

void ResolveJob::Shown(const Attribution& said, const std::vector<Row>& rows, size_t asked) {
  for (const RecordId id : said.shown) {
    const PendingRecord& record = Find(id);
    SettleShown(record, *std::ranges::find(rows, id, &Row::id));
  }
  for (const Attribution::Merge& merge : said.merged) {
    commit_.fates.push_back({.id = merge.loser,
                             .kind = Fate::Kind::kMerged,
                             .merged_into = merge.survivor,
                             .at = now_,
                             .sent_at = sent_at_});
    commit_.settled.push_back({.id = merge.loser, .version = Find(merge.loser).version});
    found_.emplace_back(merge.loser, FoundRecord::kMerged);
  }
  AskApart(said.unclear, said.unclear.size() == asked);
  for (const RecordId id : said.unproved) LookAgain(Find(id), kNoWitnessWait);
}

void ResolveJob::WaitForWitness(const PendingRecord& record) {
  // Where nothing lives there may be no witness for days.
  constexpr int kDoublingsMost = 10;
  const std::chrono::milliseconds wait =
      kNoWitnessWait * (1 << std::min(record.attempts, kDoublingsMost));
  LookAgain(record, std::min<std::chrono::milliseconds>(wait, stream().plan().confirm_after));
}

void ResolveJob::SettleShown(const PendingRecord& record, const Row& row) {
  const bool older = record.nominated && row.modified && *row.modified < *record.nominated;
  if (older && record.attempts < kNominationTries) {
    LookAgain(record, Backoff(record.attempts + 1, 0.5));
  } else {
    commit_.settled.push_back({.id = record.id, .version = record.version, .shown = row.modified});
  }
  found_.emplace_back(record.id, row.archived ? FoundRecord::kArchived : FoundRecord::kLive);
}

StepOutcome ResolveJob::ReadLive(const TableShape& table) {
  const auto said = Ask(false, batch_, table);
  if (!said) return Failed(said.error());
  if (said->ask_apart) return StepOutcome::More();
  absent_.clear();
  unwitnessed_.clear();
  nobody_lives_ = false;
  for (const RecordId id : said->absent) {
    absent_.push_back(Find(id));
    if (!said->witness_answered) unwitnessed_.insert(id);
  }
  // The archived side may show them all the same, and no witness is needed for what is shown.
  for (const RecordId id : said->unwitnessed) {
    absent_.push_back(Find(id));
    unwitnessed_.insert(id);
  }
  if (absent_.empty()) return CommitBatch();
  if (said->unwitnessed.empty()) return GoOnArchived();
  phase_ = Phase::kAnybody;
  return StepOutcome::More();
}

StepOutcome ResolveJob::ReadAnybody() {
  const auto page = stream().List({.after = std::nullopt, .properties = IdOnly()});
  nobody_lives_ = page && page->records.empty() && !page->next_after;
  StepOutcome outcome = GoOnArchived();
  return page ? outcome : StepOutcome::Failed(page.error());
}

StepOutcome ResolveJob::GoOnArchived() {
  // Whom a person asks for is asked for.
  const bool requested =
      std::ranges::find(batch_, PendingCause::kRequested, &PendingRecord::cause) != batch_.end();
  if (!requested && archived_refused_at_ && now_ - *archived_refused_at_ < kRefusedWait) {
    return LeaveUnproved(absent_);
  }
  phase_ = Phase::kArchived;
  return StepOutcome::More();
}

StepOutcome ResolveJob::ReadArchived(const TableShape& table) {
  const auto said = Ask(true, absent_, table);
  if (!said && said.error().kind == ApiErrorKind::kUnsupported) {
    archived_refused_at_ = now_;
    return LeaveUnproved(absent_);
  }
  if (!said) return Failed(said.error());
  archived_answered_ = true;
  answers_again_ = std::exchange(archived_refused_at_, std::nullopt).has_value() || answers_again_;
  if (said->ask_apart) return StepOutcome::More();
  BeginSweepCount();
  gone_.clear();
  for (const RecordId id : said->absent) {
    if (said->witness_answered && (nobody_lives_ || !unwitnessed_.contains(id))) {
      ConfirmGone(Find(id), said->witness_shown);
    } else {
      WaitForWitness(Find(id));
    }
  }
  if (gone_.empty()) return DecideGone();
  std::ranges::sort(gone_, {}, &PendingRecord::id);
  archived_list_ = false;
  looked_up_ = 0;
  phase_ = Phase::kListed;
  return StepOutcome::More();
}

StepOutcome ResolveJob::LeaveUnproved(const std::vector<PendingRecord>& records) {
  for (const PendingRecord& record : records) {
    if (!nobody_lives_ && unwitnessed_.contains(record.id)) {
      WaitForWitness(record);
      continue;
    }
    PendingRecord again = record;
    again.cause = PendingCause::kUnproved;
    // As long as the archived side is known to be refused, a look at the live one is all it takes.
    again.not_before = now_ + (archived_refused_at_ ? stream().plan().confirm_after : kRefusedWait);
    commit_.pending.push_back(again);
    found_.emplace_back(record.id, FoundRecord::kNowhere);
  }
  return CommitBatch();
}

void ResolveJob::NoteAcceptance() {
  const auto take = [](StreamFacts& facts) { return std::exchange(facts.accepted, false); };
  if (Tell(take)) accepted_ = look_back_ = true;
  if (accepted_) cursor_.accepted = true;
}

StepOutcome ResolveJob::DecideGone() {
  // An operator may have agreed since this batch was begun.
  NoteAcceptance();
  ApplyBrake();
  StepOutcome outcome = CommitBatch();
  accepted_ = false;
  return outcome;
}

StepOutcome ResolveJob::ReadListed() {
  if (looked_up_ == gone_.size()) {
    if (archived_list_ || !facts().has_archived_list || gone_.empty()) return DecideGone();
    archived_list_ = true;
    looked_up_ = 0;
  }
  // A list continues after an id: walks rely on that, and check it.
  const RecordId first = gone_[looked_up_].id;
  const auto page = stream().List({.archived = archived_list_,
                                   .after = std::to_string(first.value - 1),
                                   .properties = IdOnly()});
  if (!page && archived_list_ && page.error().kind == ApiErrorKind::kUnsupported) {
    looked_up_ = gone_.size();
    return StepOutcome::More();
  }
  // One without records says nothing of who is missing if there is more: it is asked again later.
  if (page && !(page->records.empty() && page->next_after)) return TakeInListed(*page, first);
  for (const PendingRecord& record : gone_) LookAgain(record, kBrakeWait);
  StepOutcome outcome = CommitBatch();
  return page ? outcome : StepOutcome::Failed(page.error());
}

StepOutcome ResolveJob::TakeInListed(const Page& page, RecordId first) {
  now_ = page.times.date;
  const auto& records = page.records;
  // Who is on a page is there, in whatever order it comes.
  for (size_t i = gone_.size(); i-- > 0;) {
    if (std::ranges::find(records, gone_[i].id, &Record::id) == records.end()) continue;
    listed_.push_back(gone_[i]);
    gone_.erase(gone_.begin() + static_cast<std::ptrdiff_t>(i));
    if (i < looked_up_) --looked_up_;
  }
  const bool in_order = std::ranges::is_sorted(records, {}, &Record::id) &&
                        (records.empty() || records.front().id >= RecordId{first.value - 1});
  const bool goes_on = !records.empty() && records.back().id >= first;
  if (!in_order || (page.next_after && !goes_on)) {
    // Such a list tells nothing about who is missing on it: that is for the walks to find.
    looked_up_ = gone_.size();
    return StepOutcome::More();
  }
  const auto passed = [&](const PendingRecord& record) {
    return !page.next_after || record.id <= records.back().id;
  };
  while (looked_up_ < gone_.size() && passed(gone_[looked_up_])) ++looked_up_;
  return StepOutcome::More();
}

StepOutcome ResolveJob::ReadFromList(const TableShape& table) {
  const PendingRecord record = listed_.front();
  listed_.pop_front();
  // Whether a list begins behind `after` or at it is not documented: one of the two is the record.
  auto answer = stream().List({.archived = archived_list_,
                               .after = std::to_string(record.id.value - 1),
                               .properties = table.whole_set,
                               .limit = 2});
  if (!answer) {
    // Without a token, or over a limit, HubSpot says nothing about the record.
    if (SizeMatters(answer.error())) {
      SetAside(record, "a list shows it and batch reads leave it out: " + answer.error().message);
    } else {
      LookAgain(record, kBrakeWait);
    }
    return StepOutcome::Failed(answer.error());
  }
  std::erase_if(answer->records, [&](const Record& other) { return other.id != record.id; });
  RowBatch rows = stream().Map(*answer, table);
  if (rows.rows.empty()) {
    SetAside(record, "a list shows it and batch reads leave it out");
  } else {
    stream().Distrust("unanswered", "batch reads leave out a record that a list shows");
    SettleShown(record, rows.rows.front());
    commit_.rows.push_back(std::move(rows));
  }
  return StepOutcome::More();
}

void ResolveJob::ConfirmGone(const PendingRecord& record, bool archived_witness) {
  found_.emplace_back(record.id, FoundRecord::kNowhere);
  const bool twice =
      record.absent_since && now_ - *record.absent_since >= stream().plan().confirm_after;
  const StreamFacts facts = this->facts();
  // An empty list alone says little: where a permission is missing, it is empty, too.
  const bool believed =
      !unwitnessed_.contains(record.id) || (archived_witness && facts.rows <= kLastRecordsMost);
  const bool proved = (facts.archived_shown && believed) || cursor_.accepted;
  if (twice && proved) {
    gone_.push_back(record);
    return;
  }
  PendingRecord again = record;
  if (!again.absent_since) again.absent_since = now_;
  again.not_before = (twice ? now_ : *again.absent_since) + stream().plan().confirm_after;
  if (twice) again.cause = PendingCause::kUnproved;
  commit_.pending.push_back(again);
}

void ResolveJob::BeginSweepCount() {
  const auto swept_at = facts().swept_at;
  const std::string sweep =
      swept_at ? std::to_string(swept_at->time_since_epoch().count()) : std::string();
  if (cursor_.sweep != sweep) cursor_ = {.sweep = sweep};
  NoteAcceptance();
}

void ResolveJob::ApplyBrake() {
  const int64_t rows = facts().rows;
  const int64_t limit = GoneLimit(rows);
  const PendingCounts pending = stream().store().rows.CountPending(object());
  const int64_t absent = std::max(pending.absent, static_cast<int64_t>(gone_.size()));
  const int64_t would_be_gone = cursor_.marked_gone + absent;
  const bool too_many = would_be_gone > limit && !cursor_.accepted;
  std::string why;
  if (too_many) {
    why = std::to_string(would_be_gone) + " of " + std::to_string(rows) +
          " records vanished, more than " + std::to_string(limit) +
          ": nothing is marked gone until `hubmirror resolve " + stream().key().portal + "/" +
          stream().key().object + " --accept`";
  }
  Tell([&](StreamFacts& facts) { facts.debts.mass_gone = why; });
  // Suspects not checked yet may be too many, too: they are checked first.
  const int64_t waiting = pending.waiting + pending.unproved;
  const bool undecided = cursor_.marked_gone + waiting > limit && waiting > absent;
  if (too_many || (undecided && !cursor_.accepted)) {
    const std::chrono::milliseconds wait = too_many ? kBrakeWait : kLookWhilePending;
    for (const PendingRecord& record : gone_) LookAgain(record, wait);
    gone_.clear();
    return;
  }
  for (const PendingRecord& record : gone_) {
    commit_.fates.push_back(
        {.id = record.id,
         .kind = object().holds_personal_data ? Fate::Kind::kErased : Fate::Kind::kPurged,
         .at = now_,
         .sent_at = sent_at_});
    commit_.settled.push_back({.id = record.id, .version = record.version});
  }
  cursor_.marked_gone += static_cast<int64_t>(gone_.size());
}

StepOutcome ResolveJob::CommitBatch() {
  commit_.object = object();
  commit_.progress[JobKind::kResolve] = {.cursor = ToText(cursor_), .last_complete_at = now_};
  const auto records = static_cast<int64_t>(batch_.size());
  Write(std::move(commit_));
  for (const auto& [id, found] : found_) stream().records().NoteFound(id, found);
  batch_.clear();
  absent_.clear();
  unwitnessed_.clear();
  nobody_lives_ = false;
  witnessed_apart_ = false;
  gone_.clear();
  listed_.clear();
  found_.clear();
  commit_ = {};
  phase_ = Phase::kTake;
  return StepOutcome::More(records);
}

void ResolveJob::LookAgain(PendingRecord record, std::chrono::milliseconds in) {
  ++record.attempts;
  PutOff(std::move(record), in);
}

void ResolveJob::PutOff(PendingRecord record, std::chrono::milliseconds in) {
  record.not_before = now_ + in;
  commit_.pending.push_back(std::move(record));
}

const PendingRecord& ResolveJob::Find(RecordId id) const {
  const auto found = std::ranges::find(batch_, id, &PendingRecord::id);
  CHECK_THAT(found != batch_.end());
  return *found;
}

}  // namespace hubmirror
