#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "base/mutex.h"
#include "budget/rate_governor.h"
#include "jobs/noted_records.h"
#include "jobs/shared_facts.h"
#include "jobs/stream_table.h"
#include "model/portal/portal_plan.h"
#include "model/portal/sync_observer.h"
#include "model/source/portal_source.h"
#include "model/store/portal_store.h"

namespace hubmirror {

/// What the jobs of one stream share: the ports, the table as it stands and the facts they tell
/// each other. Whatever needs several of these at once is done here: asking, writing, and saying
/// what a job found out. Thread-safe. (More than fifteen functions: half of them only name a part
/// or a port, so that a job holds one thing and each part is tested without the others.)
class StreamContext {
 public:
  struct Ports {
    PortalSource source;
    PortalStore store;
    SyncObserver& observer;
    const RateGovernor& governor;
    const Clock& clock;
    Logger& log;
  };

  StreamContext(PortalKey portal, StreamPlan plan, Ports ports);

  const StreamKey& key() const { return key_; }
  const StreamPlan& plan() const { return plan_; }
  const ObjectType& object() const { return plan_.object; }
  const PortalSource& source() const { return ports_.source; }
  const PortalStore& store() const { return ports_.store; }
  SyncObserver& observer() const { return ports_.observer; }
  const Clock& clock() const { return ports_.clock; }

  StreamTable& table() { return table_; }
  const StreamTable& table() const { return table_; }
  SharedFacts& facts() { return facts_; }
  const SharedFacts& facts() const { return facts_; }
  NotedRecords& records() { return records_; }
  /// Today's count of requests, which is stored with every commit (rule R18).
  std::string Budget() const { return ports_.governor.Save(); }
  /// HubSpot's clock; absent before it is known.
  std::optional<TimePoint> SourceNow() const;

  /// Takes in what is stored of the stream, after a start and whenever the portal is opened again.
  void Load(const StoredStream& stored);

  /// One search, or one page of a list. If it shows what was not asked for, that is counted and
  /// said.
  Result<SearchAnswer, ApiError> Search(const SearchRequest& request);
  Result<Page, ApiError> List(const ListRequest& request);
  /// Turns a page into rows; `asked_for` is the table as it was when the page was requested.
  RowBatch Map(const Page& page, const TableShape& asked_for) const;
  /// The same for the answer to a batch read of `asked`. Records that are not among them are
  /// dropped.
  RowBatch Map(const Page& page, const TableShape& asked_for, const std::vector<RecordId>& asked);
  /// Writes, together with today's count of requests and what the stream owes, and tells everyone:
  /// metrics, the row count, the resolve job. `ended`: the walk that the commit ends.
  CommitOutcome Write(JobKind job, Commit commit, std::optional<EndedWalk> ended = {});
  /// Compares, and tells everyone what was mended.
  VerifyReport Verify(Commit page, const VerifyRequest& request);

  /// An operator asked for this record; resolve reads it next.
  void RequestRefresh(RecordId id);
  /// Asks for an early sweep, with the priority of a first load. Returns the number of this wish,
  /// which the next commit stores.
  int64_t WantSweep(const std::string& why);
  /// The same for a cursor that passes records which only the sweep will read: until it ends,
  /// nothing counts as verified.
  void OweSweep(const std::string& why);
  /// Whether to search for records of this type; see SearchSupport.
  bool searchable() const { return facts_.Now().search.known(ports_.clock.Now()); }
  /// Takes in how a search was answered. Once search is given up, sweeps find what changed.
  void NoteSearch(const Result<SearchAnswer, ApiError>& answer);
  /// HubSpot's answer broke a promise (see SyncObserver::OnBrokenPromise); `how` is for people.
  /// Counts every time, and says so once an hour.
  void Distrust(const std::string& promise, const std::string& how);
  /// Says that `job` asks for `size` records at once from now on.
  void AskForLess(JobKind job, size_t size, const ApiError& why) const;
  void SayUnreadable(const UnreadableRecord& record) const;
  void Log(LogLevel level, std::string_view event, std::string message) const;

 private:
  int64_t NoteWish(const std::string& why, bool owed);
  void TakeIn(JobKind job, const Commit& commit, const CommitOutcome& outcome);

  const StreamKey key_;
  const StreamPlan plan_;
  const Ports ports_;
  StreamTable table_;
  SharedFacts facts_;
  NotedRecords records_;

  /// Commits run one after another, so that debts are stored in the order in which they arise.
  Mutex writing_;
};

}  // namespace hubmirror
