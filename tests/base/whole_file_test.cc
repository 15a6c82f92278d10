#include "base/whole_file.h"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>

namespace hubmirror {
namespace {

namespace fs = std::filesystem;

/// A folder that goes with the test.
struct Folder {
  Folder() { REQUIRE(::mkdtemp(pattern.data()) != nullptr); }
  ~Folder() { fs::remove_all(pattern); }
  std::string operator/(const char* name) const { return pattern + "/" + name; }

  std::string pattern = "/tmp/hubmirror.XXXXXX";
};

mode_t ModeOf(const std::string& path) {
  struct stat status {};
  REQUIRE(::lstat(path.c_str(), &status) == 0);
  return status.st_mode & 07777;
}

TEST_CASE("files: a new one is its owner's alone and holds the whole text") {
  const Folder folder;
  const std::string text(100000, 'x');
  CHECK(MakeFile(folder / "a", text, 0600));
  CHECK(ModeOf(folder / "a") == 0600);
  CHECK(ReadRegularFile(folder / "a", text.size()) == text);
}

TEST_CASE("files: a new one neither replaces what is there nor writes through a link") {
  const Folder folder;
  REQUIRE(MakeFile(folder / "old", "old", 0600));
  CHECK_FALSE(MakeFile(folder / "old", "new", 0600));
  CHECK(errno == EEXIST);
  REQUIRE(::symlink("old", (folder / "link").c_str()) == 0);
  REQUIRE(::symlink("nothing", (folder / "dangling").c_str()) == 0);
  CHECK_FALSE(MakeFile(folder / "link", "new", 0600));
  CHECK_FALSE(MakeFile(folder / "dangling", "new", 0600));
  CHECK(ReadRegularFile(folder / "old", 100) == "old");
  CHECK_FALSE(fs::exists(folder / "nothing"));
}

TEST_CASE("files: a replacement takes the place of a link, and leaves alone what it led to") {
  const Folder folder;
  REQUIRE(MakeFile(folder / "old", "old", 0600));
  REQUIRE(::symlink("old", (folder / "link").c_str()) == 0);
  const std::string fresh = folder / ("link." + std::to_string(::getpid()) + ".new").c_str();
  REQUIRE(::symlink("old", fresh.c_str()) == 0);
  CHECK(ReplaceFile(folder / "link", "new", 0640));
  CHECK(ReadRegularFile(folder / "link", 100) == "new");
  CHECK(ReadRegularFile(folder / "old", 100) == "old");
  CHECK(ModeOf(folder / "link") == 0640);
  CHECK_FALSE(fs::exists(fresh));
}

TEST_CASE("files: only a regular file is read, without its links and within a limit") {
  const Folder folder;
  REQUIRE(MakeFile(folder / "a", "12345", 0600));
  CHECK(ReadRegularFile(folder / "a", 5) == "12345");
  CHECK_FALSE(ReadRegularFile(folder / "a", 4));
  CHECK(errno == EFBIG);
  REQUIRE(::symlink("a", (folder / "link").c_str()) == 0);
  CHECK_FALSE(ReadRegularFile(folder / "link", 100));
  CHECK(errno == ELOOP);
  REQUIRE(::mkfifo((folder / "pipe").c_str(), 0600) == 0);
  CHECK_FALSE(ReadRegularFile(folder / "pipe", 100));
  CHECK(errno == EINVAL);
  CHECK_FALSE(ReadRegularFile(folder / "nothing", 100));
  CHECK(errno == ENOENT);
}

TEST_CASE("files: a folder that nobody may write to is named by errno, and no half stays") {
  const Folder folder;
  CHECK_FALSE(ReplaceFile(folder / "none/a", "text", 0600));
  CHECK(errno == ENOENT);
  REQUIRE(fs::create_directories(folder / "a/b"));
  CHECK_FALSE(ReplaceFile(folder / "a", "text", 0600));
  CHECK(fs::exists(folder / "a/b"));
  CHECK_FALSE(fs::exists(folder / "a.new"));
}

}  // namespace
}  // namespace hubmirror
