#include "daemon/feed_mark.h"

#include "daemon/number_file.h"

namespace hubmirror {
namespace {

// Half of what an epoch after a restart leaves out above the number that is remembered.
constexpr int64_t kEntriesBetween = 1 << 16;

}  // namespace

FeedMark::FeedMark(const std::string& state_dir, const PortalKey& portal)
    : path_(state_dir + "/feed/" + portal), number_(ReadNumber(path_)) {}

void FeedMark::Keep(int64_t last) {
  if (last - number_ < kEntriesBetween) return;
  if (KeepNumber(path_, last)) number_ = last;
}

}  // namespace hubmirror
