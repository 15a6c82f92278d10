#include "telemetry/service_notify.h"

#include <systemd/sd-daemon.h>

#include "telemetry/page/plain_words.h"

namespace hubmirror {
namespace {

void Send(const std::string& lines) {
  sd_notify(0, lines.c_str());
}

std::string StatusLine(std::string_view status) {
  // A line break would begin another assignment.
  return "STATUS=" + OneLine(status) + "\n";
}

std::string Microseconds(Duration span) {
  return std::to_string(std::chrono::floor<std::chrono::microseconds>(span).count());
}

}  // namespace

void ServiceNotify::Ready(std::string_view status) const {
  Send("READY=1\n" + StatusLine(status));
}

void ServiceNotify::Status(std::string_view status) const {
  Send(StatusLine(status));
}

void ServiceNotify::Beat() const {
  Send("WATCHDOG=1\n");
}

void ServiceNotify::Reloading() const {
  // The clock counts CLOCK_MONOTONIC, which is what systemd compares this with.
  Send("RELOADING=1\nMONOTONIC_USEC=" + Microseconds(clock_.Now().time_since_epoch()) + "\n");
}

void ServiceNotify::Stopping(std::string_view status) const {
  Send("STOPPING=1\n" + StatusLine(status));
}

void ServiceNotify::Extend(std::chrono::microseconds span) const {
  Send("EXTEND_TIMEOUT_USEC=" + Microseconds(span) + "\n");
}

std::optional<std::chrono::microseconds> ServiceNotify::watchdog_interval() {
  uint64_t interval = 0;
  if (sd_watchdog_enabled(0, &interval) <= 0) return std::nullopt;
  return std::chrono::microseconds(interval);
}

}  // namespace hubmirror
