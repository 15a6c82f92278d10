#include "sync/poll_schedule.h"

namespace hubmirror {

void PollSchedule::Line(Place& place, Instant at) {
  if (place.in_line != line_.end()) line_.erase(place.in_line);
  place.in_line = line_.emplace(at, place.portal->key());
}

void PollSchedule::Add(std::shared_ptr<PortalSync> portal) {
  MutexLock lock(mutex_);
  const PortalKey key = portal->key();
  Place& place = places_[key];
  place = {.portal = std::move(portal), .in_line = line_.end()};
  Line(place, clock_.Now());
  changed_.notify_one();
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

// The analysis cannot follow a lock that a condition variable gives back.
std::optional<PollSchedule::Turn> PollSchedule::Take(std::stop_token stop)
    NO_THREAD_SAFETY_ANALYSIS {
  MutexLock lock(mutex_);
  while (!stop.stop_requested()) {
    const Instant now = clock_.Now();
    if (line_.empty()) {
      changed_.wait(lock, stop, [this]() NO_THREAD_SAFETY_ANALYSIS { return !line_.empty(); });
      continue;
    }
    if (const Instant first = line_.begin()->first; first > now) {
      changed_.wait_until(lock, stop, first, [this, first]() NO_THREAD_SAFETY_ANALYSIS {
        return !line_.empty() && line_.begin()->first < first;
      });
      continue;
    }
    const PortalKey key = line_.begin()->second;
    Place& place = places_.at(key);
    line_.erase(place.in_line);
    place.in_line = line_.end();
    place.being_asked = true;
    place.woken = false;
    const std::shared_ptr<PortalSync> portal = place.portal;

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
      changed_.notify_one();
    }
    if (assignment != nullptr) return Turn{portal, *assignment};
  }
  return std::nullopt;
}

void PollSchedule::Done(const Turn& turn) {
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
  changed_.notify_one();
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
