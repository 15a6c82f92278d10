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

}  // namespace hubmirror
