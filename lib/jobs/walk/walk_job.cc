#include "jobs/walk/walk_job.h"

#include <algorithm>
#include <unordered_set>

#include "base/finally.h"
#include "jobs/changes/changes_cursor.h"

namespace hubmirror {
namespace {

using namespace std::chrono_literals;

constexpr Duration kSeekAgain = 10s;

ProvenRange RangeOf(const WalkRanges::Proof& proof, const Page& page, bool archived) {
  ProvenRange range{.from = RecordId{proof.from},
                    .to = RecordId{proof.to},
                    .sent_at = page.times.sent_at,
                    .archived_list = archived};
  range.present.reserve(page.records.size());
  for (const Record& record : page.records) range.present.push_back(record.id);
  return range;
}

std::vector<RecordId> IdsOf(const Page& page) {
  std::vector<RecordId> ids;
  for (const Record& record : page.records) ids.push_back(record.id);
  return ids;
}

}  // namespace

WalkJob::WalkJob(std::shared_ptr<StreamContext> stream, Options options)
    : StreamJob(std::move(stream)), options_(options) {}

JobKind WalkJob::kind() const {
  return options_.archived ? JobKind::kArchived : JobKind::kSweep;
}

bool WalkJob::urgent() const {
  return options_.archived ? facts().archived_wanted() : facts().sweep_wanted();
}

void WalkJob::LoadFrom(const StoredStream& stored) {
  // What is stored already is not to be seeded.
  if (const auto changes = stored.progress.find(JobKind::kChanges);
      changes != stored.progress.end()) {
    if (const auto cursor = ParseChangesCursor(changes->second.cursor)) {
      Tell([&](StreamFacts& facts) { facts.changes_from = cursor->followed_to; });
    }
  }
  MutexLock lock(mutex_);
  const auto found = stored.progress.find(kind());
  if (found == stored.progress.end()) {
    last_complete_at_.reset();
    return;
  }
  last_complete_at_ = found->second.last_complete_at;
  auto cursor = ParseWalkCursor(found->second.cursor);
  // A walk without order lives in its table of seen ids; it begins again.
  if (cursor && cursor->ordered && !cursor->ranges.empty()) stored_ = std::move(*cursor);
}

void WalkJob::Restart() {
  if (facts().loaded()) StreamJob::Restart();
}

void WalkJob::Abandon() {
  if (options_.archived) {
    Tell([](StreamFacts& facts) { facts.archived_serves = facts.debts.archived.served; });
  }
  MutexLock lock(mutex_);
  ++generation_;
  buffer_.Clear();
  phase_ = Phase::kIdle;
  ranges_.reset();
  table_.reset();
  stored_ = {};
}

bool WalkJob::IsAlone(Action action) {
  return action == Action::kBegin || action == Action::kFlush || action == Action::kAnalyze;
}

WalkJob::Action WalkJob::Choose(Instant now) const {
  if (phase_ == Phase::kIdle) return busy_ ? Action::kNone : Action::kBegin;
  if (phase_ == Phase::kAnalyzing) return busy_ ? Action::kNone : Action::kAnalyze;
  const bool full = buffer_.records() >= options_.flush_records ||
                    buffer_.bytes() >= stream().store().flush_bytes;
  const bool old = buffer_.oldest() && now - *buffer_.oldest() >= options_.flush_after;
  if (!busy_ && (full || old || ranges_->done())) return Action::kFlush;
  // Twice the size of a transaction may wait while one is being written; then reading pauses.
  if (full && (buffer_.records() >= 2 * options_.flush_records ||
               buffer_.bytes() >= 2 * stream().store().flush_bytes)) {
    return Action::kNone;
  }
  return ranges_->can_take() ? Action::kRead : Action::kNone;
}

bool WalkJob::WantsSeam(Instant now) const {
  return phase_ == Phase::kWalking && !seeking_ && now >= seek_from_ && ranges_->WantsSeam();
}

std::optional<StepNeed> WalkJob::NextBeside(Instant now) {
  const Priority priority = PriorityNow();
  MutexLock lock(mutex_);
  if (!WantsSeam(now)) return std::nullopt;
  return NeedOf(Action::kSeek, priority);
}

Priority WalkJob::PriorityNow() const {
  if (options_.archived) return Priority::kArchived;
  if (!facts().loaded() || facts().sweep_wanted() || !facts().sweep_owed().empty())
    return Priority::kFirstLoad;
  return stream().searchable() ? Priority::kSweep : Priority::kArchived;
}

bool WalkJob::CanSeek() const {
  return !options_.archived && stream().searchable();
}

bool WalkJob::AsksForTime() const {
  return CanSeek() && !stream().SourceNow();
}

std::optional<StepNeed> WalkJob::NextStep(Instant now) {
  const Priority priority = PriorityNow();
  MutexLock lock(mutex_);
  const Action action = Choose(now);
  if (action == Action::kNone) return std::nullopt;
  return NeedOf(action, priority);
}

StepNeed WalkJob::NeedOf(Action action, Priority priority) const {
  StepNeed need{.priority = priority};
  if ((action == Action::kBegin && AsksForTime()) || action == Action::kSeek) {
    need.lane = Lane::kSearch;
  }
  if (action == Action::kRead) {
    need.lane = Lane::kBurst;
    need.cost = stream().source().records.ListCost(object(), *table_->whole_set);
  }
  return need;
}

StepOutcome WalkJob::DoStep(Instant now, const StepNeed& granted, const TableShapePtr& table) {
  Action action;
  StepNeed need;
  {
    MutexLock lock(mutex_);
    const bool beside = granted.lane == Lane::kSearch && phase_ == Phase::kWalking;
    action = beside ? (WantsSeam(now) ? Action::kSeek : Action::kNone) : Choose(now);
    need = NeedOf(action, granted.priority);
    if (!granted.Covers(need)) return StepOutcome::Unused();
    if (IsAlone(action)) busy_ = true;
    if (action == Action::kSeek) seeking_ = true;
  }
  // Whatever way the step ends, the next one may do the same again.
  const Finally done([this, action] {
    MutexLock lock(mutex_);
    if (IsAlone(action)) busy_ = false;
    if (action == Action::kSeek) seeking_ = false;
  });
  switch (action) {
    case Action::kNone:
      return StepOutcome::Unused();
    case Action::kBegin:
      return Begin(table, need.lane.has_value());
    case Action::kRead:
      return Read();
    case Action::kSeek:
      return Seek(now);
    case Action::kFlush:
      return Flush();
    case Action::kAnalyze:
      return Analyze();
  }
  return StepOutcome::Unused();
}

StepOutcome WalkJob::Begin(const TableShapePtr& table, bool by_search) {
  WalkCursor cursor;
  uint64_t generation = 0;
  {
    MutexLock lock(mutex_);
    cursor = stored_;
    generation = generation_;
  }
  const StreamDebts debts = facts().debts;
  const int64_t wanted = options_.archived ? debts.archived.wanted : debts.sweeps.wanted;
  // What is wanted since the walk began only one that begins now can give. A first load goes on.
  const bool passed = cursor.serves < wanted && (options_.archived || facts().loaded());
  const bool resumed = !cursor.ranges.empty() && !passed;
  if (!resumed) cursor = {.serves = wanted};
  std::optional<TimePoint> date = stream().SourceNow();
  if (!options_.archived) cursor.records_expected = std::max(facts().rows, cursor.records_done);
  if (by_search) {
    const auto answer = stream().Search({.newest_first = true, .limit = 1});
    stream().NoteSearch(answer);
    if (answer) {
      date = answer->times.date;
      cursor.records_expected = std::max(answer->total, cursor.records_done);
    } else if (!IsSearchRefusal(answer.error())) {
      return StepOutcome::Failed(answer.error());
    }
  }
  if (!resumed) cursor.ranges = {WalkRange{}};

  if (!options_.archived && date) {
    Tell([&](StreamFacts& facts) {
      if (!facts.debts.load_began) facts.debts.load_began = date;
    });
    Commit commit{.object = object()};
    const auto seed = SeedChanges(*date, commit);
    commit.progress[kind()] = {.cursor = ToText(cursor),
                               .rows_done = cursor.records_done,
                               .rows_expected = cursor.records_expected};
    {
      MutexLock lock(mutex_);
      commit.progress[kind()].last_complete_at = last_complete_at_;
    }
    Write(std::move(commit));
    Tell([&](StreamFacts& facts) {
      if (seed) facts.changes_from = seed;
      facts.sweep_serves = cursor.serves;
    });
  }
  // Before the set to ask for is taken: the newest, if the table was not dropped meanwhile.
  if (options_.archived) {
    Tell([&](StreamFacts& facts) { facts.archived_serves = cursor.serves; });
  }
  const TableShapePtr newest = stream().table().Now();
  MutexLock lock(mutex_);
  if (generation != generation_) return StepOutcome::More();
  BeginWalk(std::move(cursor), newest ? newest : table);
  began_ = date.value_or(TimePoint{});
  last_date_ = began_;
  whole_since_ = resumed ? std::nullopt : date;
  return StepOutcome::More();
}

std::optional<TimePoint> WalkJob::SeedChanges(TimePoint date, Commit& commit) const {
  if (facts().changes_from) return std::nullopt;
  const TimePoint from = date - stream().plan().deep_overlap;
  commit.progress[JobKind::kChanges] = {.cursor = ToText(ChangesCursor{.followed_to = from})};
  return from;
}

void WalkJob::BeginWalk(WalkCursor cursor, TableShapePtr table) {
  ++generation_;
  table_ = std::move(table);
  ranges_.emplace(std::move(cursor), CanSeek() ? options_.readers_max : 1);
  buffer_.Clear();
  parts_.clear();
  places_.Clear();
  pages_ = 0;
  phase_ = Phase::kWalking;
}

StepOutcome WalkJob::Read() {
  Reading reading;
  ListRequest request;
  {
    MutexLock lock(mutex_);
    if (phase_ != Phase::kWalking) return StepOutcome::Unused();
    const auto range = ranges_->Take();
    if (!range) return StepOutcome::Unused();
    reading = {.range = *range,
               .generation = generation_,
               .table = table_,
               .naming = parts_[*range].naming()};
    request = RequestOf(*range);
    reading.limit = request.limit;
  }
  auto page = stream().List(request);
  if (!page) {
    const bool unsupported = page.error().kind == ApiErrorKind::kUnsupported;
    if (options_.archived && unsupported) return GiveUp(page.error());
    return Failed(reading, page.error());
  }
  if (options_.archived) {
    Tell([shown = !page->records.empty()](StreamFacts& facts) {
      facts.has_archived_list = true;
      if (shown) facts.archived_shown = true;
    });
  }
  return TakeIn(reading, std::move(*page));
}

StepOutcome WalkJob::Seek(Instant now) {
  WalkRanges::Seam seam;
  uint64_t generation = 0;
  {
    MutexLock lock(mutex_);
    const auto wanted = phase_ == Phase::kWalking ? ranges_->WantsSeam() : std::nullopt;
    if (!wanted) return StepOutcome::Unused();
    seam = *wanted;
    generation = generation_;
  }
  SearchRequest request{.skip = seam.skip, .limit = 1};
  if (seam.above > 0) request.id_above = RecordId{seam.above};
  if (seam.below) request.id_below = RecordId{*seam.below};
  const auto answer = stream().Search(request);
  stream().NoteSearch(answer);
  MutexLock lock(mutex_);
  if (generation != generation_) return StepOutcome::More();
  if (!answer) {
    // The list goes on without it, by as many readers as there are.
    seek_from_ = now + kSeekAgain;
    return StepOutcome::More();
  }
  const auto& found = answer->nominations;
  ranges_->Split(seam, answer->total,
                 found.empty() ? std::nullopt : std::optional(found.front().id.value));
  return StepOutcome::More();
}

StepOutcome WalkJob::GiveUp(const ApiError& refusal) {
  Abandon();
  const bool is_news = Tell([](StreamFacts& facts) {
    // Whoever wants the walk would wait for ever.
    facts.debts.archived.served = facts.debts.archived.wanted;
    return std::exchange(facts.has_archived_list, false);
  });
  if (is_news) {
    stream().Log(LogLevel::kNotice, "archived.unsupported",
                 refusal.message + ": archived records are found by the sweep");
  }
  return StepOutcome::CaughtUp();
}

ListRequest WalkJob::RequestOf(size_t range) const {
  ListRequest request{.archived = options_.archived, .properties = table_->whole_set};
  const std::string& after = ranges_->range(range).after;
  if (!after.empty()) request.after = after;
  parts_.at(range).Shape(request);
  return request;
}

StepOutcome WalkJob::Failed(const Reading& reading, const ApiError& error) {
  bool smaller = false;
  {
    MutexLock lock(mutex_);
    if (reading.generation == generation_ && ranges_) {
      ranges_->Release(reading.range);
      smaller = parts_[reading.range].Failed(error, reading.limit);
    }
  }
  if (smaller) stream().AskForLess(kind(), reading.limit / 2, error);
  return StepOutcome::Failed(error);
}

bool WalkJob::MovesOn(const Reading& reading, Page& page) {
  ListPlaces::Lead lead = ListPlaces::Lead::kOn;
  {
    MutexLock lock(mutex_);
    if (reading.generation != generation_) return true;
    lead = places_.Check(page, ranges_->range(reading.range).after, ranges_->Cursor().ordered);
    if (lead == ListPlaces::Lead::kNowhere) ranges_->Release(reading.range);
  }
  if (lead != ListPlaces::Lead::kOn) {
    stream().Distrust("cursor", "a list names the place of a page for its next one");
  }
  return lead != ListPlaces::Lead::kNowhere;
}

void WalkJob::LeaveUnread(const Reading& reading, const Page& page) {
  if (reading.naming) {
    for (const Record& record : page.records) {
      buffer_.Leave({.id = record.id, .cause = PendingCause::kUnreadable});
    }
  }
  parts_[reading.range].Answered();
  for (const RecordId id : page.not_found) {
    buffer_.Leave({.id = id, .cause = PendingCause::kAbsent});
  }
}

StepOutcome WalkJob::TakeIn(const Reading& reading, Page page) {
  if (!MovesOn(reading, page)) {
    return StepOutcome::Failed(
        ApiError{.kind = ApiErrorKind::kDecode, .message = "the list's pages do not move on"});
  }
  const auto facts = FactsOf(page);
  bool unordered = false;
  bool in_order = true;
  {
    MutexLock lock(mutex_);
    if (reading.generation != generation_) return StepOutcome::More();
    unordered = !ranges_->Cursor().ordered;
    in_order = ranges_->InOrder(reading.range, facts);
  }
  if (!in_order && !unordered) {
    BeginUnordered();
    return StepOutcome::More();
  }
  RowBatch rows;
  if (!reading.naming) rows = stream().Map(page, *reading.table);
  if (unordered && !options_.archived) stream().store().rows.AddSeen(object(), IdsOf(page));
  MutexLock lock(mutex_);
  if (reading.generation != generation_) return StepOutcome::More();
  const auto proof = ranges_->Give(reading.range, facts);
  std::optional<ProvenRange> proven;
  if (proof && !unordered) proven = RangeOf(*proof, page, options_.archived);
  buffer_.Add(std::move(rows), std::move(proven), stream().clock().Now());
  LeaveUnread(reading, page);
  last_date_ = std::max(last_date_, page.times.date);
  ++pages_;
  return StepOutcome::More(facts.count);
}

void WalkJob::BeginUnordered() {
  stream().Distrust("order", "a list is not in ascending order of ids");
  stream().Log(LogLevel::kWarning, "walk.unordered",
               "the list is not in ascending order of ids; it is read in one piece and every id is "
               "noted, which is slower");
  if (!options_.archived) stream().store().rows.BeginSeen(object());
  MutexLock lock(mutex_);
  WalkCursor cursor = ranges_ ? ranges_->Cursor() : stored_;
  cursor.ranges = {WalkRange{}};
  cursor.records_done = 0;
  cursor.ordered = false;
  stored_ = {};
  const TableShapePtr newest = stream().table().Now();
  BeginWalk(std::move(cursor), newest ? newest : table_);
}

Commit WalkJob::Drain() {
  Commit commit{.object = object()};
  buffer_.DrainInto(commit);
  stored_ = ranges_->Cursor();
  commit.progress[kind()] = {.cursor = ToText(stored_),
                             .last_complete_at = last_complete_at_,
                             .rows_done = stored_.records_done,
                             .rows_expected = stored_.records_expected};
  if (ranges_->done()) {
    commit.progress[kind()].cursor.clear();
    commit.progress[kind()].last_complete_at = last_date_;
  }
  commit.loads = !last_complete_at_;
  return commit;
}

StepOutcome WalkJob::Flush() {
  Commit commit;
  bool last = false;
  int64_t serves = 0;
  {
    MutexLock lock(mutex_);
    if (phase_ != Phase::kWalking) return StepOutcome::Unused();
    last = ranges_->done();
    commit = Drain();
    serves = stored_.serves;
  }
  if (options_.archived) {
    commit.fills = serves > facts().debts.archived.served;
    LookBehindArchived(commit);
  }
  if (last) return Finish(std::move(commit));
  Write(std::move(commit));
  return StepOutcome::More();
}

void WalkJob::LookBehindArchived(Commit& commit) const {
  std::vector<RecordId> ids;
  for (const RowBatch& batch : commit.rows) {
    for (const Row& row : batch.rows) ids.push_back(row.id);
  }
  if (ids.empty()) return;
  std::unordered_set<RecordId> known;
  for (const StoredRecord& record : stream().store().rows.Stored(object(), ids)) {
    if (record.archived) known.insert(record.id);
  }
  for (const RecordId id : ids) {
    if (!known.contains(id)) commit.pending.push_back({.id = id, .cause = PendingCause::kAbsent});
  }
}

StepOutcome WalkJob::Finish(Commit last) {
  bool unordered = false;
  bool analyze = false;
  TimePoint began{};
  std::optional<TimePoint> whole_since;
  EndedWalk ended{.archived = options_.archived};
  {
    MutexLock lock(mutex_);
    unordered = !stored_.ordered;
    began = began_;
    whole_since = whole_since_;
    ended.serves = stored_.serves;
  }
  const TimePoint complete_at = *last.progress.at(kind()).last_complete_at;
  const bool shown = !options_.archived || last.progress.at(kind()).rows_done > 0;
  if ((last.loads || last.fills) && shown) last.loaded = object().name;
  if (unordered && !options_.archived) {
    // Before the walk is committed as ended: nobody would look for them afterwards.
    if (stream().store().rows.SuspectUnseen(object(), began) > 0) stream().facts().NotePending();
  }
  // Whoever is told that a table is loaded may read it by its views.
  if (!options_.archived && !facts().loaded()) stream().store().rows.Decorate(object());
  Write(std::move(last), ended);
  if (!options_.archived) {
    analyze = !facts().loaded();
    const int64_t rows = stream().store().rows.CountRows(object());
    Tell([&](StreamFacts& facts) {
      facts.CountedRows(rows);
      if (whole_since) facts.walked_until = whole_since;
      facts.swept_at = complete_at;
    });
    stream().Log(LogLevel::kInfo, "sweep.finished", std::to_string(rows) + " live records");
  }
  MutexLock lock(mutex_);
  ++generation_;
  phase_ = Phase::kIdle;
  ranges_.reset();
  table_.reset();
  parts_.clear();
  places_.Clear();
  stored_ = {};
  last_complete_at_ = complete_at;
  last_walk_pages_ = pages_;
  if (!analyze) return StepOutcome::CaughtUp();
  // In a step of its own: the table is complete, and nobody shall wait to be told.
  phase_ = Phase::kAnalyzing;
  return StepOutcome::More();
}

StepOutcome WalkJob::Analyze() {
  stream().store().rows.Analyze(object());
  MutexLock lock(mutex_);
  phase_ = Phase::kIdle;
  return StepOutcome::CaughtUp();
}

WalkJob::Progress WalkJob::progress() const {
  MutexLock lock(mutex_);
  if (!ranges_) return {};
  const WalkCursor cursor = ranges_->Cursor();
  return {.running = true, .done = cursor.records_done, .expected = cursor.records_expected};
}

int64_t WalkJob::last_cycle_requests() const {
  MutexLock lock(mutex_);
  return last_walk_pages_;
}

int64_t WalkJob::buffered_bytes() const {
  MutexLock lock(mutex_);
  return static_cast<int64_t>(buffer_.bytes());
}

}  // namespace hubmirror
