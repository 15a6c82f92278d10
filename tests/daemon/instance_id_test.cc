#include "daemon/instance_id.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <filesystem>

#include "support/temp_directory.h"

namespace hubmirror {
namespace {

namespace fs = std::filesystem;

TEST_CASE("instance: made at the first start, the same at every later one") {
  const testing::TempDirectory folder("instance");
  const std::string state = folder.path() / "state";
  const auto first = ReadOrMakeInstanceId(state);
  REQUIRE(first);
  CHECK(first->text.size() == 32);
  const auto again = ReadOrMakeInstanceId(state);
  REQUIRE(again);
  CHECK(again->text == first->text);
}

TEST_CASE("instance: an empty file, of a start that was cut off, is made anew") {
  const testing::TempDirectory folder("instance");
  folder.Write("instance", "");
  const auto id = ReadOrMakeInstanceId(folder.path());
  REQUIRE(id);
  CHECK(id->text.size() == 32);
}

TEST_CASE("instance: a link is neither read nor written through") {
  const testing::TempDirectory folder("instance");
  const fs::path elsewhere = folder.Write("elsewhere", "somebody-else\n");
  fs::create_symlink(elsewhere, folder.path() / "instance");
  const auto id = ReadOrMakeInstanceId(folder.path());
  REQUIRE_FALSE(id);
  CHECK(id.error().find("cannot read " + (folder.path() / "instance").string()) == 0);

  fs::remove(folder.path() / "instance");
  fs::create_symlink(elsewhere,
                     folder.path() / ("instance." + std::to_string(::getpid()) + ".new"));
  REQUIRE(ReadOrMakeInstanceId(folder.path()));
  CHECK(fs::file_size(elsewhere) == std::string("somebody-else\n").size());
}

}  // namespace
}  // namespace hubmirror
