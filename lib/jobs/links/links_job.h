#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "jobs/links/link_asker.h"
#include "jobs/links/link_batch.h"
#include "jobs/links/link_partners.h"
#include "jobs/stream_job.h"

namespace hubmirror {

/// How far the reading of all links has come: the other type of the pair, and the last record read.
/// Then the types whose links it has read to the end. And what outlives it: the types whose links
/// HubSpot shows from this side only, and those whose links were read to the end before (nullopt:
/// all, as nobody noted them).
struct LinksCursor {
  std::string other = {};
  std::optional<RecordId> last = {};
  std::vector<std::string> read = {};
  std::vector<std::string> one_way = {};
  std::optional<std::vector<std::string>> loaded = {};
  friend bool operator==(const LinksCursor&, const LinksCursor&) = default;
};
std::string ToText(const LinksCursor& cursor);
std::optional<LinksCursor> ParseLinksCursor(std::string_view text);

/// Reads the associations of all live records of one type, pair of types by pair (rule R17): a
/// thousand records a request. A change of links moves no stamp, so only this job finds it. It
/// continues where its last commit left it, and starts once the stream is loaded.
///
/// If the first side of a pair shows nothing, the job of the other side looks. It stores nothing
/// until HubSpot denies on the first side a link that it shows on this one; from then on the pair
/// is read from this side, also after a restart. Such a look may come before the job is due, and
/// then reads no other pair.
class LinksJob final : public StreamJob {
 public:
  LinksJob(std::shared_ptr<StreamContext> stream, LinkPartners& partners)
      : StreamJob(std::move(stream)),
        partners_(partners),
        asker_(StreamJob::stream(), JobKind::kLinks, partners) {}

  JobKind kind() const override { return JobKind::kLinks; }
  bool urgent() const override { return partners_.LookWanted(object()); }

 protected:
  std::optional<StepNeed> NextStep(Instant now) override;
  StepOutcome DoStep(Instant now, const StepNeed& granted, const TableShapePtr& table) override;
  void LoadFrom(const StoredStream& stored) override;
  void Abandon() override;

 private:
  void Begin();
  /// In how long all links are due again; empty: now, or nobody knows.
  std::optional<std::chrono::milliseconds> DueIn() const;
  /// The pair under way; moves on if its partner is no longer mirrored. Null: all pairs have been
  /// read.
  const LinkPair* CurrentPair();
  /// Leaves out pairs that cannot be linked or are read from their other side.
  void SkipOthers(Instant now);
  StepOutcome ReadBatch(const LinkPair& pair);
  StepOutcome Store(const LinkPair& pair, int64_t links);
  /// Asks the other side of a pair whether it shows any of the links that this one does.
  StepOutcome AskFirstSide(const LinkPair& pair);
  StepOutcome UseThisSide(const LinkPair& pair);
  StepOutcome UseFirstSide(const LinkPair& pair);
  StepOutcome Finish();
  void NextPair();
  JobProgress Progress() const;
  /// Whether all links of the pair have been read before: what differs now has changed.
  bool IsLoaded(const LinkPair& pair) const;
  /// The pairs of this reading are loaded now; false: they all were.
  bool NoteLoaded();

  LinkPartners& partners_;
  LinkAsker asker_;

  std::vector<LinkPair> pairs_;
  bool walking_ = false;
  bool only_looking_ = false;  ///< at doubtful pairs, before the job is due
  LinksCursor cursor_;
  std::optional<LinkBatch> batch_;
  /// Records at the other end of links that were found by looking.
  std::vector<RecordId> looked_up_;
  std::optional<TimePoint> last_complete_at_;
  std::optional<std::set<std::string>> loaded_ = std::set<std::string>();  ///< as in the cursor
  std::set<std::string> read_;                                             ///< as in the cursor
};

}  // namespace hubmirror
