#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "jobs/stream_debts.h"
#include "model/source/page_source.h"
#include "model/store/row_sink.h"

namespace hubmirror {

/// Why nothing is written or marked any more until the operator agrees (rule R13).
enum class Brake {
  kMassGone,    ///< too many records would be marked erased or purged
  kValuesLost,  ///< too many records lose the value of one property
};

/// Whether HubSpot can search a type. Not every type can be searched, and the documentation does
/// not name them all, so the answers decide: after several refusals in a row nobody searches any
/// more, except for one try a day. Pure value.
class SearchSupport {
 public:
  bool known(Instant now) const;
  /// Takes in how a search was answered at `now`. Returns whether this refusal was the one too
  /// many.
  bool Note(const Result<SearchAnswer, ApiError>& answer, Instant now);

 private:
  int refused_ = 0;
  Instant refused_at_{};
};

/// What the jobs of one stream tell each other, and people, about how things stand at one moment.
/// Plain value.
struct StreamFacts {
  struct Names {
    std::set<std::string> unlisted;  ///< that the operator names and HubSpot does not list
    std::string complaint;  ///< which names cannot be honoured, for the status; may be empty
  };

  int64_t rows = 0;
  bool rows_known = false;
  int64_t quarantined = 0;
  PendingCounts pending = {};  ///< when resolve last looked
  bool pending_noted = true;   ///< records may be waiting in `_pending`
  /// A commit of this stream erased a contact: the calls, e-mails and notes linked with it, which
  /// are records of other streams, wait in `_pending`.
  bool erased_noted = false;
  /// HubSpot has shown an archived record of this type since the daemon started, so it means
  /// something if it does not show another one (rule R13).
  bool archived_shown = false;
  bool links_followed = false;  ///< links are read, so written records are noted for relink
  bool links_due = true;        ///< records may be waiting for relink

  /// When a commit last changed a record, or the stream was opened since. A restart forgets it: a
  /// stream that was quiet has to be so once more.
  std::optional<Instant> changed_at;
  std::optional<TimePoint> swept_at;  ///< when the last sweep ended; absent: there was none
  /// When the last complete walk of the live list began, by HubSpot's clock: every earlier change
  /// is in the mirror.
  std::optional<TimePoint> walked_until;
  /// Where the changes job begins when it never ran: set by the first sweep (rule R5).
  std::optional<TimePoint> changes_from;
  bool has_archived_list = true;  ///< HubSpot offers the archived list of this type
  SearchSupport search;

  StreamDebts debts;
  int64_t sweep_serves = 0;     ///< how many wishes there were when the last sweep began
  int64_t archived_serves = 0;  ///< the same of the archived list
  std::string values_lost;      ///< why that brake holds; empty: it does not
  bool accepted = false;        ///< the operator has agreed, and resolve does not know it yet

  std::shared_ptr<const Names> names = std::make_shared<const Names>();  ///< never null
  std::string distrusted;  ///< what HubSpot promised and did not keep, last
  Instant distrusted_at{};

  /// The rows were counted in the database.
  void CountedRows(int64_t counted) {
    rows = counted;
    rows_known = true;
  }
  /// The first sweep has ended: the table is complete.
  bool loaded() const { return swept_at.has_value(); }
  /// An early sweep was asked for, and none has begun since.
  bool sweep_wanted() const;
  /// The same for the archived list.
  bool archived_wanted() const;
  /// Why nothing counts as verified until a sweep has ended; empty: none is owed.
  std::string sweep_owed() const;
  /// Why a brake holds the stream; empty: it does not.
  std::string suspicion(Brake brake) const;
  /// What HubSpot did not keep within the last hour, for the status.
  std::string distrust(Instant now) const;
};

}  // namespace hubmirror
