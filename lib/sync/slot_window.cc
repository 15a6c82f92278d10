#include "sync/slot_window.h"

#include <algorithm>
#include <utility>

namespace hubmirror {

SlotWindow::SlotWindow(int64_t limit, Duration window, Instant now)
    : limit_(limit), window_(window), began_(now) {
  AddGhosts(0, limit, now);
}

void SlotWindow::AddGhosts(int64_t from, int64_t to, Instant start) {
  for (int64_t i = from; i < to; ++i) back_at_.push(start + window_ * i / std::max<int64_t>(1, to));
}

void SlotWindow::Expire(Instant now) {
  while (!back_at_.empty() && back_at_.top() <= now) back_at_.pop();
  if (others_until_ <= now) others_ = 0;
}

int64_t SlotWindow::used(Instant now) {
  Expire(now);
  return in_flight_ + static_cast<int64_t>(back_at_.size()) + others_;
}

Instant SlotWindow::FreeAt(int64_t cost, Instant now) {
  int64_t missing = used(now) + cost - limit_;
  if (missing <= 0) return now;
  // Answers of requests in flight cannot be foreseen; what is on its way back can.
  auto coming = back_at_;
  Instant at = now + window_ / std::max<int64_t>(1, limit_);
  while (missing > 0 && !coming.empty()) {
    at = coming.top();
    coming.pop();
    --missing;
  }
  return std::max(at, now + std::chrono::milliseconds(1));
}

void SlotWindow::Answered(Instant arrived) {
  if (in_flight_ > 0) --in_flight_;
  back_at_.push(arrived + window_);
}

void SlotWindow::GiveBack() {
  if (in_flight_ > 0) --in_flight_;
}

void SlotWindow::SetLimit(int64_t limit, Instant now) {
  if (limit <= 0 || limit == limit_) return;
  const int64_t before = std::exchange(limit_, limit);
  if (now < began_ + window_) AddGhosts(before, limit, began_);
}

void SlotWindow::OthersUse(int64_t count, Instant now) {
  others_ = std::max<int64_t>(0, count);
  others_until_ = now + window_;
}

}  // namespace hubmirror
