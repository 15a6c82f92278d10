#include "support/process.h"

#include <doctest/doctest.h>
#include <signal.h>

#include <chrono>
#include <stdexcept>
#include <string>

#include "support/await.h"
#include "support/temp_directory.h"

namespace hubmirror::testing {
namespace {

using namespace std::chrono_literals;

TEST_CASE("process: a program's exit code, signal and output come back") {
  const ProgramResult failed =
      RunProgram({"/bin/sh", "-c", "echo out; echo err >&2; exit 7"}, {}, 10s);
  CHECK(failed.end == ProcessEnd{.exit_code = 7});
  CHECK(failed.output == "out\nerr\n");

  const ProgramResult shot = RunProgram({"/bin/sh", "-c", "kill -9 $$"}, {}, 10s);
  CHECK(shot.end == ProcessEnd{.exit_code = -1, .signal = SIGKILL});
}

TEST_CASE("process: it sees the environment it was given and not the test's") {
  setenv("HUBMIRROR_SECRET_OF_THE_TEST", "x", 1);

  const ProgramResult result = RunProgram(
      {"/bin/sh", "-c", "echo \"$GIVEN-$HUBMIRROR_SECRET_OF_THE_TEST-\""}, {{"GIVEN", "g"}}, 10s);

  CHECK(result.output == "g--\n");
}

TEST_CASE("process: a program that does not exist or does not end is an error") {
  CHECK_THROWS_AS(RunProgram({"/no/such/program"}, {}, 1s), std::runtime_error);
  CHECK_THROWS_AS(RunProgram({"/bin/sleep", "60"}, {}, 100ms), std::runtime_error);
}

TEST_CASE("process: the end of the object is the end of the program") {
  const TempDirectory directory("process");
  pid_t pid = 0;
  {
    Process process({.command = {"/bin/sleep", "60"}, .log = directory.path() / "log"});
    pid = process.pid();
    CHECK(process.running());
  }
  CHECK(kill(pid, 0) == -1);
}

TEST_CASE("process: a polite end is told from a kill") {
  const TempDirectory directory("process");
  const auto log = directory.path() / "log";
  Process polite(
      {.command = {"/bin/sh", "-c", "trap 'exit 3' TERM; echo up; while :; do sleep 0.05; done"},
       .log = log});
  Await("the shell to be up", 10s, [&] { return ReadFile(log) == "up\n"; });
  CHECK(polite.Terminate(10s) == ProcessEnd{.exit_code = 3});

  Process killed({.command = {"/bin/sleep", "60"}, .log = log});
  killed.Kill();
  CHECK_FALSE(killed.running());
  CHECK(killed.Wait(0ms) == ProcessEnd{.exit_code = -1, .signal = SIGKILL});
}

TEST_CASE("process: processor time and memory are read while it runs") {
  const TempDirectory directory("process");
  Process busy(
      {.command = {"/bin/sh", "-c", "while :; do :; done"}, .log = directory.path() / "log"});

  CHECK(Happens(10s, [&] { return busy.CpuSeconds() > 0.1; }));
  CHECK(busy.PeakMemoryBytes() > 100'000);
}

TEST_CASE("temporary directory: its files are for this user only and go with it") {
  std::filesystem::path path;
  {
    const TempDirectory directory("test");
    path = directory.Write("a/b.txt", "text", 0600);
    CHECK(ReadFile(path) == "text");
    CHECK(std::filesystem::status(path).permissions() == static_cast<std::filesystem::perms>(0600));
  }
  CHECK_FALSE(std::filesystem::exists(path));
  CHECK(ReadFile(path).empty());
}

}  // namespace
}  // namespace hubmirror::testing
