#include "budget/slot_window.h"

#include <algorithm>

namespace hubmirror {
namespace {

using namespace std::chrono_literals;

// Longer than any answer can take: until then a request may still be told to have been counted.
constexpr Duration kRemembered = 1min;
// Which part of a window's slots may be used at once by those who spread their requests: a walk
// that waited for the database makes up for it.
constexpr int kEvenBurst = 10;
// Which part is kept back when HubSpot has told what the process before us used: requests it sent
// at its very end may not have arrived yet.
constexpr int kOnTheirWay = 10;
// Far above any limit there is; keeps sums of durations in range.
constexpr int64_t kMostSlots = 10'000'000;

int64_t InRange(int64_t limit) {
  return std::clamp<int64_t>(limit, 1, kMostSlots);
}

}  // namespace

SlotWindow::SlotWindow(int64_t limit, Duration window, Instant began)
    : limit_(InRange(limit)), window_(window), began_(began) {}

size_t SlotWindow::FirstOut(Instant now) const {
  const auto first = std::partition_point(sent_.begin(), sent_.end(),
                                          [now](const Sent& sent) { return sent.back_at <= now; });
  return static_cast<size_t>(first - sent_.begin());
}

Instant SlotWindow::WarmedUp(int64_t slots) const {
  return began_ + (window_ * std::clamp<int64_t>(slots, 0, limit_) + Duration(limit_ - 1)) / limit_;
}

int64_t SlotWindow::Withheld(Instant now) const {
  const int64_t others = now < others_until_ ? others_ : 0;
  if (now >= began_ + window_) return others;
  const int64_t come_in = now <= began_ ? 0 : limit_ * (now - began_) / window_;
  return others + std::min(limit_ - come_in, MostToCome());
}

int64_t SlotWindow::MostToCome() const {
  return told_ ? limit_ / kOnTheirWay : limit_;
}

Instant SlotWindow::WithheldAtMost(int64_t count) const {
  const auto come_in_to = [this](int64_t left) {
    return left >= MostToCome() ? began_ : WarmedUp(limit_ - left);
  };
  return count >= others_ ? come_in_to(count - others_)
                          : std::max(come_in_to(count), others_until_);
}

int64_t SlotWindow::used(Instant now) const {
  return in_flight() + static_cast<int64_t>(sent_.size() - FirstOut(now)) + Withheld(now);
}

Instant SlotWindow::FreeAt(int64_t cost, Instant now) const {
  const int64_t room = limit_ - std::min(cost, limit_) - in_flight();
  if (used(now) - in_flight() <= room) return now;
  Instant best = Instant::max();
  Instant at = now;
  for (size_t i = FirstOut(now);; ++i) {
    const auto out = static_cast<int64_t>(sent_.size() - i);
    if (out <= room) best = std::min(best, std::max(at, WithheldAtMost(room - out)));
    if (i == sent_.size() || sent_[i].back_at >= best) break;
    at = sent_[i].back_at;
  }
  // Answers of requests in flight cannot be foreseen; the caller asks again after each.
  return best == Instant::max() ? now + std::max<Duration>(window_ / limit_, 1ms) : best;
}

void SlotWindow::Take(int64_t cost, Instant now) {
  Forget(now);
  const auto place = std::upper_bound(taken_at_.begin(), taken_at_.end(), now);
  taken_at_.insert(place, static_cast<size_t>(cost), now);
}

Instant SlotWindow::EvenlyFreeAt(int64_t cost, Instant now) const {
  return std::max(FreeAt(cost, now), even_until_ - window_ / kEvenBurst);
}

void SlotWindow::TakeEvenly(int64_t cost, Instant now) {
  Take(cost, now);
  even_until_ = std::max(even_until_, now) + window_ * cost / limit_;
}

void SlotWindow::Answered(Instant sent_at, Instant arrived) {
  // The request took the last slot taken before it left; one that took none still counts.
  const auto later = std::upper_bound(taken_at_.begin(), taken_at_.end(), sent_at);
  if (!taken_at_.empty()) {
    taken_at_.erase(later == taken_at_.begin() ? taken_at_.begin() : later - 1);
  }
  const Sent sent{.sent_at = sent_at, .back_at = arrived + window_};
  const auto place =
      std::upper_bound(sent_.begin(), sent_.end(), sent,
                       [](const Sent& a, const Sent& b) { return a.back_at < b.back_at; });
  sent_.insert(place, sent);
}

void SlotWindow::GiveBack() {
  if (!taken_at_.empty()) taken_at_.pop_back();
}

void SlotWindow::SetLimit(int64_t limit, Duration window) {
  limit_ = InRange(limit);
  window_ = window;
}

void SlotWindow::Counted(int64_t count, Instant sent_at, Instant now) {
  const auto ours = std::count_if(sent_.begin(), sent_.end(), [sent_at](const Sent& sent) {
    return sent.sent_at <= sent_at && sent.back_at > sent_at;
  });
  const auto in_flight = std::upper_bound(taken_at_.begin(), taken_at_.end(), sent_at);
  told_ = true;
  others_ = std::max<int64_t>(0, count - ours - (in_flight - taken_at_.begin()));
  others_until_ = now + window_;
}

void SlotWindow::Forget(Instant now) {
  while (!sent_.empty() && sent_.front().back_at + kRemembered <= now) sent_.pop_front();
}

}  // namespace hubmirror
