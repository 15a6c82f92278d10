#include "sync/changes_job.h"

#include <algorithm>
#include <unordered_map>

#include "base/time_text.h"

namespace hubmirror {
namespace {

using namespace std::chrono_literals;

// Quiet polls write nothing; their progress is saved this often.
constexpr auto kSaveEvery = 30s;
// Below this many records a full walk is never worth it.
constexpr int64_t kFewRecords = 2000;

RecordId IdOf(const Nomination& nomination) {
  return nomination.id;
}

}  // namespace

std::optional<TimePoint> ChangesJob::verified_until() const {
  MutexLock lock(mutex_);
  return verified_until_;
}

void ChangesJob::LoadFrom(const StoredStream& stored) {
  const auto found = stored.progress.find(JobKind::kChanges);
  if (found == stored.progress.end()) return;
  cursor_ = ParseChangesCursor(found->second.cursor);
  MutexLock lock(mutex_);
  verified_until_ = found->second.verified_until;
}

void ChangesJob::Abandon() {
  cursor_.reset();
  answer_.reset();
  unread_.clear();
  first_date_.reset();
  commit_ = {};
  records_ = 0;
  MutexLock lock(mutex_);
  reading_ = false;
}

std::optional<StepNeed> ChangesJob::NextStep(Instant) {
  // The first sweep says where changes begin.
  if (!stream().changes_from()) return std::nullopt;
  MutexLock lock(mutex_);
  if (!reading_ && !stream().searchable()) return StepNeed{.priority = Priority::kChanges};
  return StepNeed{.lane = reading_ ? Lane::kBurst : Lane::kSearch, .priority = Priority::kChanges};
}

StepOutcome ChangesJob::DoStep(Instant) {
  const std::shared_ptr<void> done(nullptr, [this](void*) {
    MutexLock lock(mutex_);
    reading_ = !unread_.empty();
  });
  if (!unread_.empty()) return Read();
  return stream().searchable() ? Search() : FollowWalks();
}

StepOutcome ChangesJob::FollowWalks() {
  const auto walked = stream().walked_until();
  if (!walked || walked == verified_until()) return StepOutcome::CaughtUp();
  // Should search answer one day after all, it begins where the walks have led.
  cursor_ = ChangesCursor{.followed_to = *walked};
  first_date_.reset();
  Commit commit{.object = object()};
  commit.progress[JobKind::kChanges] = {
      .cursor = ToText(*cursor_), .verified_until = walked, .last_complete_at = walked};
  stream().Write(kind(), std::move(commit));
  MutexLock lock(mutex_);
  verified_until_ = walked;
  return StepOutcome::CaughtUp();
}

StepOutcome ChangesJob::Search() {
  if (!cursor_) cursor_ = ChangesCursor{.followed_to = *stream().changes_from()};
  if (!first_date_) {
    const TimePoint now = stream().SourceNow().value_or(cursor_->followed_to);
    LeaveFuture(now);
    followed_before_ = cursor_->followed_to;
    cursor_ = OpenWindow(
        *cursor_,
        {.overlap = stream().plan().overlap, .deep_overlap = stream().plan().deep_overlap}, now);
  }
  const auto answer = stream().source().Search(object(), NextSearch(*cursor_));
  stream().NoteSearch(answer);
  if (!answer) return StepOutcome::Failed(answer.error());
  if (!first_date_) first_date_ = answer->times.date;
  if (TooMuch(*answer)) return HandOverToSweep(answer->times.date);

  const auto unread = Unread(*answer);
  answer_ = *answer;
  unread_.assign(unread.begin(), unread.end());
  commit_ = {.object = object()};
  if (!unread_.empty()) return StepOutcome::More();
  return CommitAnswer(*answer);
}

bool ChangesJob::TooMuch(const SearchAnswer& answer) const {
  const int64_t rows = stream().rows();
  return !cursor_->last && stream().loaded() && answer.total > kFewRecords &&
         answer.total > rows / 5;
}

StepOutcome ChangesJob::HandOverToSweep(TimePoint date) {
  stream().WantSweep("more than a fifth of the records changed: the whole list is walked instead");
  cursor_ = ChangesCursor{.followed_to = date, .looked_deep = cursor_->looked_deep};
  Commit commit{.object = object()};
  commit.progress[JobKind::kChanges] = {.cursor = ToText(*cursor_),
                                        .verified_until = verified_until()};
  stream().Write(kind(), std::move(commit));
  first_date_.reset();
  return StepOutcome::CaughtUp();
}

void ChangesJob::LeaveFuture(TimePoint now) {
  const TimePoint end = std::max(cursor_->followed_to, cursor_->until.value_or(TimePoint{}));
  if (!LiesAhead(end, now)) return;
  stream().WantSweep("changes were followed up to " + FormatRfc3339(end) +
                     ", which HubSpot's clock has not reached: the whole list is walked instead");
  cursor_ = ChangesCursor{.followed_to = now};
  MutexLock lock(mutex_);
  verified_until_.reset();
}

std::vector<Nomination> ChangesJob::Unread(const SearchAnswer& answer) {
  std::vector<RecordId> ids;
  std::transform(answer.nominations.begin(), answer.nominations.end(), std::back_inserter(ids),
                 IdOf);
  std::unordered_map<RecordId, StoredRecord> stored;
  if (!ids.empty()) {
    for (const StoredRecord& record : stream().sink().Stored(object(), ids)) {
      stored.emplace(record.id, record);
    }
  }
  std::vector<Nomination> unread;
  for (const Nomination& nomination : answer.nominations) {
    const auto found = stored.find(nomination.id);
    const bool newer = found == stored.end() || !found->second.modified || !nomination.modified ||
                       *found->second.modified < *nomination.modified;
    if (!newer) continue;
    unread.push_back(nomination);
    if (nomination.modified && followed_before_ && stream().loaded() &&
        *nomination.modified < *followed_before_) {
      stream().observer().OnLateFind(stream().key(), *first_date_ - *nomination.modified);
    }
  }
  return unread;
}

StepOutcome ChangesJob::Read() {
  std::vector<Nomination> asked;
  BatchReadRequest request{.properties = stream().whole_set()};
  for (size_t i = 0; i < unread_.size() && i < kBatchReadSize; ++i) {
    asked.push_back(unread_[i]);
    request.ids.push_back(unread_[i].id);
  }
  const auto page = stream().source().BatchRead(object(), request);
  if (!page) return StepOutcome::Failed(page.error());

  unread_.erase(unread_.begin(), unread_.begin() + static_cast<std::ptrdiff_t>(asked.size()));
  commit_.rows.push_back(stream().Map(*page));
  records_ += static_cast<int64_t>(page->records.size());
  Settle(*page, asked);
  if (!unread_.empty()) return StepOutcome::More(static_cast<int64_t>(page->records.size()));
  return CommitAnswer(*answer_);
}

void ChangesJob::Settle(const Page& page, const std::vector<Nomination>& asked) {
  std::unordered_map<RecordId, std::optional<TimePoint>> shown;
  for (const Row& row : commit_.rows.back().rows) shown.emplace(row.id, row.modified);
  for (const Nomination& nomination : asked) {
    const auto found = shown.find(nomination.id);
    const bool confirmed = found != shown.end() && (!nomination.modified || !found->second ||
                                                    *found->second >= *nomination.modified);
    if (confirmed) {
      commit_.settled.push_back(nomination.id);
    } else {
      // Not there, merged away, or older than the index said: it is looked at by itself.
      commit_.pending.push_back({.id = nomination.id,
                                 .cause = PendingCause::kNominated,
                                 .nominated = nomination.modified,
                                 .not_before = page.times.date});
    }
  }
}

StepOutcome ChangesJob::CommitAnswer(const SearchAnswer& answer) {
  const bool ends = EndsWindow(answer);
  const bool resumed = cursor_->until.has_value();
  const ChangesCursor next = PastAnswer(*cursor_, answer, *first_date_);
  const bool wrote = !commit_.rows.empty() || !commit_.pending.empty();
  const auto verified =
      ends ? std::optional(resumed ? *cursor_->until : *first_date_) : verified_until();
  const Instant now = stream().clock().Now();
  if (wrote || !ends || now - saved_at_ >= kSaveEvery) {
    commit_.object = object();
    commit_.progress[JobKind::kChanges] = {.cursor = ToText(next),
                                           .verified_until = verified,
                                           .last_complete_at = ends ? verified : std::nullopt};
    stream().Write(kind(), std::move(commit_));
    saved_at_ = now;
  }
  cursor_ = next;
  commit_ = {};
  answer_.reset();
  if (!ends) return StepOutcome::More();

  first_date_.reset();
  {
    MutexLock lock(mutex_);
    verified_until_ = verified;
  }
  return StepOutcome::CaughtUp(std::exchange(records_, 0));
}

}  // namespace hubmirror
