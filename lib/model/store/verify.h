#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "model/store/row_sink.h"

namespace hubmirror {

/// One record in which mirror and portal disagree, although the mirror should know better.
struct VerifyFinding {
  enum class Kind {
    kMissing,    ///< live in the portal, not in the mirror
    kExtra,      ///< live in the mirror, not on the portal's list
    kDifferent,  ///< the mirror holds other values than it wrote: someone edited them
    kStale,      ///< the mirror holds what the portal held before
  };
  RecordId id;
  Kind kind = Kind::kMissing;
  std::vector<std::string> properties;  ///< of kDifferent: which
};

/// `missing`, `extra`, `different`, `stale`.
std::string_view NameOf(VerifyFinding::Kind kind);

/// What a comparison of mirror and portal found. What explains itself is not found: records that
/// changed, were archived or merged too lately for the mirror to know, and calculated values, which
/// move no stamp and are fresh after each sweep only (they are counted).
struct VerifyReport {
  int64_t list_pages = 0;   ///< of the list, that were compared
  int64_t batch_reads = 0;  ///< answered, about what the list did not show
  int64_t checked = 0;
  int64_t missing = 0;
  int64_t extra = 0;
  int64_t different = 0;
  int64_t stale = 0;
  int64_t unstamped = 0;  ///< changed in the portal without a stamp since the last sweep
  int64_t repaired = 0;   ///< rows written again; extra ones are left to resolve
  int64_t left = 0;       ///< different after they were repaired, or found and not to be repaired
  std::vector<VerifyFinding> findings;  ///< the first of them
  /// Live in the mirror and not on the list, not counted yet: the portal is asked what they are.
  std::vector<RecordId> absent;
  static constexpr size_t kMostFindings = 20;

  void Note(VerifyFinding::Kind kind, RecordId id, std::vector<std::string> properties = {});
  int64_t found() const { return missing + extra + different + stale; }
  void Add(const VerifyReport& other);
  /// `27,600 checked, 1 missing, ...` and the first findings, for people.
  std::string Text() const;
};

struct VerifyRequest {
  bool repair = false;
  /// By HubSpot's clock: changes up to here should be in the mirror.
  std::optional<TimePoint> watermark;
};

/// Compares rows with what is stored. Blocks, throws DatabaseError and renews ownership as RowSink
/// does. Thread-safe.
class VerifySink {
 public:
  virtual ~VerifySink() = default;
  /// Holds whole rows of live records, and the stretch of the list they prove, against the mirror,
  /// column by column. With `repair` what is found is mended in the same transaction, as Write
  /// does; `outcome` then says what was written. Safe while records change.
  virtual VerifyReport Verify(const Commit& page, const VerifyRequest& request,
                              CommitOutcome& outcome) = 0;
};

}  // namespace hubmirror
