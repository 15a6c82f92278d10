#include "jobs/stream_context.h"

#include <algorithm>

#include "jobs/resolve_plan.h"
#include "jobs/search_promises.h"

namespace hubmirror {
namespace {

// Fewer records than this may lose a value without anybody being asked.
constexpr int64_t kLostValuesLeast = 500;
// One refusal may be a passing fault.
constexpr int kRefusalsBelieved = 3;
constexpr Duration kSearchTriedAgain = std::chrono::hours(24);

}  // namespace

StreamContext::StreamContext(PortalKey portal, StreamPlan plan, Ports ports)
    : key_{std::move(portal), plan.object.name},
      plan_(std::move(plan)),
      ports_(std::move(ports)),
      table_(plan_, ports_.hash_key) {}

void StreamContext::Load(const StoredStream& stored) {
  table_.AdoptStored(stored.table);
  set_rows(stored.rows);
  set_pending(stored.pending);
  set_quarantined(stored.quarantined);
  NotePending();
  const auto sweep = stored.progress.find(JobKind::kSweep);
  const bool swept = sweep != stored.progress.end() && sweep->second.last_complete_at;
  set_loaded(swept);
  if (swept) {
    set_last_sweep(std::to_string(sweep->second.last_complete_at->time_since_epoch().count()));
  }
  {
    MutexLock lock(mutex_);
    debts_.Join(ParseStreamDebts(stored.debts));
    stored_debts_ = stored.debts;
    values_lost_.clear();
    if (!forget_lost_values_) values_lost_why_.clear();
  }
  CountLostValues(stored.values_lost);
}

Result<SearchAnswer, ApiError> StreamContext::Search(const SearchRequest& request) {
  auto answer = ports_.source.Search(object(), request);
  if (!answer) return answer;
  for (const BrokenPromise& broken : TakeOutUnasked(*answer, request)) {
    Distrust(broken.promise, broken.how);
  }
  return answer;
}

Result<Page, ApiError> StreamContext::List(const ListRequest& request) {
  auto page = ports_.source.List(object(), request);
  if (page && page->records.size() > request.limit) {
    Distrust("limit", "a list page shows " + std::to_string(page->records.size()) + " records, " +
                          std::to_string(request.limit) + " were asked for");
  }
  return page;
}

RowBatch StreamContext::Map(const Page& page, const TableShape& asked_for) const {
  RowBatch batch = table_.Map(page, asked_for);
  ports_.observer.OnRecordsFetched(key_, static_cast<int64_t>(page.records.size()),
                                   batch.values_rejected,
                                   batch.values_replaced + page.values_replaced);
  return batch;
}

RowBatch StreamContext::Map(const Page& page, const TableShape& asked_for,
                            const std::vector<RecordId>& asked) {
  RowBatch batch = Map(page, asked_for);
  if (const size_t dropped = DropUnasked(batch, asked); dropped > 0) {
    Distrust("unasked", "a batch read answered with " + std::to_string(dropped) +
                            " records that were not asked for; they are not stored");
  }
  return batch;
}

CommitOutcome StreamContext::Write(JobKind job, Commit commit, std::optional<int64_t> sweep_ended) {
  const MutexLock writing(writing_);
  commit.budget = Budget();
  // The first reading of all links comes after the load.
  commit.links_due = links_followed_.load() && loaded();
  PutDebts(commit, sweep_ended);
  CommitOutcome outcome = ports_.sink.Write(commit);
  TakeIn(job, commit, outcome);
  return outcome;
}

void StreamContext::PutDebts(Commit& commit, std::optional<int64_t> sweep_ended) {
  MutexLock lock(mutex_);
  StreamDebts debts = debts_;
  if (sweep_ended) debts.SweepEnded(*sweep_ended);
  if (std::string text = ToText(debts); text != stored_debts_) commit.debts = std::move(text);
  // A whole sweep has passed without the brake, or the operator agreed.
  commit.forget_lost_values = forget_lost_values_ || (sweep_ended && values_lost_why_.empty());
}

VerifyReport StreamContext::Verify(VerifySink& sink, Commit page, const VerifyRequest& request) {
  const MutexLock writing(writing_);
  page.budget = Budget();
  page.links_due = links_followed_.load() && loaded();
  PutDebts(page, {});
  CommitOutcome outcome;
  VerifyReport report = sink.Verify(page, request, outcome);
  if (request.repair) TakeIn(JobKind::kVerify, page, outcome);
  return report;
}

void StreamContext::TakeIn(JobKind job, const Commit& commit, const CommitOutcome& outcome) {
  rows_.fetch_add(outcome.inserted + outcome.restored - outcome.archived - outcome.merged -
                  outcome.erased - outcome.purged);
  NoteQuarantined(outcome.quarantined + outcome.unreadable - outcome.released);
  for (const UnreadableRecord& record : commit.unreadable) SayUnreadable(record);
  if (outcome.quarantined > 0) {
    Log(LogLevel::kWarning, "record.quarantined",
        std::to_string(outcome.quarantined) +
            " records could not be stored; `hubmirror quarantine list` says why");
  }
  for (const RowBatch& batch : commit.rows) {
    MutexLock lock(mutex_);
    if (unreadable_.empty()) break;
    for (const Row& row : batch.rows) unreadable_.erase(row.id);
  }
  {
    MutexLock lock(mutex_);
    if (commit.debts) {
      // What came about meanwhile is stored with the next commit.
      debts_.SweepEnded(ParseStreamDebts(*commit.debts).sweeps_served);
      stored_debts_ = *commit.debts;
    }
    if (commit.forget_lost_values) {
      values_lost_.clear();
      forget_lost_values_ = false;
    }
  }
  CountLostValues(outcome.values_lost);
  if (outcome.suspects > 0 || outcome.outrun > 0 || !commit.pending.empty()) NotePending();
  if (outcome.erased > 0) erased_noted_.store(true);
  if (commit.links_due && outcome.inserted + outcome.updated > 0) NoteLinksDue();
  ports_.observer.OnCommit(key_, job, outcome, SourceNow().value_or(ports_.clock.WallNow()));
}

std::optional<TimePoint> StreamContext::SourceNow() const {
  return ports_.source_clock.Now(ports_.clock.Now());
}

int64_t StreamContext::NoteWish(const std::string& why, bool owed) {
  const auto now = SourceNow();
  bool stood = false;
  int64_t wish = 0;
  {
    MutexLock lock(mutex_);
    stood = debts_.sweep_stands() && sweep_serves_ < debts_.sweeps_wanted;
    debts_.WantSweep(owed, now, why);
    wish = debts_.sweeps_wanted;
  }
  if (!stood) Log(LogLevel::kNotice, "sweep.wanted", why);
  return wish;
}

int64_t StreamContext::WantSweep(const std::string& why) {
  return NoteWish(why, false);
}

void StreamContext::OweSweep(const std::string& why) {
  NoteWish(why, true);
}

bool StreamContext::sweep_wanted() const {
  MutexLock lock(mutex_);
  return debts_.sweep_stands() && sweep_serves_ < debts_.sweeps_wanted;
}

int64_t StreamContext::sweeps_wanted() const {
  MutexLock lock(mutex_);
  return debts_.sweeps_wanted;
}

void StreamContext::SweepBegins(int64_t serves) {
  MutexLock lock(mutex_);
  sweep_serves_ = serves;
}

bool StreamContext::SweepEnded(int64_t wish) const {
  MutexLock lock(mutex_);
  return debts_.sweeps_served >= wish;
}

std::string StreamContext::sweep_owed() const {
  MutexLock lock(mutex_);
  return debts_.sweep_owed ? debts_.sweep_why : std::string();
}

bool StreamContext::searchable() const {
  MutexLock lock(mutex_);
  return searches_refused_ < kRefusalsBelieved ||
         ports_.clock.Now() - search_refused_at_ >= kSearchTriedAgain;
}

void StreamContext::NoteSearch(const Result<SearchAnswer, ApiError>& answer) {
  bool refused = false;
  {
    MutexLock lock(mutex_);
    if (answer) {
      searches_refused_ = 0;
      return;
    }
    if (!IsSearchRefusal(answer.error())) return;
    search_refused_at_ = ports_.clock.Now();
    refused = ++searches_refused_ == kRefusalsBelieved;
  }
  if (refused) {
    WantSweep("HubSpot's search does not know this object type (" + answer.error().message +
              "): what changed is found by walking the whole list");
  }
}

void StreamContext::NoteNoArchivedList(const ApiError& refusal) {
  // Whoever wants the walk would wait for ever.
  archived_walk_.store(ArchivedWalk::kNotWanted);
  if (!archived_list_.exchange(false)) return;
  Log(LogLevel::kNotice, "archived.unsupported",
      refusal.message + ": archived records are found by the sweep");
}

std::optional<TimePoint> StreamContext::walked_until() const {
  MutexLock lock(mutex_);
  return walked_until_;
}

void StreamContext::set_walked_until(TimePoint until) {
  MutexLock lock(mutex_);
  walked_until_ = until;
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

std::string StreamContext::suspicion(Brake brake) const {
  MutexLock lock(mutex_);
  return brake == Brake::kMassGone ? debts_.mass_gone : values_lost_why_;
}

void StreamContext::SuspectMassGone(std::string why) {
  MutexLock lock(mutex_);
  debts_.mass_gone = std::move(why);
}

void StreamContext::CountLostValues(const std::map<std::string, int64_t>& values_lost) {
  const int64_t limit = std::max(kLostValuesLeast, rows() / 5);
  MutexLock lock(mutex_);
  for (const auto& [property, records] : values_lost) {
    int64_t& lost = values_lost_[property];
    lost += records;
    if (lost <= limit || !values_lost_why_.empty()) continue;
    values_lost_why_ =
        std::to_string(lost) + " of " + std::to_string(rows()) +
        " records lost their value of the property " + property +
        ", which the portal still lists: was a scope or a field permission taken away? Nothing is "
        "written until `hubmirror resolve " +
        key_.portal + "/" + key_.object + " --accept`";
  }
}

void StreamContext::AcceptSuspicion() {
  accepted_.store(true);
  NotePending();
  MutexLock lock(mutex_);
  debts_.mass_gone.clear();
  values_lost_why_.clear();
  values_lost_.clear();
  forget_lost_values_ = true;
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

void StreamContext::FollowRefresh(RecordId id) {
  MutexLock lock(mutex_);
  followed_[id].reset();
}

void StreamContext::EndRefresh(RecordId id) {
  MutexLock lock(mutex_);
  followed_.erase(id);
}

void StreamContext::NoteRefreshed(RecordId id, FoundRecord found) {
  MutexLock lock(mutex_);
  if (const auto followed = followed_.find(id); followed != followed_.end()) {
    followed->second = found;
  }
}

std::optional<FoundRecord> StreamContext::RefreshedAs(RecordId id) const {
  MutexLock lock(mutex_);
  const auto followed = followed_.find(id);
  return followed == followed_.end() ? std::nullopt : followed->second;
}

void StreamContext::Distrust(const std::string& promise, const std::string& how) {
  ports_.observer.OnBrokenPromise(key_, promise);
  const Instant now = ports_.clock.Now();
  {
    MutexLock lock(mutex_);
    distrust_ = how;
    distrusted_at_ = now;
    if (!distrust_said_.IsNews(promise, now)) return;
  }
  Log(LogLevel::kWarning, "answer.distrusted", how);
}

void StreamContext::NoteNames(std::set<std::string> unlisted, std::string complaint) {
  MutexLock lock(mutex_);
  unlisted_ = std::move(unlisted);
  names_complaint_ = std::move(complaint);
}

bool StreamContext::IsUnlisted(const std::string& property) const {
  MutexLock lock(mutex_);
  return unlisted_.contains(property);
}

std::string StreamContext::names_complaint() const {
  MutexLock lock(mutex_);
  return names_complaint_;
}

std::string StreamContext::distrust() const {
  MutexLock lock(mutex_);
  return ports_.clock.Now() - distrusted_at_ < SaidLately::kHour ? distrust_ : std::string();
}

void StreamContext::AskForLess(JobKind job, size_t size, const ApiError& why) const {
  Log(LogLevel::kNotice, "request.smaller",
      "the job " + std::string(NameOf(job)) + " asks for " + std::to_string(size) +
          " at once from here on: " + why.message);
}

void StreamContext::NoteUnreadable(RecordId id, std::optional<TimePoint> nominated) {
  MutexLock lock(mutex_);
  auto& stamp = unreadable_[id];
  if (nominated && (!stamp || *stamp < *nominated)) stamp = nominated;
}

void StreamContext::SayUnreadable(const UnreadableRecord& record) const {
  Log(LogLevel::kWarning, "record.unreadable",
      "record " + std::to_string(record.id.value) + ": " + record.reason);
}

StreamContext::Unreadable StreamContext::UnreadableNow(const Nomination& nomination) const {
  MutexLock lock(mutex_);
  const auto found = unreadable_.find(nomination.id);
  if (found == unreadable_.end()) return Unreadable::kNo;
  const bool moved =
      nomination.modified && (!found->second || *found->second < *nomination.modified);
  return moved ? Unreadable::kTryAgain : Unreadable::kKnown;
}

void StreamContext::Log(LogLevel level, std::string_view event, std::string message) const {
  ports_.log.Write({.level = level,
                    .event = event,
                    .message = std::move(message),
                    .fields = {{"PORTAL", key_.portal}, {"OBJECT", key_.object}}});
}

}  // namespace hubmirror
