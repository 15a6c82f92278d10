#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "jobs/links/link_batch.h"
#include "jobs/links/link_partners.h"
#include "jobs/stream_job.h"

namespace hubmirror {

/// Where the reading of all links stands: the other type of the pair, and the last record read.
struct LinksCursor {
  std::string other;
  std::optional<RecordId> last;
  friend bool operator==(const LinksCursor&, const LinksCursor&) = default;
};
std::string ToText(const LinksCursor& cursor);
std::optional<LinksCursor> ParseLinksCursor(std::string_view text);

/// What the jobs that read links need besides their stream.
struct LinkPorts {
  LinkSource& source;
  LinkSink& sink;
  LinkPartners& partners;

  /// Asks what links there can be between two types, notes and stores it: one request. A refusal
  /// (a missing scope, types that cannot be linked) is noted too, and said in the log.
  std::optional<ApiError> LearnTypes(const StreamContext& stream, const LinkPair& pair) const;
  /// Whether HubSpot refuses the links of a pair, which must not hold up the stream: then it is
  /// noted and said, and the pair is left out for a while.
  bool NoteRefusal(const StreamContext& stream, const LinkPair& pair, const ApiError& error) const;
};

/// Reads the associations of all live records of one type, pair of types by pair (design R17): a
/// thousand records a request. Changes of links move no stamp, so this is what finds them; it goes
/// on where its last commit left it. Begins when the stream is loaded.
class LinksJob final : public StreamJob {
 public:
  LinksJob(std::shared_ptr<StreamContext> stream, LinkPorts ports)
      : StreamJob(std::move(stream)), ports_(ports) {}

  JobKind kind() const override { return JobKind::kLinks; }

 protected:
  std::optional<StepNeed> NextStep(Instant now) override;
  StepOutcome DoStep(Instant now) override;
  void LoadFrom(const StoredStream& stored) override;
  void Abandon() override;

 private:
  /// The pair under way; moves on when its partner is not mirrored any more. Null: all are read.
  const LinkPair* CurrentPair();
  /// Leaves pairs out that are known not to be linkable.
  void SkipUnlinkable(Instant now);
  StepOutcome ReadBatch(const LinkPair& pair);
  StepOutcome Finish();
  void NextPair();
  JobProgress Progress() const;

  const LinkPorts ports_;

  std::vector<LinkPair> pairs_;
  bool walking_ = false;
  LinksCursor cursor_;
  std::optional<LinkBatch> batch_;
  std::optional<TimePoint> last_complete_at_;
};

}  // namespace hubmirror
