#include "sync/poll_schedule.h"

#include <algorithm>
#include <utility>

namespace hubmirror {
namespace {

constexpr auto kLookAnyway = std::chrono::hours(1);
// How long workers must have been more than enough.
constexpr auto kSpareFor = std::chrono::minutes(1);

}  // namespace

PollSchedule::PollSchedule(const Clock& clock) : clock_(clock), spare_since_(clock.Now()) {}

void PollSchedule::Employ(std::function<bool()> another) {
  MutexLock lock(mutex_);
  another_ = std::move(another);
  looking_ = another_ && another_() ? 1 : 0;
}

void PollSchedule::Line(Place& place, Instant at) {
  if (place.in_line != line_.end()) line_.erase(place.in_line);
  place.in_line = line_.emplace(at, place.portal->key());
}

void PollSchedule::Add(std::shared_ptr<PortalSync> portal) {
  MutexLock lock(mutex_);
  const PortalKey key = portal->key();
  Place& place = places_[key];
  if (place.portal && place.in_line != line_.end()) line_.erase(place.in_line);
  place = {.portal = std::move(portal), .in_line = line_.end()};
  Line(place, clock_.Now());
  Call();
}

std::shared_ptr<PortalSync> PollSchedule::Remove(const PortalKey& key) {
  MutexLock lock(mutex_);
  const auto found = places_.find(key);
  if (found == places_.end()) return nullptr;
  std::shared_ptr<PortalSync> portal = found->second.portal;
  portal->Stop();
  if (found->second.in_line != line_.end()) line_.erase(found->second.in_line);
  places_.erase(found);
  return portal;
}

// The analysis cannot follow a lock that is given back in between.
std::optional<PollSchedule::Turn> PollSchedule::AskFirst(MutexLock& lock,
                                                         Instant now) NO_THREAD_SAFETY_ANALYSIS {
  const PortalKey key = line_.begin()->second;
  Place& place = places_.at(key);
  line_.erase(place.in_line);
  place.in_line = line_.end();
  place.being_asked = true;
  place.woken = false;
  const std::shared_ptr<PortalSync> portal = place.portal;
  if (!line_.empty() && line_.begin()->first <= now) Call();

  lock.unlock();
  auto next = portal->Next(now);
  lock.lock();

  const auto* assignment = std::get_if<PortalSync::Assignment>(&next);
  // The portal may have been removed, or replaced, meanwhile.
  if (const auto again = places_.find(key);
      again != places_.end() && again->second.portal == portal) {
    again->second.being_asked = false;
    const bool at_once = assignment != nullptr || again->second.woken;
    Line(again->second, at_once ? now : std::get<Instant>(next));
  }
  // Who found nothing to do looks at the line again before it waits.
  if (assignment != nullptr) --looking_;
  if (assignment != nullptr || watched_) Call();
  if (assignment == nullptr) return std::nullopt;
  return Turn{portal, *assignment};
}

std::variant<PollSchedule::Turn, Instant> PollSchedule::TakeNow() NO_THREAD_SAFETY_ANALYSIS {
  MutexLock lock(mutex_);
  const Instant now = clock_.Now();
  while (!line_.empty() && line_.begin()->first <= now) {
    if (auto turn = AskFirst(lock, now)) return *std::move(turn);
  }
  return line_.empty() ? now + kLookAnyway : line_.begin()->first;
}

std::optional<PollSchedule::Turn> PollSchedule::Take(std::stop_token stop)
    NO_THREAD_SAFETY_ANALYSIS {
  while (!stop.stop_requested()) {
    auto next = TakeNow();
    if (auto* turn = std::get_if<Turn>(&next)) return std::move(*turn);
    MutexLock lock(mutex_);
    if (!Wait(lock, std::get<Instant>(next), stop)) break;
  }
  return std::nullopt;
}

bool PollSchedule::Wait(MutexLock& lock, Instant at,
                        std::stop_token stop) NO_THREAD_SAFETY_ANALYSIS {
  --looking_;
  if (watched_) {
    if (MayGo(clock_.Now())) return false;
    ++sleeping_;
    clock_.WaitUntil(called_, lock, clock_.Now() + kSpareFor, std::move(stop),
                     [this]() NO_THREAD_SAFETY_ANALYSIS { return calls_ > 0; });
    --sleeping_;
    if (calls_ > 0) --calls_;
  } else {
    watched_ = true;
    clock_.WaitUntil(changed_, lock, at, std::move(stop), [this, at]() NO_THREAD_SAFETY_ANALYSIS {
      return !line_.empty() && line_.begin()->first < at;
    });
    watched_ = false;
  }
  ++looking_;
  return true;
}

bool PollSchedule::MayGo(Instant now) {
  if (now - spare_since_ >= kSpareFor) {
    may_go_ = spare_;
    spare_ = sleeping_ - calls_;
    spare_since_ = now;
  }
  if (may_go_ == 0) return false;
  --may_go_;
  return true;
}

void PollSchedule::Call() {
  if (watched_) {
    changed_.notify_one();
  } else if (calls_ < sleeping_) {
    ++calls_;
    called_.notify_one();
    spare_ = std::min(spare_, sleeping_ - calls_);
    may_go_ = std::min(may_go_, spare_);
  } else if (another_ && looking_ <= 0) {
    spare_ = may_go_ = 0;
    if (another_()) ++looking_;
  }
}

void PollSchedule::Done(const Turn& turn) {
  {
    MutexLock lock(mutex_);
    ++looking_;
  }
  Wake(turn.portal->key());
}

void PollSchedule::Wake(const PortalKey& key) {
  MutexLock lock(mutex_);
  const auto found = places_.find(key);
  if (found == places_.end()) return;
  if (found->second.being_asked) {
    found->second.woken = true;
    return;
  }
  Line(found->second, clock_.Now());
  Call();
}

std::shared_ptr<PortalSync> PollSchedule::Find(const PortalKey& key) const {
  MutexLock lock(mutex_);
  const auto found = places_.find(key);
  return found == places_.end() ? nullptr : found->second.portal;
}

std::vector<std::shared_ptr<PortalSync>> PollSchedule::portals() const {
  MutexLock lock(mutex_);
  std::vector<std::shared_ptr<PortalSync>> all;
  for (const auto& [key, place] : places_) all.push_back(place.portal);
  return all;
}

}  // namespace hubmirror
