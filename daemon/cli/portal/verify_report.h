#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace hubmirror {

/// A comparison that `hubmirror verify` asked for.
struct VerifyAsked {
  std::string program;  ///< `hubmirror 1.2.3 (abcdef)`
  std::string target;   ///< `acme`, `acme/contacts`
  bool repair = false;
  TimePoint asked_at{};
  TimePoint answered_at{};
};

/// The file of `verify --report`, JSON: what was compared, when, by which reads, with which result,
/// and a digest of all that. Keeps no value of a record, only ids and the names of properties.
/// `answer` is the daemon's last line; nullopt if it tells of no comparison.
std::optional<std::string> VerifyReportText(const VerifyAsked& asked, std::string_view answer);

}  // namespace hubmirror
