#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "model/portal/controls.h"

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
  kApplySchema,
  kReload,
};

/// `status`, `poll`, ... as on the command line and on the wire.
std::string_view NameOf(ControlVerb verb);

/// One request from an operator. Which fields count depends on the verb; ParseControlRequest
/// ensures that those a verb needs are present and that no others are.
struct ControlRequest {
  ControlVerb verb = ControlVerb::kStatus;
  PortalKey portal = {};                   ///< empty for status and reload
  std::optional<std::string> object = {};  ///< absent: every stream of the portal
  std::optional<RecordId> id = {};         ///< refresh only
  bool accept = false;                     ///< resolve only
  bool repair = false;                     ///< verify only
  bool dry_run = false;                    ///< nothing is done, the answer is what it would cost
  /// How long to follow it. If absent, settle, verify and apply-schema are followed as long as the
  /// daemon thinks fit; the others are only noted.
  std::optional<std::chrono::milliseconds> wait = {};

  ControlTarget target() const { return {portal, object, id}; }
};

/// A line the daemon answers: any number with `progress`, then one with `result`.
struct ControlLine {
  std::optional<OperationProgress> progress;  ///< counts only, no troubled streams
  std::optional<ControlResult> result;
  std::string status;  ///< JSON document, with the result of kStatus
  std::string text;    ///< the line itself
};

// The wire: one line of JSON each way, ended by a newline, UTF-8. The parsers take hostile bytes:
// they never throw, and their errors are words for people that quote nothing of the input.

Result<ControlRequest, std::string> ParseControlRequest(std::string_view line);
std::string FormatControlRequest(const ControlRequest& request);

Result<ControlLine, std::string> ParseControlLine(std::string_view line);
std::string FormatProgress(const OperationProgress& progress);
/// A JSON document to carry along under a name.
struct ControlDocument {
  std::string_view name;
  std::string json;
};
std::string FormatResult(const ControlResult& result, const ControlDocument& document = {});

/// `{"contacts": {"checked": 27600, "missing": 0, ..., "findings": [...]}, ...}`
ControlDocument VerifiedDocument(const std::map<std::string, VerifyReport>& verified);
/// `{"requests": 281, "parts": [...], ...}`
ControlDocument CostDocument(const OperationCost& cost);

}  // namespace hubmirror
