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

/// What the jobs of one stream share: the ports, the table as it stands, the facts that one job
/// tells another, and what is done with all of them at once: asking, writing, and saying what a job
/// found out. Thread-safe. (More than fifteen functions: half of them only name a part or a port,
/// so that a job holds one thing and each part is tested without the others.)
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
  /// The day's requests, to be stored with whatever is written (rule R18).
  std::string Budget() const { return ports_.governor.Save(); }
  /// HubSpot's clock; absent before it is known.
  std::optional<TimePoint> SourceNow() const;

  /// Takes over what is stored of the stream: after a start, and whenever the portal opens again.
  void Load(const StoredStream& stored);

  /// One search, or one page of a list; that it shows what was not asked for is counted and said.
  Result<SearchAnswer, ApiError> Search(const SearchRequest& request);
  Result<Page, ApiError> List(const ListRequest& request);
  /// Page -> rows, under the set the page was asked with; `asked_for` is the table as it was then.
  RowBatch Map(const Page& page, const TableShape& asked_for) const;
  /// The same for the answer to a batch read of `asked`; what it shows beside them is not believed.
  RowBatch Map(const Page& page, const TableShape& asked_for, const std::vector<RecordId>& asked);
  /// Writes, with the day's requests (rule R18), and tells everyone: metrics, the row count, the
  /// resolve job. What the stream owes goes with it; `sweep_ended`: the commit ends a walk that
  /// began when so many sweeps were wanted.
  CommitOutcome Write(JobKind job, Commit commit, std::optional<int64_t> sweep_ended = {});
  /// Compares, and tells everyone what was mended.
  VerifyReport Verify(Commit page, const VerifyRequest& request);

  /// An operator asked for this record; resolve reads it next.
  void RequestRefresh(RecordId id);
  /// A sweep is wanted before its time, at the priority of a first load. Returns the number of this
  /// wish; the next commit stores it.
  int64_t WantSweep(const std::string& why);
  /// The same where cursors pass what only the sweep will read: nothing is verified until it ends.
  void OweSweep(const std::string& why);
  /// Whether to search for records of this type; see SearchSupport.
  bool searchable() const { return facts_.Now().search.known(ports_.clock.Now()); }
  /// How a search was answered. When search is given up, a sweep finds what changed.
  void NoteSearch(const Result<SearchAnswer, ApiError>& answer);
  /// An answer broke a promise of HubSpot's (see SyncObserver::OnBrokenPromise); `how` for people.
  /// Counts every one, says one an hour.
  void Distrust(const std::string& promise, const std::string& how);
  /// Asks in smaller parts from now on, and says so.
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

  /// One commit after the other, so that what is owed is stored in the order it came about.
  Mutex writing_;
};

}  // namespace hubmirror
