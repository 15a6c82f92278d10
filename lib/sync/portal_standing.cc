#include "sync/portal_standing.h"

#include <algorithm>
#include <utility>

namespace hubmirror {

std::optional<Instant> PortalStanding::Waits(Instant now) const {
  return hold_ && now < held_until_ ? std::optional(held_until_) : std::nullopt;
}

std::optional<Instant> PortalStanding::StreamWaits(size_t stream, Instant now) const {
  if (streams_[stream].paused.value_or(false)) return Instant::max();
  const Instant until = streams_[stream].blocked_until;
  return now < until ? std::optional(until) : std::nullopt;
}

std::optional<PortalStanding::Cause> PortalStanding::CauseOf(size_t stream) const {
  if (streams_[stream].paused.value_or(false)) {
    return Cause{StreamState::kPaused, "operator", "paused until `hubmirror resume`"};
  }
  if (hold_) return hold_;
  const auto& blocks = streams_[stream].blocks;
  if (blocks.empty()) return std::nullopt;
  // What a person has to see to comes first.
  const auto blocked = std::find_if(blocks.begin(), blocks.end(), [](const auto& block) {
    return block.second.state == StreamState::kBlocked;
  });
  return blocked == blocks.end() ? blocks.begin()->second : blocked->second;
}

PortalStanding::Held PortalStanding::Hold(const Verdict& verdict, std::string message,
                                          Instant now) {
  if (Waits(now)) return Held::kAlready;
  const bool known = hold_ && hold_->reason == verdict.reason;
  hold_ = {verdict.state, verdict.reason, std::move(message)};
  held_until_ = now + verdict.delay;
  holds_.Add(verdict.kind);
  return known ? Held::kStill : Held::kForReason;
}

std::optional<PortalStanding::Cause> PortalStanding::Open() {
  holds_ = {};
  return std::exchange(hold_, std::nullopt);
}

void PortalStanding::Block(size_t stream, size_t task, const Verdict& verdict, std::string message,
                           Instant now) {
  streams_[stream].blocks[task] = {verdict.state, verdict.reason, std::move(message)};
  streams_[stream].blocked_until = now + verdict.delay;
}

void PortalStanding::Unblock(size_t stream, size_t task, Instant now) {
  streams_[stream].blocks.erase(task);
  streams_[stream].blocked_until = std::min(streams_[stream].blocked_until, now);
}

void PortalStanding::Throttled(Instant now) {
  if (!throttled_since_) throttled_since_ = now;
}

std::optional<Duration> PortalStanding::Served(Instant now) {
  const auto since = std::exchange(throttled_since_, std::nullopt);
  return since ? std::optional(now - *since) : std::nullopt;
}

}  // namespace hubmirror
