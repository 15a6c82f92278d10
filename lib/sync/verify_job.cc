#include "sync/verify_job.h"

#include <algorithm>
#include <utility>

namespace hubmirror {

int64_t VerifyJob::Want(bool repair) {
  MutexLock lock(mutex_);
  wanted_repair_ = repair;
  return begun_ + 1;
}

VerifyJob::Finished VerifyJob::finished() const {
  MutexLock lock(mutex_);
  return finished_;
}

int64_t VerifyJob::checked() const {
  MutexLock lock(mutex_);
  return checked_;
}

int64_t VerifyJob::last_pages() const {
  MutexLock lock(mutex_);
  return last_pages_;
}

void VerifyJob::LoadFrom(const StoredStream&) {}

void VerifyJob::Abandon() {
  ranges_.reset();
}

std::optional<StepNeed> VerifyJob::NextStep(Instant) {
  if (!stream().loaded()) return std::nullopt;
  const PropertySetPtr set = stream().whole_set();
  MutexLock lock(mutex_);
  if (busy_ || !set) return std::nullopt;
  return StepNeed{.lane = Lane::kBurst,
                  .priority = Priority::kSweep,
                  .cost = stream().source().ListCost(object(), *set)};
}

StepOutcome VerifyJob::DoStep(Instant) {
  {
    MutexLock lock(mutex_);
    if (busy_) return StepOutcome::Unused();
    busy_ = true;
  }
  const std::shared_ptr<void> done(nullptr, [this](void*) {
    MutexLock lock(mutex_);
    busy_ = false;
  });
  if (!ranges_) Begin();
  return Read();
}

void VerifyJob::Begin() {
  ranges_.emplace(WalkCursor{.ranges = {WalkRange{}}}, 1);
  set_ = stream().whole_set();
  report_ = {};
  pages_ = 0;
  MutexLock lock(mutex_);
  repair_ = std::exchange(wanted_repair_, std::nullopt).value_or(stream().plan().verify_repair);
  ++begun_;
  checked_ = 0;
}

StepOutcome VerifyJob::Read() {
  const auto index = ranges_->Take();
  if (!index) return Finish();
  ListRequest request{.properties = set_};
  if (const std::string& after = ranges_->range(*index).after; !after.empty()) {
    request.after = after;
  }
  const auto page = stream().Heard(stream().source().List(object(), request));
  if (!page) {
    ranges_->Release(*index);
    return StepOutcome::Failed(page.error());
  }
  ++pages_;
  WalkRanges::PageFacts facts{.count = static_cast<int64_t>(page->records.size()),
                              .next_after = page->next_after};
  Commit commit{.object = object()};
  ProvenRange range{.sent_at = page->times.sent_at};
  for (const Record& record : page->records) {
    facts.ascending = facts.ascending && record.id.value >= facts.last_id;
    facts.last_id = record.id.value;
    range.present.push_back(record.id);
  }
  if (!page->records.empty()) facts.first_id = page->records.front().id.value;
  if (!ranges_->InOrder(*index, facts)) {
    Abandon();
    return StepOutcome::Failed(
        ApiError{.kind = ApiErrorKind::kDecode,
                 .message = "the list is not in the order of its ids; nothing is compared"});
  }
  if (const auto proof = ranges_->Give(*index, facts)) {
    range.from = RecordId{proof->from};
    range.to = RecordId{proof->to};
    commit.ranges.push_back(std::move(range));
  }
  commit.rows.push_back(stream().Map(*page));
  report_.Add(stream().Verify(ports_.sink, std::move(commit),
                              {.repair = repair_, .verified_until = ports_.verified_until()}));
  {
    MutexLock lock(mutex_);
    checked_ = report_.checked;
  }
  if (ranges_->done()) return Finish();
  return StepOutcome::More(facts.count);
}

StepOutcome VerifyJob::Finish() {
  Commit commit{.object = object()};
  commit.progress[kind()] = {.last_complete_at = stream().SourceNow()};
  stream().Write(kind(), std::move(commit));
  ranges_.reset();
  if (report_.found() > 0) {
    stream().Log(LogLevel::kWarning, "verify.divergent", report_.Text());
  }
  stream().observer().OnVerify(stream().key(), report_);
  const int64_t checked = report_.checked;
  MutexLock lock(mutex_);
  finished_ = {begun_, std::move(report_)};
  last_pages_ = pages_;
  return StepOutcome::CaughtUp(checked);
}

}  // namespace hubmirror
