#include "model/source/source_clock.h"

namespace hubmirror {
namespace {

using namespace std::chrono_literals;

// `Date` has whole seconds, answers overtake each other, and hosts of a cluster differ a little.
constexpr auto kSlack = 5min;
constexpr auto kAgreement = 1min;
constexpr int kClaimsBelieved = 3;

bool Near(TimePoint a, TimePoint b, std::chrono::milliseconds within) {
  return a <= b + within && b <= a + within;
}

}  // namespace

TimePoint SourceClock::Carried(const Heard& heard, Instant now) {
  return heard.date + std::chrono::floor<std::chrono::milliseconds>(now - heard.at);
}

TimePoint SourceClock::Judge(const Reading& reading) {
  MutexLock lock(mutex_);
  const TimePoint expected = believed_ ? Carried(*believed_, reading.answered_at) : reading.wall;
  const bool near = Near(reading.date, expected, kSlack);
  if (!near && !Confirms(reading)) {
    return believed_ ? Carried(*believed_, reading.sent_at) : reading.date;
  }
  claimed_.reset();
  // Time does not go back for an answer that was overtaken.
  const bool overtaken =
      near && believed_ && reading.date < expected && reading.date + kAgreement > believed_->date;
  if (!overtaken) believed_ = Heard{reading.date, reading.answered_at};
  return reading.date;
}

bool SourceClock::Confirms(const Reading& reading) {
  const bool agrees =
      claimed_ && Near(reading.date, Carried(*claimed_, reading.answered_at), kAgreement);
  if (!agrees) {
    claimed_ = Heard{reading.date, reading.answered_at};
    claims_ = 0;
  }
  return ++claims_ == kClaimsBelieved;
}

std::optional<TimePoint> SourceClock::Now(Instant now) const {
  MutexLock lock(mutex_);
  if (!believed_) return std::nullopt;
  return Carried(*believed_, now);
}

bool LiesAhead(TimePoint time, TimePoint now) {
  return time > now + kSlack;
}

}  // namespace hubmirror
