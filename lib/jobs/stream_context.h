#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "base/mutex.h"
#include "base/secret.h"
#include "budget/rate_governor.h"
#include "jobs/said_lately.h"
#include "jobs/stream_debts.h"
#include "jobs/stream_table.h"
#include "model/portal/controls.h"
#include "model/portal/portal_plan.h"
#include "model/portal/sync_observer.h"
#include "model/source/page_source.h"
#include "model/source/source_clock.h"
#include "model/store/row_sink.h"
#include "model/store/verify.h"

namespace hubmirror {

/// Why nothing is written or marked any more until the operator agrees (rule R13).
enum class Brake {
  kMassGone,    ///< too many records would be marked erased or purged
  kValuesLost,  ///< too many records lose the value of one property
};

/// What the jobs of one stream share: the ports, the table in its present shape, and the few facts
/// that one job tells another. Thread-safe. (More than fifteen functions: one for each fact.)
class StreamContext {
 public:
  struct Ports {
    PageSource& source;
    RowSink& sink;
    SyncObserver& observer;
    const SourceClock& source_clock;
    const RateGovernor& governor;
    const Clock& clock;
    Logger& log;
    /// Reads the key that values are hashed with; empty when the portal has none.
    std::function<Result<Secret, std::string>()> hash_key = {};
  };

  StreamContext(PortalKey portal, StreamPlan plan, Ports ports);

  const StreamKey& key() const { return key_; }
  const StreamPlan& plan() const { return plan_; }
  const ObjectType& object() const { return plan_.object; }
  PageSource& source() const { return ports_.source; }
  RowSink& sink() const { return ports_.sink; }
  SyncObserver& observer() const { return ports_.observer; }
  const Clock& clock() const { return ports_.clock; }

  /// Takes over what is stored of the stream: after a start, and whenever the portal opens again.
  void Load(const StoredStream& stored);

  StreamTable& table() { return table_; }
  const StreamTable& table() const { return table_; }

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
  VerifyReport Verify(VerifySink& sink, Commit page, const VerifyRequest& request);

  /// The day's requests, to be stored with whatever is written (rule R18).
  std::string Budget() const { return ports_.governor.Save(); }
  /// HubSpot's clock; absent before it is known.
  std::optional<TimePoint> SourceNow() const;

