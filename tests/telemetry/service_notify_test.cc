#include "telemetry/service_notify.h"

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstdlib>
#include <string>

#include "support/fake_clock.h"
#include "telemetry/http/file_descriptor.h"
#include "telemetry/samples.h"

namespace hubmirror {
namespace {

using namespace std::chrono_literals;

/// Takes systemd's part: an abstract datagram socket that $NOTIFY_SOCKET names.
struct ServiceNotifyFixture {
  testing::FakeClock clock{kNow};
  ServiceNotify notify{clock};
  FileDescriptor socket{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)};

  ServiceNotifyFixture() {
    const std::string name = "hubmirror-notify-test-" + std::to_string(getpid());
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    name.copy(address.sun_path + 1, name.size());
    const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
    REQUIRE(bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), length) == 0);
    setenv("NOTIFY_SOCKET", ("@" + name).c_str(), 1);
  }
  ~ServiceNotifyFixture() { unsetenv("NOTIFY_SOCKET"); }

  std::string Received() const {
    std::array<char, 1024> text{};
    const ssize_t count = recv(socket.get(), text.data(), text.size(), MSG_DONTWAIT);
    return {text.data(), count > 0 ? static_cast<size_t>(count) : 0};
  }
};

}  // namespace

TEST_CASE_FIXTURE(ServiceNotifyFixture,
                  "notify: systemd hears of ready, status, beats and the end") {
  notify.Ready("6 streams");
  CHECK(Received() == "READY=1\nSTATUS=6 streams\n");
  notify.Status("database away");
  CHECK(Received() == "STATUS=database away\n");
  notify.Beat();
  CHECK(Received() == "WATCHDOG=1\n");
  notify.Stopping("finishing pages");
  CHECK(Received() == "STOPPING=1\nSTATUS=finishing pages\n");
  notify.Extend(30s);
  CHECK(Received() == "EXTEND_TIMEOUT_USEC=30000000\n");
}

TEST_CASE_FIXTURE(ServiceNotifyFixture, "notify: a reload says when it began, on systemd's clock") {
  clock.Advance(1500ms);

  notify.Reloading();

  CHECK(Received() == "RELOADING=1\nMONOTONIC_USEC=3601500000\n");
}

TEST_CASE_FIXTURE(ServiceNotifyFixture, "notify: a status cannot smuggle in another assignment") {
  notify.Status("text\nREADY=1");

  CHECK(Received() == "STATUS=text READY=1\n");
}

TEST_CASE_FIXTURE(ServiceNotifyFixture, "notify: without systemd nothing is sent") {
  unsetenv("NOTIFY_SOCKET");

  notify.Ready("6 streams");

  CHECK(Received().empty());
}

TEST_CASE("notify: the watchdog's interval is systemd's, for this process only") {
  CHECK_FALSE(ServiceNotify::watchdog_interval().has_value());
  setenv("WATCHDOG_USEC", "60000000", 1);
  setenv("WATCHDOG_PID", std::to_string(getpid()).c_str(), 1);

  CHECK(ServiceNotify::watchdog_interval() == 60s);

  setenv("WATCHDOG_PID", "1", 1);
  CHECK_FALSE(ServiceNotify::watchdog_interval().has_value());
  unsetenv("WATCHDOG_USEC");
  unsetenv("WATCHDOG_PID");
}

}  // namespace hubmirror
