#include "jobs/reference/gap_search.h"

namespace hubmirror {
namespace {

constexpr int kFailuresBelieved = 2;
// Ids of neighbours in a list are millions apart in a large account.
constexpr int64_t kStride = 16;

}  // namespace

int64_t GapSearch::beyond() const {
  if (!high_) return kLargestId;
  return step_ > 0 ? low_ + step_ : low_ + (*high_ - low_) / 2;
}

void GapSearch::Answers() {
  failures_ = 0;
  const int64_t asked = beyond();
  // The first answer, from beyond all ids, says only that reading is possible at all.
  if (high_) step_ = 0;
  high_ = asked;
}

bool GapSearch::Fails() {
  if (++failures_ < kFailuresBelieved) return false;
  failures_ = 0;
  if (!high_) {
    hopeless_ = true;
    return true;
  }
  low_ = beyond();
  step_ *= kStride;
  if (*high_ - low_ <= step_) step_ = 0;
  return true;
}

std::optional<int64_t> GapSearch::culprit() const {
  return high_ && *high_ - low_ == 1 ? high_ : std::nullopt;
}

}  // namespace hubmirror
