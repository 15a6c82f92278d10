#include "jobs/part_size.h"

namespace hubmirror {
namespace {

// A server fails now and then whatever it is asked.
constexpr int kFailuresBeforeHalving = 2;
constexpr int kFailuresAlone = 3;
constexpr int kAnswersBeforeDoubling = 4;

bool SizeIsToBlame(const ApiError& error) {
  return error.kind == ApiErrorKind::kTooLarge || error.kind == ApiErrorKind::kDecode;
}

}  // namespace

bool SizeMatters(const ApiError& error) {
  return SizeIsToBlame(error) || error.kind == ApiErrorKind::kServer ||
         error.kind == ApiErrorKind::kTimeout || error.kind == ApiErrorKind::kBadRequest;
}

void PartSize::Answered() {
  failures_ = 0;
  if (size_ == most_ || ++answers_ < kAnswersBeforeDoubling) return;
  answers_ = 0;
  size_ = std::min(most_, 2 * size_);
}

PartSize::Next PartSize::Failed(const ApiError& error, size_t asked) {
  if (!SizeMatters(error)) return Next::kSame;
  ++failures_;
  answers_ = 0;
  if (asked <= 1) {
    size_ = 1;
    return failures_ < kFailuresAlone ? Next::kSame : Next::kAlone;
  }
  if (failures_ < kFailuresBeforeHalving && !SizeIsToBlame(error)) return Next::kSame;
  size_ = asked / 2;
  failures_ = size_ == 1 ? 0 : kFailuresBeforeHalving - 1;
  return Next::kSmaller;
}

void Blame::Answered() {
  doubt_ = Doubt::kNone;
  part_.Answered();
}

Blame::Next Blame::Failed(const ApiError& error, size_t asked) {
  if (doubt_ == Doubt::kProved && SizeMatters(error)) {
    doubt_ = Doubt::kNone;
    return Next::kToBlame;
  }
  const PartSize::Next next = part_.Failed(error, asked);
  if (next == PartSize::Next::kAlone) doubt_ = Doubt::kOfOne;
  return next == PartSize::Next::kSmaller ? Next::kSmaller : Next::kAgain;
}

void Blame::WitnessAnswered(bool answered) {
  doubt_ = answered ? Doubt::kProved : Doubt::kNone;
  if (answered) part_.Answered();
}

}  // namespace hubmirror
