#include "jobs/stream_context.h"

#include <utility>

#include "jobs/resolve_plan.h"
#include "jobs/search_promises.h"

namespace hubmirror {
namespace {

ChangeCause CauseOf(JobKind job) {
  switch (job) {
    case JobKind::kSweep:
      return ChangeCause::kSweep;
    case JobKind::kArchived:
      return ChangeCause::kArchived;
    case JobKind::kResolve:
      return ChangeCause::kResolve;
    case JobKind::kFill:
      return ChangeCause::kFill;
    case JobKind::kLinks:
    case JobKind::kRelink:
      return ChangeCause::kLinks;
    case JobKind::kVerify:
      return ChangeCause::kVerify;
    default:
      return ChangeCause::kChanges;
  }
}

}  // namespace

StreamContext::StreamContext(PortalKey portal, StreamPlan plan, Ports ports)
    : key_{std::move(portal), plan.object.name},
      plan_(std::move(plan)),
      ports_(std::move(ports)),
      table_(plan_, ports_.store.hash_key),
      facts_(key_) {}

void StreamContext::Load(const StoredStream& stored) {
  table_.AdoptStored(stored.table);
  facts_.Load(stored, ports_.clock.Now());
  records_.ForgetUnreadable();
}

Result<SearchAnswer, ApiError> StreamContext::Search(const SearchRequest& request) {
  auto answer = ports_.source.records.Search(object(), request);
  if (!answer) return answer;
  for (const BrokenPromise& broken : TakeOutUnasked(*answer, request)) {
    Distrust(broken.promise, broken.how);
  }
  return answer;
}

Result<Page, ApiError> StreamContext::List(const ListRequest& request) {
  auto page = ports_.source.records.List(object(), request);
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

CommitOutcome StreamContext::Write(JobKind job, Commit commit, std::optional<EndedWalk> ended) {
  const MutexLock writing(writing_);
  commit.budget = Budget();
  commit.cause = CauseOf(job);
  facts_.PutInto(commit, ended);
  CommitOutcome outcome = ports_.store.rows.Write(commit);
  TakeIn(job, commit, outcome);
  return outcome;
}

VerifyReport StreamContext::Verify(Commit page, const VerifyRequest& request) {
  const MutexLock writing(writing_);
  page.budget = Budget();
  page.cause = ChangeCause::kVerify;
  facts_.PutInto(page, {});
  CommitOutcome outcome;
  VerifyReport report = ports_.store.comparisons.Verify(page, request, outcome);
  if (request.repair) TakeIn(JobKind::kVerify, page, outcome);
  return report;
}

void StreamContext::TakeIn(JobKind job, const Commit& commit, const CommitOutcome& outcome) {
  facts_.TakeIn(commit, outcome, ports_.clock.Now());
  for (const PendingRecord& record : commit.pending) {
    if (record.cause == PendingCause::kUnreadable) {
      records_.NoteUnreadable(record.id, record.nominated);
    }
  }
  for (const RowBatch& batch : commit.rows) records_.WereRead(batch);
  for (const UnreadableRecord& record : commit.unreadable) SayUnreadable(record);
  if (outcome.quarantined > 0) {
    Log(LogLevel::kWarning, "record.quarantined",
        std::to_string(outcome.quarantined) +
            " records could not be stored; `hubmirror quarantine list` says why");
  }
  ports_.observer.OnCommit(key_, job, outcome, SourceNow().value_or(ports_.clock.WallNow()));
}

std::optional<TimePoint> StreamContext::SourceNow() const {
  return ports_.source.clock.Now(ports_.clock.Now());
}

void StreamContext::RequestRefresh(RecordId id) {
  records_.Request(id);
  facts_.NotePending();
}

int64_t StreamContext::NoteWish(const std::string& why, bool owed) {
  const auto now = SourceNow();
  const auto [stood, wish] = facts_.Tell([&](StreamFacts& facts) {
    const bool wanted = facts.sweep_wanted();
    facts.debts.WantSweep(owed, now, why);
    return std::pair(wanted, facts.debts.sweeps.wanted);
  });
  if (!stood) Log(LogLevel::kNotice, "sweep.wanted", why);
  return wish;
}

int64_t StreamContext::WantSweep(const std::string& why) {
  return NoteWish(why, false);
}

void StreamContext::OweSweep(const std::string& why) {
  NoteWish(why, true);
}

void StreamContext::NoteSearch(const Result<SearchAnswer, ApiError>& answer) {
  const Instant now = ports_.clock.Now();
  const bool given_up =
      facts_.Tell([&](StreamFacts& facts) { return facts.search.Note(answer, now); });
  if (!given_up) return;
  WantSweep("HubSpot's search does not know this object type (" + answer.error().message +
            "): what changed is found by walking the whole list");
}

void StreamContext::Distrust(const std::string& promise, const std::string& how) {
  ports_.observer.OnBrokenPromise(key_, promise);
  if (!facts_.Distrust(promise, how, ports_.clock.Now())) return;
  Log(LogLevel::kWarning, "answer.distrusted", how);
}

void StreamContext::AskForLess(JobKind job, size_t size, const ApiError& why) const {
  Log(LogLevel::kNotice, "request.smaller",
      "the job " + std::string(NameOf(job)) + " asks for " + std::to_string(size) +
          " at once from here on: " + why.message);
}

void StreamContext::SayUnreadable(const UnreadableRecord& record) const {
  Log(LogLevel::kWarning, "record.unreadable",
      "record " + std::to_string(record.id.value) + ": " + record.reason);
}

void StreamContext::Log(LogLevel level, std::string_view event, std::string message) const {
  ports_.log.Write({.level = level,
                    .event = event,
                    .message = std::move(message),
                    .fields = {{"PORTAL", key_.portal}, {"OBJECT", key_.object}}});
}

}  // namespace hubmirror