  // Facts between jobs.
  int64_t rows() const { return rows_.load(); }
  void set_rows(int64_t rows) {
    rows_.store(rows);
    rows_known_.store(true);
  }
  /// Somebody has asked the database.
  bool rows_known() const { return rows_known_.load(); }
  /// Records may be waiting in `_pending`.
  bool pending_noted() const { return pending_noted_.load(); }
  void NotePending() { pending_noted_.store(true); }
  void ClearPendingNote() { pending_noted_.store(false); }
  /// Whether a commit of this stream erased somebody since this was last asked: then what was said
  /// with them, records of other streams, waits in `_pending`.
  bool TakeErasedNote() { return erased_noted_.exchange(false); }
  /// Records in `_pending` when resolve last looked: to be looked at, and those of whom nothing can
  /// be proved yet.
  int64_t pending() const { return pending_.load(); }
  int64_t unproved() const { return unproved_.load(); }
  void set_pending(const PendingCounts& pending) {
    pending_.store(pending.waiting);
    unproved_.store(pending.unproved);
  }
  /// HubSpot has shown an archived record of this type since the daemon started: that it does not
  /// show another one means something (rule R13).
  bool archived_shown() const { return archived_shown_.load(); }
  void NoteArchivedShown() { archived_shown_.store(true); }
  int64_t quarantined() const { return quarantined_.load(); }
  void set_quarantined(int64_t quarantined) { quarantined_.store(quarantined); }
  /// So many more were set aside than came back.
  void NoteQuarantined(int64_t more) { quarantined_.fetch_add(more); }
  /// An operator asked for this record; resolve reads it next.
  void RequestRefresh(RecordId id);
  std::vector<RecordId> TakeRefreshRequests();
  /// Remembers what is found of a record until EndRefresh.
  void FollowRefresh(RecordId id);
  void EndRefresh(RecordId id);
  void NoteRefreshed(RecordId id, FoundRecord found);
  std::optional<FoundRecord> RefreshedAs(RecordId id) const;
  /// Links are read for this stream: records that are written are noted for it.
  void set_links_followed(bool followed) { links_followed_.store(followed); }
  /// Records may be waiting for their links to be read.
  bool links_due() const { return links_due_.load(); }
  void NoteLinksDue() { links_due_.store(true); }
  void ClearLinksDue() { links_due_.store(false); }
  /// The first sweep has ended: the table is a whole copy.
  bool loaded() const { return loaded_.load(); }
  void set_loaded(bool loaded) { loaded_.store(loaded); }
  /// Somebody found reason for a sweep before its time, and none has begun since; at the
  /// priority of a first load.
  bool sweep_wanted() const;
  /// How many sweeps were wanted so far; one that begins now serves them all.
  int64_t sweeps_wanted() const;
  /// Returns the number of this wish. The next commit stores it.
  int64_t WantSweep(const std::string& why);
  /// The same where cursors pass what only the sweep will read: nothing is verified until it ends.
  void OweSweep(const std::string& why);
  /// A sweep begins, or goes on, that serves so many.
  void SweepBegins(int64_t serves);
  /// A sweep that began after this wish has ended.
  bool SweepEnded(int64_t wish) const;
  /// Why nothing is verified before a sweep has ended; empty: none is owed.
  std::string sweep_owed() const;
  /// The archived list has to be walked before its time: other properties are asked for than when
  /// it was walked last. True until a walk that began afterwards has ended.
  bool archived_walk_wanted() const { return archived_walk_.load() != ArchivedWalk::kNotWanted; }
  bool archived_walk_urgent() const { return archived_walk_.load() == ArchivedWalk::kWanted; }
  void WantArchivedWalk() { archived_walk_.store(ArchivedWalk::kWanted); }
  void ArchivedWalkBegins() { Move(ArchivedWalk::kWanted, ArchivedWalk::kServed); }
  void ArchivedWalkEnds() { Move(ArchivedWalk::kServed, ArchivedWalk::kNotWanted); }
  /// HubSpot refuses the archived list of this type, for good as it says: nothing is walked. An
  /// archived record drops out of the live list, and resolve finds it by its id.
  void NoteNoArchivedList(const ApiError& refusal);
  void NoteArchivedList() { archived_list_.store(true); }
  bool has_archived_list() const { return archived_list_.load(); }
  void ArchivedWalkIsCut() { Move(ArchivedWalk::kServed, ArchivedWalk::kWanted); }
  /// Whether HubSpot's search knows this type: not every type can be searched, and which ones can
  /// is only partly documented, so it is learned from answers. Tried again once a day.
  bool searchable() const;
  /// How a search was answered. After several refusals in a row, without an answer in between,
  /// search is no longer asked.
  void NoteSearch(const Result<SearchAnswer, ApiError>& answer);
  /// By HubSpot's clock, when the last whole walk of the live list began: all that was changed
  /// before is in the mirror.
  std::optional<TimePoint> walked_until() const;
  void set_walked_until(TimePoint until);
  /// Which sweep was completed last, for the brake that counts per sweep.
  std::string last_sweep() const;
  void set_last_sweep(std::string sweep);
  /// Where the changes job begins when it never ran: set by the first sweep (rule R5).
  std::optional<TimePoint> changes_from() const;
  void set_changes_from(TimePoint from);
  /// Why a brake holds the stream; empty: it does not.
  std::string suspicion(Brake brake) const;
  /// Holds the brake on mass change; empty: releases it.
  void SuspectMassGone(std::string why);
  /// The operator checked and agreed.
  void AcceptSuspicion();
  bool TakeAcceptance() { return accepted_.exchange(false); }

