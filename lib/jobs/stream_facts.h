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

/// Whether the archived list has to be walked before its time: other properties are asked for than
/// when it was walked last. Pure value.
class WantedWalk {
 public:
  /// Until a walk that began afterwards has ended.
  bool wanted() const { return state_ != State::kNotWanted; }
  /// None has begun since.
  bool urgent() const { return state_ == State::kWanted; }
  void Want() { state_ = State::kWanted; }
  void Begins() { Move(State::kWanted, State::kServed); }
  void IsCut() { Move(State::kServed, State::kWanted); }
  void Ends() { Move(State::kServed, State::kNotWanted); }

 private:
  enum class State { kNotWanted, kWanted, kServed };
  void Move(State from, State to) {
    if (state_ == from) state_ = to;
  }
  State state_ = State::kNotWanted;
};

/// Whether HubSpot's search knows a type: not every type can be searched, and which ones can is
/// only partly documented, so it is learned from answers. After several refusals in a row, without
/// an answer in between, search is no longer asked; it is tried again once a day. Pure value.
class SearchSupport {
 public:
  bool known(Instant now) const;
  /// How a search was answered at `now`. Whether that was the refusal that is believed.
  bool Note(const Result<SearchAnswer, ApiError>& answer, Instant now);

 private:
  int refused_ = 0;
  Instant refused_at_{};
};

/// What the jobs of one stream tell each other, and what of it people are shown: how things stand
/// at one moment. Plain value.
struct StreamFacts {
  struct Names {
    std::set<std::string> unlisted;  ///< that the operator names and HubSpot does not list
    std::string complaint;  ///< what of the names cannot be honoured, for the status; may be empty
  };

  int64_t rows = 0;
  bool rows_known = false;
  int64_t quarantined = 0;
  PendingCounts pending = {};  ///< when resolve last looked
  bool pending_noted = true;   ///< records may be waiting in `_pending`
  /// A commit of this stream erased somebody: what was said with them, records of other streams,
  /// waits in `_pending`.
  bool erased_noted = false;
  /// HubSpot has shown an archived record of this type since the daemon started: that it does not
  /// show another one means something (rule R13).
  bool archived_shown = false;
  bool links_followed = false;  ///< links are read: records that are written are noted for it
  bool links_due = true;        ///< records may be waiting for their links to be read

  std::optional<TimePoint> swept_at;  ///< when the last sweep ended; absent: there was none
  /// By HubSpot's clock, when the last whole walk of the live list began: all that was changed
  /// before is in the mirror.
  std::optional<TimePoint> walked_until;
  /// Where the changes job begins when it never ran: set by the first sweep (rule R5).
  std::optional<TimePoint> changes_from;
  bool has_archived_list = true;  ///< HubSpot offers the archived list of this type
  WantedWalk archived_walk;
  SearchSupport search;

  StreamDebts debts;
  int64_t sweep_serves = 0;  ///< so many wishes: the sweep that began last
  std::string values_lost;   ///< why that brake holds; empty: it does not
  bool accepted = false;     ///< the operator checked and agreed, and resolve has yet to hear of it

  std::shared_ptr<const Names> names = std::make_shared<const Names>();  ///< never null
  std::string distrusted;  ///< what HubSpot promised and did not keep, last
  Instant distrusted_at{};

  /// Somebody asked the database.
  void CountedRows(int64_t counted) {
    rows = counted;
    rows_known = true;
  }
  /// The first sweep has ended: the table is a whole copy.
  bool loaded() const { return swept_at.has_value(); }
  /// Somebody found reason for a sweep before its time, and none has begun since.
  bool sweep_wanted() const;
  /// Why nothing is verified before a sweep has ended; empty: none is owed.
  std::string sweep_owed() const;
  /// Why a brake holds the stream; empty: it does not.
  std::string suspicion(Brake brake) const;
  /// What is distrusted, for an hour; for the status.
  std::string distrust(Instant now) const;
};

}  // namespace hubmirror
