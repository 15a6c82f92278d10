#include "daemon/feed_mark.h"

#include <doctest/doctest.h>

#include "support/temp_directory.h"

namespace hubmirror {
namespace {

constexpr int64_t kNumber = 357'118'078'091'264;

TEST_CASE("feed mark: what was given out is remembered over a restart, written now and then") {
  const testing::TempDirectory folder("mark");
  FeedMark mark(folder.path() / "state", "acme");
  CHECK(mark.number() == 0);

  mark.Keep(kNumber);
  CHECK(FeedMark(folder.path() / "state", "acme").number() == kNumber);
  mark.Keep(kNumber + 65'535);
  CHECK(FeedMark(folder.path() / "state", "acme").number() == kNumber);
  mark.Keep(kNumber + 65'536);
  CHECK(FeedMark(folder.path() / "state", "acme").number() == kNumber + 65'536);
  CHECK(FeedMark(folder.path() / "state", "beta").number() == 0);
}

TEST_CASE("feed mark: a file that is none of ours remembers nothing, and is replaced") {
  for (const std::string text :
       {"", "no number", "-5", "99999999999999999999", "9007199254740993"}) {
    const testing::TempDirectory folder("mark");
    std::filesystem::create_directory(folder.path() / "feed");
    folder.Write("feed/acme", text);
    FeedMark mark(folder.path(), "acme");
    CHECK(mark.number() == 0);
    mark.Keep(kNumber);
    CHECK(FeedMark(folder.path(), "acme").number() == kNumber);
  }
}

TEST_CASE("feed mark: a directory that cannot be written stops nothing") {
  const testing::TempDirectory folder("mark");
  folder.Write("state", "a file");
  FeedMark mark(folder.path() / "state", "acme");
  mark.Keep(kNumber);
  CHECK(mark.number() == 0);
}

}  // namespace
}  // namespace hubmirror
