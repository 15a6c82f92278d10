#include "daemon/feed_mark.h"

#include <charconv>
#include <filesystem>

#include "base/whole_file.h"

namespace hubmirror {
namespace {

// Half of what an epoch after a restart leaves out above the number that is remembered.
constexpr int64_t kEntriesBetween = 1 << 16;
// Numbers are exact in JSON.
constexpr int64_t kHighest = int64_t{1} << 53;
constexpr size_t kLongest = 64;

}  // namespace

FeedMark::FeedMark(const std::string& state_dir, const PortalKey& portal)
    : path_(state_dir + "/feed/" + portal) {
  const auto text = ReadRegularFile(path_, kLongest);
  if (!text) return;
  int64_t number = 0;
  const auto read = std::from_chars(text->data(), text->data() + text->size(), number);
  if (read.ec == std::errc() && number > 0 && number < kHighest) number_ = number;
}

void FeedMark::Keep(int64_t last) {
  if (last - number_ < kEntriesBetween) return;
  std::error_code ignored;
  std::filesystem::create_directories(std::filesystem::path(path_).parent_path(), ignored);
  if (ReplaceFile(path_, std::to_string(last) + "\n", 0600)) number_ = last;
}

}  // namespace hubmirror
