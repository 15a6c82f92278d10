#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "control/control_message.h"

namespace hubmirror {

/// The last line of a daemon's answer.
struct ControlAnswer {
  ControlResult result;
  std::string status;  ///< JSON document, for kStatus
  std::string text;    ///< the line itself, JSON
};

/// Asks the daemon at `socket_path` and waits for its result; `on_progress` gets every progress
/// line before it. A daemon that is not running, or is silent for longer than `silence`, is
/// kUnavailable; for a socket that we may not open, the result names the next step. Owned by one
/// thread.
ControlAnswer AskDaemon(const std::string& socket_path, const ControlRequest& request,
                        const std::function<void(const OperationProgress&)>& on_progress,
                        std::chrono::milliseconds silence = std::chrono::seconds{30});

}  // namespace hubmirror
