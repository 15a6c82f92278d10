#include "jobs/changes/changes_job.h"

#include <algorithm>

#include "base/finally.h"
#include "base/time_text.h"
#include "jobs/resolve_plan.h"

namespace hubmirror {
namespace {

using namespace std::chrono_literals;

// Quiet polls write nothing; their progress is saved this often.
constexpr auto kSaveEvery = 30s;
// Search serves 10,000 results and five requests a second, a list page has 100 records
// (https://developers.hubspot.com/docs/guides/api/crm/search): below this many records a walk is
// never worth it.
constexpr int64_t kFewRecords = 2000;
// A search that is in disorder for good must not keep the list walked without an end.
constexpr auto kSweepForSearchEvery = 1h;
// Parts of a window that cannot be believed before the whole window is not.
constexpr int kBrokenPartsMost = 3;

// By far more than a `Date` that is believed can be wrong.
constexpr auto kBeforeLoad = 10min;

RecordId IdOf(const Nomination& nomination) {
  return nomination.id;
}

}  // namespace

std::optional<TimePoint> ChangesJob::watermark() const {
  MutexLock lock(mutex_);
  return watermark_;
}

void ChangesJob::LoadFrom(const StoredStream& stored) {
  const auto found = stored.progress.find(JobKind::kChanges);
  if (found == stored.progress.end()) return;
  cursor_ = ParseChangesCursor(found->second.cursor);
  if (cursor_) Tell([&](StreamFacts& facts) { facts.changes_from = cursor_->followed_to; });
  last_complete_at_ = found->second.last_complete_at;
  MutexLock lock(mutex_);
  watermark_ = found->second.watermark;
}

void ChangesJob::Abandon() {
  cursor_.reset();
  answer_.reset();
  unread_.clear();
  tally_.reset();
  short_.reset();
  proving_ = false;
  proved_.reset();
  first_date_.reset();
  broken_parts_ = 0;
  commit_ = {};
  records_ = 0;
  MutexLock lock(mutex_);
  reading_ = false;
}

std::optional<StepNeed> ChangesJob::NextStep(Instant) {
  // The first sweep says where changes begin.
  if (!facts().changes_from) return std::nullopt;
  MutexLock lock(mutex_);
  if (!reading_ && !stream().searchable()) return StepNeed{.priority = Priority::kChanges};
  return StepNeed{.lane = reading_ ? Lane::kBurst : Lane::kSearch, .priority = Priority::kChanges};
}

StepOutcome ChangesJob::DoStep(Instant, const StepNeed&, const TableShapePtr& table) {
  const Finally done([this] {
    MutexLock lock(mutex_);
    reading_ = !unread_.empty();
  });
  if (!unread_.empty()) return Read(*table);
  if (short_) return CountLeavers();
  if (proving_) return Prove();
  return stream().searchable() ? Search() : FollowWalks();
}

StepOutcome ChangesJob::FollowWalks() {
  const auto walked = facts().walked_until;
  if (!walked || walked == watermark()) return StepOutcome::CaughtUp();
  // Should search answer one day after all, it begins where the walks have led.
  cursor_ = ChangesCursor{.followed_to = *walked};
  first_date_.reset();
  broken_parts_ = 0;
  Commit commit{.object = object()};
  commit.progress[JobKind::kChanges] = {
      .cursor = ToText(*cursor_), .watermark = walked, .last_complete_at = walked};
  Write(std::move(commit));
  MutexLock lock(mutex_);
  watermark_ = walked;
  return StepOutcome::CaughtUp();
}

StepOutcome ChangesJob::Search() {
  if (!cursor_) cursor_ = ChangesCursor{.followed_to = *facts().changes_from};
  if (!first_date_) {
    const TimePoint now = stream().SourceNow().value_or(cursor_->followed_to);
    LeaveFuture(now);
    followed_before_ = cursor_->followed_to;
    cursor_ = OpenWindow(
        *cursor_,
        {.overlap = stream().plan().overlap, .deep_overlap = stream().plan().deep_overlap}, now);
  }
  SearchRequest request = NextSearch(*cursor_);
  request.limit = search_part_.size();
  const auto answer = stream().Search(request);
  if (!answer) return SearchFailed(request.limit, answer.error());
  if (!first_date_) first_date_ = answer->times.date;
  if (TooMuch(*answer)) {
    return HandOverToSweep(
        answer->times.date,
        "more than a fifth of the records changed: the whole list is walked instead");
  }
  if (const auto broken = FindBrokenPromise(*answer, cursor_->last)) {
    return Disbelieve(*answer, *broken);
  }
  stream().NoteSearch(answer);
  search_part_.Answered();
  proved_.reset();
  if (!cursor_->last) tally_ = Tally{.total = answer->total};
  if (tally_) tally_->seen += static_cast<int64_t>(answer->nominations.size());
  if (!answer->more && cursor_->last && tally_ && tally_->seen < tally_->total) {
    short_ = *answer;
    return StepOutcome::More();
  }
  return TakeIn(*answer);
}

StepOutcome ChangesJob::SearchFailed(size_t asked, const ApiError& error) {
  stream().NoteSearch(error);
  if (IsSearchRefusal(error)) return StepOutcome::Failed(error);
  switch (search_part_.Failed(error, asked)) {
    case PartSize::Next::kSame:
      break;
    case PartSize::Next::kSmaller:
      stream().AskForLess(kind(), search_part_.size(), error);
      break;
    case PartSize::Next::kAlone:
      if (const auto proved = std::exchange(proved_, std::nullopt)) {
        return Disbelieve({.times = *proved},
                          {"unanswered", "HubSpot does not answer a search for what changed (" +
                                             error.message + "), and answers another"});
      }
      proving_ = true;
      break;
  }
  return StepOutcome::Failed(error);
}

StepOutcome ChangesJob::Prove() {
  proving_ = false;
  const auto other = stream().Search({.newest_first = true, .limit = 1});
  if (!other) return StepOutcome::Failed(other.error());
  if (!first_date_) first_date_ = other->times.date;
  proved_ = other->times;
  return StepOutcome::More();
}

StepOutcome ChangesJob::CountLeavers() {
  // Who left a window since it was begun did so by a newer stamp.
  const auto since = stream().Search({.modified_from = *first_date_, .limit = 1});
  if (!since) return StepOutcome::Failed(since.error());
  const int64_t missing = tally_->total - tally_->seen;
  SearchAnswer answer = *std::exchange(short_, std::nullopt);
  if (missing <= since->total) return TakeIn(std::move(answer));
  return Disbelieve(std::move(answer),
                    {"total", "a search counted " + std::to_string(tally_->total) +
                                  " records and showed " + std::to_string(tally_->seen)});
}

StepOutcome ChangesJob::Disbelieve(SearchAnswer answer, const BrokenPromise& broken) {
  stream().Distrust(broken.promise, broken.how);
  tally_.reset();
  if (const auto smaller = SmallerPart(*cursor_, *first_date_)) {
    cursor_ = *smaller;
    return StepOutcome::More();
  }
  WantSweepFor(broken);
  if (++broken_parts_ < kBrokenPartsMost) {
    answer.more = false;
    return TakeIn(std::move(answer));
  }
  // The same as no search at all, in the end.
  stream().NoteSearch(ApiError{.kind = ApiErrorKind::kBadRequest, .message = broken.how});
  return HandOverToSweep(*first_date_, "");
}

void ChangesJob::WantSweepFor(const BrokenPromise& broken) {
  const Instant now = stream().clock().Now();
  if (sweep_wanted_at_ && now - *sweep_wanted_at_ < kSweepForSearchEvery) return;
  sweep_wanted_at_ = now;
  stream().OweSweep(broken.how + ": the whole list is walked instead");
}

StepOutcome ChangesJob::TakeIn(SearchAnswer answer) {
  commit_ = {.object = object()};
  const auto unread = Unread(answer);
  answer_ = std::move(answer);
  unread_.assign(unread.begin(), unread.end());
  if (!unread_.empty()) return StepOutcome::More();
  return CommitAnswer(*answer_);
}

bool ChangesJob::TooMuch(const SearchAnswer& answer) const {
  const int64_t rows = facts().rows;
  if (cursor_->last || !facts().loaded() || answer.total <= kFewRecords ||
      answer.total <= rows / 5) {
    return false;
  }
  // A look back meets what was followed, or swept, before: that costs nothing but searches.
  return 2 * CountNewer(answer) > answer.nominations.size();
}

size_t ChangesJob::CountNewer(const SearchAnswer& answer) const {
  const auto stored = StoredOf(answer);
  return static_cast<size_t>(std::ranges::count_if(
      answer.nominations,
      [&](const Nomination& nomination) { return IsNewer(nomination, stored); }));
}

StepOutcome ChangesJob::HandOverToSweep(TimePoint date, const std::string& why) {
  if (!why.empty()) stream().OweSweep(why);
  cursor_ = ChangesCursor{.followed_to = date, .looked_deep = cursor_->looked_deep};
  Commit commit{.object = object()};
  commit.progress[JobKind::kChanges] = {
      .cursor = ToText(*cursor_), .watermark = watermark(), .last_complete_at = last_complete_at_};
  Write(std::move(commit));
  first_date_.reset();
  broken_parts_ = 0;
  return StepOutcome::CaughtUp();
}

void ChangesJob::LeaveFuture(TimePoint now) {
  const TimePoint end = std::max(cursor_->followed_to, cursor_->until.value_or(TimePoint{}));
  if (!LiesAhead(end, now)) return;
  stream().OweSweep("changes were followed up to " + FormatRfc3339(end) +
                    ", which HubSpot's clock has not reached: the whole list is walked instead");
  cursor_ = ChangesCursor{.followed_to = now};
  MutexLock lock(mutex_);
  watermark_.reset();
}

ChangesJob::StoredById ChangesJob::StoredOf(const SearchAnswer& answer) const {
  std::vector<RecordId> ids;
  std::transform(answer.nominations.begin(), answer.nominations.end(), std::back_inserter(ids),
                 IdOf);
  StoredById stored;
  if (!ids.empty()) {
    for (const StoredRecord& record : stream().store().rows.Stored(object(), ids)) {
      stored.emplace(record.id, record);
    }
  }
  return stored;
}

bool ChangesJob::IsNewer(const Nomination& nomination, const StoredById& stored) {
  const auto found = stored.find(nomination.id);
  return found == stored.end() || !found->second.modified || !nomination.modified ||
         *found->second.modified < *nomination.modified;
}

// What nobody has met yet and was there when the first load began is still before it.
bool ChangesJob::IsLeftToLoad(const Nomination& nomination, const StoredById& stored) const {
  const StreamFacts known = facts();
  return !known.loaded() && known.debts.load_began && nomination.modified &&
         !stored.contains(nomination.id) &&
         *nomination.modified < *known.debts.load_began - kBeforeLoad;
}

std::vector<Nomination> ChangesJob::Unread(const SearchAnswer& answer) {
  const StoredById stored = StoredOf(answer);
  std::vector<Nomination> unread;
  for (const Nomination& nomination : answer.nominations) {
    if (!IsNewer(nomination, stored) || IsLeftToLoad(nomination, stored)) continue;
    const auto unreadable = stream().records().UnreadableNow(nomination);
    if (unreadable == NotedRecords::Unreadable::kTryAgain) LeaveUnreadable(nomination);
    if (unreadable != NotedRecords::Unreadable::kNo) continue;
    unread.push_back(nomination);
    if (nomination.modified && followed_before_ && facts().loaded() &&
        *nomination.modified < *followed_before_) {
      stream().observer().OnLateFind(stream().key(), *first_date_ - *nomination.modified);
    }
  }
  return unread;
}

StepOutcome ChangesJob::Read(const TableShape& table) {
  std::vector<Nomination> asked;
  BatchReadRequest request{.properties = table.whole_set};
  for (size_t i = 0; i < unread_.size() && i < part_.size(); ++i) {
    asked.push_back(unread_[i]);
    request.ids.push_back(unread_[i].id);
  }
  const auto page = stream().source().records.BatchRead(object(), request);
  if (!page) return ReadFailed(asked.size(), page.error());

  part_.Answered();
  unread_.erase(unread_.begin(), unread_.begin() + static_cast<std::ptrdiff_t>(asked.size()));
  commit_.rows.push_back(stream().Map(*page, table, request.ids));
  // Records without an answer are left to resolve, which finds out what became of them.
  DropStrangers(commit_.rows.back(), request.ids);
  records_ += static_cast<int64_t>(page->records.size());
  Settle(*page, asked);
  if (!unread_.empty()) return StepOutcome::More(static_cast<int64_t>(page->records.size()));
  return CommitAnswer(*answer_);
}

StepOutcome ChangesJob::ReadFailed(size_t asked, const ApiError& error) {
  switch (part_.Failed(error, asked)) {
    case PartSize::Next::kSame:
      break;
    case PartSize::Next::kSmaller:
      stream().AskForLess(kind(), part_.size(), error);
      break;
    case PartSize::Next::kAlone:
      LeaveUnreadable(unread_.front());
      unread_.erase(unread_.begin());
      return unread_.empty() ? CommitAnswer(*answer_) : StepOutcome::More();
  }
  return StepOutcome::Failed(error);
}

void ChangesJob::LeaveUnreadable(const Nomination& nomination) {
  commit_.pending.push_back(
      {.id = nomination.id, .cause = PendingCause::kUnreadable, .nominated = nomination.modified});
}

void ChangesJob::Settle(const Page& page, const std::vector<Nomination>& asked) {
  std::unordered_map<RecordId, std::optional<TimePoint>> shown;
  for (const Row& row : commit_.rows.back().rows) shown.emplace(row.id, row.modified);
  for (const Nomination& nomination : asked) {
    const auto found = shown.find(nomination.id);
    const bool confirmed = found != shown.end() && (!nomination.modified || !found->second ||
                                                    *found->second >= *nomination.modified);
    if (confirmed) {
      commit_.settled.push_back({.id = nomination.id, .shown = found->second});
    } else {
      // Not there, merged away, or older than the index said: it is checked on its own.
      commit_.pending.push_back({.id = nomination.id,
                                 .cause = PendingCause::kNominated,
                                 .nominated = nomination.modified,
                                 .not_before = page.times.date});
    }
  }
}

StepOutcome ChangesJob::CommitAnswer(const SearchAnswer& answer) {
  const bool ends = EndsWindow(*cursor_, answer);
  const ChangesCursor next = PastAnswer(*cursor_, answer, *first_date_);
  const bool wrote = !commit_.rows.empty() || !commit_.pending.empty();
  // What a sweep has yet to read is not in the table, whatever search shows.
  const bool owed = !facts().sweep_owed().empty();
  const auto verified = ends && !owed ? std::optional(next.followed_to) : watermark();
  if (ends) last_complete_at_ = next.followed_to;
  const Instant now = stream().clock().Now();
  if (wrote || !ends || now - saved_at_ >= kSaveEvery) {
    commit_.object = object();
    commit_.progress[JobKind::kChanges] = {
        .cursor = ToText(next), .watermark = verified, .last_complete_at = last_complete_at_};
    Write(std::move(commit_));
    saved_at_ = now;
  }
  cursor_ = next;
  commit_ = {};
  answer_.reset();
  if (!ends) return StepOutcome::More();

  first_date_.reset();
  broken_parts_ = 0;
  {
    MutexLock lock(mutex_);
    watermark_ = verified;
  }
  return StepOutcome::CaughtUp(std::exchange(records_, 0));
}

}  // namespace hubmirror
