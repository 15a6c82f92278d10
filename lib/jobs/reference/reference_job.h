#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "base/log.h"
#include "base/mutex.h"
#include "jobs/job.h"
#include "jobs/part_size.h"
#include "jobs/reference/gap_search.h"
#include "jobs/said_lately.h"
#include "model/portal/custom_type.h"
#include "model/portal/sync_observer.h"
#include "model/source/reference.h"
#include "model/source/source_clock.h"

namespace hubmirror {

/// How far the reading of list members has come: the list, where its next page begins (empty:
/// beyond `above`), and the last member read of it, or set aside.
struct MembersCursor {
  int64_t list = 0;
  std::string after;
  std::optional<int64_t> above;
  friend bool operator==(const MembersCursor&, const MembersCursor&) = default;
};
std::string ToText(const MembersCursor& cursor);
std::optional<MembersCursor> ParseMembersCursor(std::string_view text);

/// Whether HubSpot refuses the request for a reason that asking again does not cure: a missing
/// scope, or a subscription that lacks the feature. Such a table stays as it is and holds up
/// nothing else.
bool IsRefused(const ApiError& error);

/// Keeps tables of a portal that belong to no object type in step with it: every cycle reads each
/// kind completely and marks what is no longer there. Members of lists, of which there may be
/// millions, are committed in blocks, and a cycle continues where its last commit left it. A page
/// that fails is asked for in smaller ones; a member that cannot be read even alone is found, named
/// and left as it was, and reading goes on beyond it. If a kind or a list cannot be read to its
/// end, or its pages lead nowhere, its table stays as it was; this is reported, and the others go
/// on. One step at a time.
class ReferenceJob final : public Job {
 public:
  struct Parts {
    ReferenceSource& source;
    ReferenceSink& sink;
    const SourceClock& source_clock;
    const RateGovernor& governor;
    const Clock& clock;
    Logger& log;
    SyncObserver& observer;
    /// Custom types that are to be found, as the configuration names them.
    std::vector<std::string> custom_asked = {};
  };
  /// kDirectory for owners, teams and users; kLists for lists, their members and marketing events.
  ReferenceJob(PortalKey portal, JobKind kind, std::vector<ReferenceKind> kinds, Parts parts);

  JobKind kind() const override { return kind_; }
  std::optional<StepNeed> Next(Instant now) override;
  StepOutcome Step(Instant now, const StepNeed& granted) override;
  void Load(const StoredStream&) override { ForgetCycle(); }
  void Restart() override;

  /// Recalls how far it came before this daemon was started; blocks.
  JobProgress Recall();

  /// The state of each table, for people.
  std::vector<ReferenceStatus> statuses() const;
  /// The custom types there are, once they were read.
  std::optional<std::vector<CustomType>> found_types() const;
  int64_t last_cycle_requests() const override;

 private:
  StepOutcome Read();
  StepOutcome Take(ReferencePage page);
  StepOutcome TakeMembers(ReferencePage page);
  /// Takes the message about what was left out.
  std::string TakeLeftOut();
  /// Names the tables of the types that were read. What the configuration asks for and there is
  /// not, in words.
  std::string TakeTypes();
  /// Holds a page against what was asked for.
  void Check(const ReferenceRequest& request, ReferencePage& page);
  /// Whether a page leads on to another one that was not read yet.
  bool LeadsOn(const ReferenceRequest& request, ReferencePage& page);
  void Distrust(const std::string& promise, const std::string& how);
  StepOutcome Refused(const ApiError& error);
  StepOutcome Failed(const ApiError& error);
  /// Nothing smaller can be asked for, and the answer remains `error`.
  StepOutcome GiveUp(const ApiError& error);
  /// A member at which the list cannot be read is being looked for.
  StepOutcome Search(const Result<ReferencePage, ApiError>& page);
  /// It was found; the list is read on beyond it.
  void SetMemberAside();
  /// HubSpot does not know the list's next place, or the list.
  StepOutcome PlaceRefused(const std::string& why);
  /// The rest of the list cannot be read.
  StepOutcome CutList(const std::string& why);
  StepOutcome EndKind(int64_t records);
  /// Another kind or list is begun.
  void BeginPages();
  StepOutcome NextKind();
  StepOutcome NextList();
  StepOutcome EndCycle();
  void BeginMembers();
  /// Writes what was read of the list under way; `whole`: to its end.
  void CommitMembers(bool whole);
  /// The same for its members up to `to`; where reading goes on then, if it does.
  void WriteMembers(std::optional<int64_t> to, const std::optional<MembersCursor>& next);
  /// The last member read of the list under way.
  std::optional<int64_t> LastMember() const;
  void SayOfMembers(const std::string& what);
  void ForgetCycle();
  /// How the reading of a kind ended: `read` to its end, with or without something to say.
  void Note(ReferenceKind kind, bool read, const std::string& message);
  ReferenceRequest Request() const;

  const PortalKey portal_;
  const JobKind kind_;
  const std::vector<ReferenceKind> kinds_;
  const Parts parts_;

  mutable Mutex mutex_;
  bool busy_ GUARDED_BY(mutex_) = false;
  bool restart_ GUARDED_BY(mutex_) = false;
  std::map<ReferenceKind, ReferenceStatus> statuses_ GUARDED_BY(mutex_);
  int64_t last_cycle_requests_ GUARDED_BY(mutex_) = 0;
  std::optional<std::vector<CustomType>> found_types_ GUARDED_BY(mutex_);

  // One step at a time.
  size_t at_ = 0;          ///< the kind under way
  bool archived_ = false;  ///< of owners, the archived ones are read
  std::optional<std::string> after_;
  std::vector<ReferenceRow> rows_;
  std::vector<std::string> odd_;  ///< items of the kind or list that were left out
  std::string cut_;               ///< why the kind or list was not read to its end
  PartSize part_;
  bool passed_over_ = false;      ///< nothing was answered since a list was
  std::set<std::string> places_;  ///< where pages of the kind or list led to
  SaidLately said_;
  TimePoint began_{};  ///< HubSpot's clock at the first answer of the kind or list
  int64_t requests_ = 0;

  bool loaded_ = false;
  bool lists_known_ = false;    ///< this cycle has found them
  std::vector<int64_t> lists_;  ///< those still to be read, descending
  std::string of_members_;      ///< what is to be said of them at the end
  MembersCursor cursor_;
  bool ordered_ = true;
  std::optional<int64_t> above_;  ///< the last member committed, or set aside
  std::optional<GapSearch> gap_;  ///< for one that cannot be read
  std::string gap_cause_;         ///< what HubSpot says of it
};

}  // namespace hubmirror
