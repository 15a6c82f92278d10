#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace hubmirror {

/// Tells systemd how the service does (sd_notify(3)). Does nothing when systemd did not start us,
/// which it shows by $NOTIFY_SOCKET. Thread-safe.
class ServiceNotify {
 public:
  /// `clock` must outlive it.
  explicit ServiceNotify(const Clock& clock) : clock_(clock) {}

  /// The configuration is accepted and the port listens; also ends a reload.
  void Ready(std::string_view status) const;
  /// One line for `systemctl status`.
  void Status(std::string_view status) const;
  /// Every part has moved: call at least twice per watchdog_interval.
  void Beat() const;
  /// A reload begins; it ends with Ready.
  void Reloading() const;
  void Stopping(std::string_view status) const;
  /// Starting or stopping takes this much longer, counted from now.
  void Extend(std::chrono::microseconds span) const;

  /// How long systemd waits for a Beat; nullopt: it does not watch (sd_watchdog_enabled(3)).
  static std::optional<std::chrono::microseconds> watchdog_interval();

 private:
  const Clock& clock_;
};

}  // namespace hubmirror
