// How often the jobs of a portal come round, by what they cost and what HubSpot offers.

#include <algorithm>

#include "sync/portal_sync.h"

namespace hubmirror {
namespace {

// Which lists a type has may change, but not from hour to hour.
constexpr Duration kUnsupportedAskedAgain = std::chrono::hours(24);

std::chrono::milliseconds InMilliseconds(Duration duration) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(duration);
}

}  // namespace

Duration PortalSync::Affordable(Duration period, int64_t pages,
                                std::optional<int64_t> otherwise) const {
  const auto known = governor_->daily_share();
  const auto share = known ? known : otherwise;
  if (!share || *share <= 0) return period;
  const double day_part = static_cast<double>(pages) * 10.0 / static_cast<double>(*share);
  return std::max<Duration>(
      period, std::chrono::milliseconds(static_cast<int64_t>(86'400'000.0 * day_part)));
}

Duration PortalSync::NextPeriod(Stream& stream, Task& task) {
  Duration period = task.every();
  if (task.kind() == JobKind::kArchived && !stream.context->has_archived_list()) {
    stream.archived_stretched.reset();
    period = std::max(period, kUnsupportedAskedAgain);
  } else if (task.kind() == JobKind::kArchived) {
    // The archived list has no filter: what is new in it is found by walking it.
    period = Affordable(period, stream.archived->last_walk_pages());
    stream.archived_stretched.reset();
    if (period > task.every()) stream.archived_stretched = period;
  }
  if (task.kind() == JobKind::kVerify) {
    period = Affordable(period, stream.verify->last_pages());
  }
  if (task.kind() == JobKind::kSweep) {
    period = SweepPeriod(stream);
    task.set_every(InMilliseconds(period));
  }
  return Early(period);
}

Duration PortalSync::SweepPeriod(Stream& stream) const {
  const StreamContext& context = *stream.context;
  const StreamPlan& plan = context.plan();
  const int64_t pages = stream.sweep->last_walk_pages();
  stream.walked_every.reset();
  if (!context.searchable()) {
    stream.walked_every = Affordable(plan.interval, pages);
    return *stream.walked_every;
  }
  if (context.has_archived_list()) return plan.sweep_every;
  // What the archived list would have told as often is told by the live one.
  const auto wished = std::min(plan.sweep_every, plan.archived_every);
  return std::min<Duration>(plan.sweep_every, Affordable(wished, pages));
}

void PortalSync::HastenSweep(Stream& stream, Instant now) const {
  if (stream.context->has_archived_list() || !stream.context->loaded()) return;
  for (Task& task : stream.tasks) {
    if (task.kind() != JobKind::kSweep) continue;
    const Duration period = SweepPeriod(stream);
    task.set_every(InMilliseconds(period));
    task.DueAt(std::min(task.due(), now + Early(period)));
  }
}

Duration PortalSync::Early(Duration period) const {
  // Early rather than late, so that the promise holds, and never all streams at once.
  return std::chrono::duration_cast<Duration>(period * (0.9 + 0.1 * ports_.random.Fraction()));
}

}  // namespace hubmirror
