#include "sync/stream_context.h"

namespace hubmirror {

StreamContext::StreamContext(PortalKey portal, StreamPlan plan, Ports ports)
    : key_{std::move(portal), plan.object.name}, plan_(std::move(plan)), ports_(ports) {}

MirrorTablePtr StreamContext::table() const {
  MutexLock lock(mutex_);
  return table_;
}

void StreamContext::set_table(MirrorTablePtr table) {
  PropertySetPtr whole = table ? WholeSet(*table) : nullptr;
  MutexLock lock(mutex_);
  // The same names keep the same set, so that pages in flight stay comparable.
  if (!whole_set_ || !whole || whole_set_->names() != whole->names()) whole_set_ = std::move(whole);
  table_ = std::move(table);
  mapper_.reset();
}

PropertySetPtr StreamContext::whole_set() const {
  MutexLock lock(mutex_);
  return whole_set_;
}

RowBatch StreamContext::Map(const Page& page) const {
  std::shared_ptr<const RowMapper> mapper;
  {
    MutexLock lock(mutex_);
    if (!mapper_ || mapper_set_ != page.properties) {
      mapper_ = std::make_shared<const RowMapper>(table_, page.properties);
      mapper_set_ = page.properties;
    }
    mapper = mapper_;
  }
  RowBatch batch;
  mapper->Append(page, batch);
  ports_.observer.OnRecordsFetched(key_, static_cast<int64_t>(page.records.size()),
                                   batch.values_rejected,
                                   batch.values_replaced + page.values_replaced);
  return batch;
}

CommitOutcome StreamContext::Write(JobKind job, Commit commit) {
  commit.budget = ports_.governor.Save();
  const CommitOutcome outcome = ports_.sink.Write(commit);
  rows_.fetch_add(outcome.inserted + outcome.restored - outcome.archived - outcome.merged -
                  outcome.erased - outcome.purged);
  quarantined_.fetch_add(outcome.quarantined);
  if (outcome.suspects > 0 || outcome.outrun > 0 || !commit.pending.empty()) NotePending();
  ports_.observer.OnCommit(key_, job, outcome, SourceNow().value_or(ports_.clock.WallNow()));
  return outcome;
}

std::optional<TimePoint> StreamContext::SourceNow() const {
  return ports_.source_clock.Now(ports_.clock.Now());
}

void StreamContext::WantSweep(const std::string& why) {
  if (!sweep_wanted_.exchange(true)) Log(LogLevel::kNotice, "sweep.wanted", why);
}

std::string StreamContext::last_sweep() const {
  MutexLock lock(mutex_);
  return last_sweep_;
}

void StreamContext::set_last_sweep(std::string sweep) {
  MutexLock lock(mutex_);
  last_sweep_ = std::move(sweep);
}

std::optional<TimePoint> StreamContext::changes_from() const {
  MutexLock lock(mutex_);
  return changes_from_;
}

void StreamContext::set_changes_from(TimePoint from) {
  MutexLock lock(mutex_);
  changes_from_ = from;
}

std::string StreamContext::suspicion() const {
  MutexLock lock(mutex_);
  return suspicion_;
}

void StreamContext::Suspect(std::string why) {
  MutexLock lock(mutex_);
  suspicion_ = std::move(why);
}

void StreamContext::AcceptSuspicion() {
  accepted_.store(true);
  NotePending();
  MutexLock lock(mutex_);
  suspicion_.clear();
}

void StreamContext::RequestRefresh(RecordId id) {
  {
    MutexLock lock(mutex_);
    refresh_requests_.push_back(id);
  }
  NotePending();
}

std::vector<RecordId> StreamContext::TakeRefreshRequests() {
  MutexLock lock(mutex_);
  return std::exchange(refresh_requests_, {});
}

void StreamContext::Log(LogLevel level, std::string_view event, std::string message) const {
  ports_.log.Write({.level = level,
                    .event = event,
                    .message = std::move(message),
                    .fields = {{"PORTAL", key_.portal}, {"OBJECT", key_.object}}});
}

}  // namespace hubmirror