  /// An answer broke a promise of HubSpot's (see SyncObserver::OnBrokenPromise); `how` for people.
  /// Counts every one, says one an hour.
  void Distrust(const std::string& promise, const std::string& how);
  /// What was said within the last hour, for the status; empty: nothing.
  std::string distrust() const;
  /// What the operator names and HubSpot does not list, though it is asked for; and what of the
  /// names cannot be honoured, for the status (empty: nothing).
  void NoteNames(std::set<std::string> unlisted, std::string complaint);
  bool IsUnlisted(const std::string& property) const;
  std::string names_complaint() const;
  /// Asks in smaller parts from now on, and says so.
  void AskForLess(JobKind job, size_t size, const ApiError& why) const;
  /// Records that HubSpot fails to show: jobs that read many at once leave them to resolve. Those
  /// whose index stamp moved since are worth another try.
  void NoteUnreadable(RecordId id, std::optional<TimePoint> nominated);
  void SayUnreadable(const UnreadableRecord& record) const;
  enum class Unreadable { kNo, kKnown, kTryAgain };
  Unreadable UnreadableNow(const Nomination& nomination) const;

  void Log(LogLevel level, std::string_view event, std::string message) const;

 private:
  enum class ArchivedWalk { kNotWanted, kWanted, kServed };
  void Move(ArchivedWalk from, ArchivedWalk to) {
    archived_walk_.compare_exchange_strong(from, to);
  }
  int64_t NoteWish(const std::string& why, bool owed);
  /// Puts what is owed into `commit`, and whether lost values are counted anew.
  void PutDebts(Commit& commit, std::optional<int64_t> sweep_ended);
  void TakeIn(JobKind job, const Commit& commit, const CommitOutcome& outcome);
  void CountLostValues(const std::map<std::string, int64_t>& values_lost);

  const StreamKey key_;
  const StreamPlan plan_;
  const Ports ports_;
  StreamTable table_;

  std::atomic<int64_t> rows_{0};
  std::atomic<bool> rows_known_{false};
  std::atomic<int64_t> pending_{0};
  std::atomic<int64_t> unproved_{0};
  std::atomic<bool> archived_shown_{false};
  std::atomic<int64_t> quarantined_{0};
  std::atomic<bool> pending_noted_{true};
  std::atomic<bool> erased_noted_{false};
  std::atomic<bool> loaded_{false};
  std::atomic<ArchivedWalk> archived_walk_{ArchivedWalk::kNotWanted};
  std::atomic<bool> archived_list_{true};
  std::atomic<bool> accepted_{false};
  std::atomic<bool> links_followed_{false};
  std::atomic<bool> links_due_{true};

  /// One commit after the other, so that what is owed is stored in the order it came about.
  Mutex writing_;
  mutable Mutex mutex_;
  int searches_refused_ GUARDED_BY(mutex_) = 0;
  Instant search_refused_at_ GUARDED_BY(mutex_){};
  std::optional<TimePoint> walked_until_ GUARDED_BY(mutex_);
  std::string last_sweep_ GUARDED_BY(mutex_);
  StreamDebts debts_ GUARDED_BY(mutex_);
  std::string stored_debts_ GUARDED_BY(mutex_);
  int64_t sweep_serves_ GUARDED_BY(mutex_) = 0;  ///< the one that began last
  std::optional<TimePoint> changes_from_ GUARDED_BY(mutex_);
  std::string values_lost_why_ GUARDED_BY(mutex_);
  std::map<std::string, int64_t> values_lost_ GUARDED_BY(mutex_);
  bool forget_lost_values_ GUARDED_BY(mutex_) = false;  ///< with the next commit
  std::vector<RecordId> refresh_requests_ GUARDED_BY(mutex_);
  std::map<RecordId, std::optional<FoundRecord>> followed_ GUARDED_BY(mutex_);
  SaidLately distrust_said_ GUARDED_BY(mutex_);
  std::string distrust_ GUARDED_BY(mutex_);
  Instant distrusted_at_ GUARDED_BY(mutex_){};
  std::set<std::string> unlisted_ GUARDED_BY(mutex_);
  std::string names_complaint_ GUARDED_BY(mutex_);
  /// With the newest stamp the index has named for each.
  std::map<RecordId, std::optional<TimePoint>> unreadable_ GUARDED_BY(mutex_);
};

}  // namespace hubmirror
