#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/log.h"
#include "control/control_message.h"
#include "model/portal/controls.h"

namespace hubmirror {

/// Follows one operation until it ends and returns its ticket, even if nobody is listening any
/// more. Owned by one thread.
class OperationWatch {
 public:
  OperationWatch(Controls& controls, OperationKind kind, uint64_t ticket, ControlTarget target,
                 Instant deadline);
  ~OperationWatch();
  OperationWatch(const OperationWatch&) = delete;
  OperationWatch& operator=(const OperationWatch&) = delete;

  /// Lines to send now: a progress line when the counts have moved, and every 5 s as a sign of
  /// life; the result line at the end. Do not call it again once `ended`.
  struct Look {
    std::string lines;
    bool ended = false;
  };
  Look At(Instant now);

 private:
  Controls& controls_;
  const OperationKind kind_;
  const uint64_t ticket_;
  const ControlTarget target_;
  const Instant deadline_;
  OperationProgress shown_;
  std::optional<Instant> shown_at_;
};

/// Who asks, from the socket's peer credentials.
struct ControlPeer {
  int64_t pid = 0;
  int64_t uid = -1;
};

/// Turns a request line into calls to the daemon, and the daemon's answers into lines. It knows
/// nothing of sockets and never blocks, except for a reload, which takes as long as reading the
/// configuration. Every request that changes something is logged with its peer. Owned by one
/// thread.
class ControlDesk {
 public:
  /// The document of `GET /api/v1/status`.
  using StatusSource = std::function<std::string()>;
  /// Reads the configuration again and returns once the outcome is known.
  using Reload = std::function<ControlResult()>;

  ControlDesk(Controls& controls, StatusSource status, Reload reload, Logger& log);

  struct Answer {
    std::string lines;
    std::unique_ptr<OperationWatch> operation;  ///< null: `lines` are all there is to say
  };
  Answer Take(std::string_view line, const ControlPeer& peer, Instant now);

 private:
  Answer Watch(const ControlRequest& request, Instant now);
  std::string Cost(const ControlRequest& request) const;
  ControlResult Do(const ControlRequest& request);
  void Log(const ControlRequest& request, const ControlPeer& peer);

  Controls& controls_;
  const StatusSource status_;
  const Reload reload_;
  Logger& log_;
};

/// `acme` or `acme/contacts`.
std::string NameOf(const ControlTarget& target);

}  // namespace hubmirror
