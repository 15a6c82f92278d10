#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "model/controls.h"

namespace hubmirror {

/// What can be asked over the control socket.
enum class ControlVerb {
  kStatus,
  kPoll,
  kPause,
  kResume,
  kBackfill,
  kResolve,
  kRefresh,
  kSettle,
  kVerify,
  kReload,
};

/// `status`, `poll`, ... as on the command line and on the wire.
std::string_view NameOf(ControlVerb verb);

/// One wish of an operator. Which fields count depends on the verb; ParseControlRequest makes sure
/// that those a verb needs are there and that others are not.
struct ControlRequest {
  ControlVerb verb = ControlVerb::kStatus;
  PortalKey portal = {};                   ///< empty for status and reload
  std::optional<std::string> object = {};  ///< absent: every stream of the portal
  std::optional<RecordId> id = {};         ///< refresh only
  bool accept = false;                     ///< resolve only
  bool repair = false;                     ///< verify only
  /// Settle and verify; absent: the daemon's own patience.
  std::optional<std::chrono::milliseconds> wait = {};

  ControlTarget target() const { return {portal, object}; }
};

/// A line the daemon answers: any number with `progress`, then one with `result`.
struct ControlLine {
  std::optional<SettleProgress> progress;  ///< counts only, no troubled streams
  std::optional<ControlResult> result;
  std::string status;  ///< JSON document, with the result of kStatus
};

// The wire: one line of JSON each way, ended by a newline, UTF-8. The parsers take hostile bytes:
// they never throw, and their errors are words for people that quote nothing of the input.

Result<ControlRequest, std::string> ParseControlRequest(std::string_view line);
std::string FormatControlRequest(const ControlRequest& request);

Result<ControlLine, std::string> ParseControlLine(std::string_view line);
std::string FormatProgress(const SettleProgress& progress);
/// `status` is a JSON document to carry along, or empty.
std::string FormatResult(const ControlResult& result, std::string_view status = {});

}  // namespace hubmirror
