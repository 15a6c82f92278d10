#pragma once

#include <doctest/doctest.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <utility>

#include "control/control_client.h"
#include "control/control_server.h"
#include "control/control_socket.h"
#include "memory_log.h"
#include "recording_controls.h"

namespace hubmirror::testing {

/// Of the tests themselves; nothing here takes that long.
inline constexpr std::chrono::seconds kPatience{10};

/// A new empty folder; the caller removes it.
inline std::string NewFolder() {
  std::string pattern = (std::filesystem::temp_directory_path() / "control.XXXXXX").string();
  REQUIRE(::mkdtemp(pattern.data()) != nullptr);
  return pattern;
}

/// A control server at a socket in a folder of its own.
class Served {
 public:
  explicit Served(ControlServer::Options options = {})
      : path_(NewFolder() + "/control.sock"), server_(WithPath(std::move(options)), desk_, clock_) {
    REQUIRE(server_.Start());
  }
  ~Served() {
    std::error_code ignored;
    std::filesystem::remove_all(std::filesystem::path(path_).parent_path(), ignored);
  }
  Served(const Served&) = delete;
  Served& operator=(const Served&) = delete;

  const std::string& path() const { return path_; }

  ControlAnswer Ask(const ControlRequest& request) {
    return AskDaemon(
        path_, request, [this](const OperationProgress&) { ++progress_lines; }, kPatience);
  }
  OwnedDescriptor Connect() {
    auto socket = ConnectTo(path_, kPatience);
    REQUIRE(socket);
    return std::move(*socket);
  }

  RecordingControls controls;
  std::string status = "{}";
  int progress_lines = 0;

 private:
  ControlServer::Options WithPath(ControlServer::Options options) const {
    options.socket_path = path_;
    options.progress_tick = std::chrono::milliseconds{1};
    return options;
  }

  const std::string path_;
  SystemClock clock_;
  MemoryLog log_;
  ControlDesk desk_{controls, [this] { return status; },
                    [] {
                      return ControlResult{ControlCode::kOk, "nothing changed", ""};
                    },
                    log_};
  ControlServer server_;
};

}  // namespace hubmirror::testing
