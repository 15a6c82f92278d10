#include "control/control_server.h"

#include <doctest/doctest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "control/control_client.h"
#include "control/control_socket.h"
#include "served_control.h"

namespace hubmirror {
namespace {

using namespace std::chrono_literals;
using testing::kPatience;
using testing::NewFolder;
using testing::Served;

void Send(const OwnedDescriptor& socket, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::send(socket.number(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count <= 0) return;  // The server has closed: what it said is still to be read.
    bytes.remove_prefix(static_cast<size_t>(count));
  }
}

// Everything the server says until it closes.
std::string ReadAll(const OwnedDescriptor& socket) {
  std::string all;
  std::array<char, 4096> piece;
  ssize_t count = 0;
  while ((count = ::recv(socket.number(), piece.data(), piece.size(), 0)) > 0) {
    all.append(piece.data(), static_cast<size_t>(count));
  }
  return all;
}

TEST_CASE("control server: answers a request and closes") {
  Served served;
  const ControlAnswer answer = served.Ask({.verb = ControlVerb::kPoll, .portal = "acme"});
  CHECK(answer.result.ok());
  CHECK(served.controls.asked() == std::vector<std::string>{"poll acme"});
}

TEST_CASE("control server: the socket is for owner and group only, whatever the umask") {
  const mode_t before = ::umask(0);
  const Served open_mask;
  ::umask(0177);
  const Served closed_mask;
  ::umask(before);

  for (const Served* served : {&open_mask, &closed_mask}) {
    struct stat found {};
    REQUIRE(::stat(served->path().c_str(), &found) == 0);
    CHECK((found.st_mode & 0777) == 0660);
  }
}

TEST_CASE("control server: a status of megabytes arrives whole") {
  Served served;
  served.status = "{\"x\":\"" + std::string(5000000, 'y') + "\"}";
  CHECK(served.Ask({.verb = ControlVerb::kStatus}).status == served.status);
}

TEST_CASE("control server: follows a settle to its end while others are served") {
  Served served;
  OperationProgress progress;
  progress.jobs_left = 4;
  served.controls.Report(progress);
  const OwnedDescriptor settling = served.Connect();
  Send(settling, FormatControlRequest({.verb = ControlVerb::kSettle, .portal = "acme"}));

  CHECK(served.Ask({.verb = ControlVerb::kPoll, .portal = "acme"}).result.ok());
  progress.done = true;
  served.controls.Report(progress);

  CHECK(ReadAll(settling).find("acme is settled") != std::string::npos);
}

TEST_CASE("control server: a settle whose client went away is given back") {
  Served served;
  OperationProgress progress;
  progress.jobs_left = 4;
  served.controls.Report(progress);
  {
    const OwnedDescriptor settling = served.Connect();
    Send(settling, FormatControlRequest({.verb = ControlVerb::kSettle, .portal = "acme"}));
    std::array<char, 1> byte;
    REQUIRE(::recv(settling.number(), byte.data(), byte.size(), 0) == 1);
  }
  const SystemClock clock;
  const Instant limit = clock.Now() + kPatience;
  while (served.controls.asked().back() != "end" && clock.Now() < limit) {
    served.Ask({.verb = ControlVerb::kStatus});
  }
  CHECK(served.controls.asked().back() == "end");
}

TEST_CASE("control server: tells a waiting client that it ends") {
  OwnedDescriptor settling;
  {
    Served served;
    OperationProgress progress;
    progress.jobs_left = 4;
    served.controls.Report(progress);
    settling = served.Connect();
    Send(settling, FormatControlRequest({.verb = ControlVerb::kSettle, .portal = "acme"}));
    std::array<char, 1> byte;
    REQUIRE(::recv(settling.number(), byte.data(), byte.size(), 0) == 1);
  }
  CHECK(ReadAll(settling).find("the daemon is shutting down") != std::string::npos);
}

TEST_CASE("control server: a request that never ends is refused at its limit") {
  Served served;
  const OwnedDescriptor socket = served.Connect();
  Send(socket, std::string(70000, 'x'));
  CHECK(ReadAll(socket).find("longer than 65536 bytes") != std::string::npos);
  CHECK(served.Ask({.verb = ControlVerb::kPoll, .portal = "acme"}).result.ok());
}

TEST_CASE("control server: a request that stops half way is answered or dropped") {
  Served served({.request_time = 50ms});
  const OwnedDescriptor half = served.Connect();
  Send(half, "{\"verb\":");
  ::shutdown(half.number(), SHUT_WR);
  CHECK(ReadAll(half).find("not a complete line") != std::string::npos);

  const OwnedDescriptor silent = served.Connect();
  Send(silent, "{\"verb\":");
  CHECK(ReadAll(silent).empty());
}

TEST_CASE("control server: a client that takes nothing is dropped and others are served") {
  Served served({.answer_time = 50ms});
  served.status = "{\"x\":\"" + std::string(5000000, 'y') + "\"}";
  const OwnedDescriptor stuck = served.Connect();
  Send(stuck, FormatControlRequest({.verb = ControlVerb::kStatus}));

  CHECK(served.Ask({.verb = ControlVerb::kPoll, .portal = "acme"}).result.ok());
  pollfd closed{stuck.number(), POLLRDHUP, 0};
  CHECK(::poll(&closed, 1, std::chrono::milliseconds{kPatience}.count()) == 1);
  CHECK(ReadAll(stuck).size() < served.status.size());
}

TEST_CASE("control server: when full, the oldest client that has not asked makes room") {
  Served served({.max_connections = 2, .request_time = kPatience});
  const OwnedDescriptor silent = served.Connect();
  const OwnedDescriptor second = served.Connect();

  CHECK(served.Ask({.verb = ControlVerb::kPoll, .portal = "acme"}).result.ok());

  CHECK(ReadAll(silent).empty());
  Send(second, FormatControlRequest({.verb = ControlVerb::kPoll, .portal = "acme"}));
  CHECK(ReadAll(second).find("\"ok\":true") != std::string::npos);
}

TEST_CASE("control server: random bytes get an answer, never a crash") {
  Served served;
  uint32_t state = 1;
  for (int round = 0; round < 200; ++round) {
    std::string junk;
    for (int i = 0; i < 300; ++i) {
      state = state * 1664525U + 1013904223U;
      junk += static_cast<char>(state >> 24);
    }
    const OwnedDescriptor socket = served.Connect();
    Send(socket, junk + "\n");
    CHECK(ReadAll(socket).find("\"ok\":false") != std::string::npos);
  }
  CHECK(served.controls.asked().empty());
}

TEST_CASE("control server: replaces the socket of a dead daemon") {
  const std::string folder = NewFolder();
  const std::string path = folder + "/control.sock";
  { const auto dead = ListenAt(path); }
  REQUIRE(std::filesystem::exists(path));

  CHECK(ListenAt(path));
  std::filesystem::remove_all(folder);
}

TEST_CASE("control server: leaves a living daemon's socket and other files alone") {
  Served served;
  const auto second = ListenAt(served.path());
  REQUIRE_FALSE(second);
  CHECK(second.error().find("in use by another hubmirrord") != std::string::npos);
  CHECK(served.Ask({.verb = ControlVerb::kPoll, .portal = "acme"}).result.ok());

  const std::string folder = NewFolder();
  std::ofstream(folder + "/precious") << "text";
  const auto file = ListenAt(folder + "/precious");
  REQUIRE_FALSE(file);
  CHECK(file.error().find("a file that is not a socket") != std::string::npos);
  CHECK(std::filesystem::file_size(folder + "/precious") == 4);
  std::filesystem::remove_all(folder);
}

TEST_CASE("control server: a path no socket can have is refused with the next step") {
  for (const std::string& path :
       {std::string(), std::string(200, 'p'), std::string("/no/such/f")}) {
    const auto socket = ListenAt(path);
    REQUIRE_FALSE(socket);
    CHECK(socket.error().find("set control.socket") != std::string::npos);
  }
}

TEST_CASE("control server: takes its socket away when it ends") {
  std::string path;
  {
    const Served served;
    path = served.path();
    CHECK(std::filesystem::exists(path));
  }
  CHECK_FALSE(std::filesystem::exists(path));
}

TEST_CASE("control client: says what to do when nobody is there") {
  const std::string folder = NewFolder();
  const ControlAnswer answer =
      AskDaemon(folder + "/none.sock", {}, [](const OperationProgress&) {});
  CHECK(answer.result.code == ControlCode::kUnavailable);
  CHECK(answer.result.message.find("No such file or directory") != std::string::npos);
  CHECK(answer.result.next.find("start the daemon") != std::string::npos);
  std::filesystem::remove_all(folder);
}

TEST_CASE("control client: a daemon that hangs is given up on") {
  const std::string folder = NewFolder();
  const auto deaf = ListenAt(folder + "/deaf.sock");
  REQUIRE(deaf);
  const ControlAnswer answer = AskDaemon(
      folder + "/deaf.sock", {}, [](const OperationProgress&) {}, 50ms);
  CHECK(answer.result.code == ControlCode::kUnavailable);
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace hubmirror
