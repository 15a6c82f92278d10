#pragma once

#include <cstdint>
#include <string>

#include "telemetry/http/file_descriptor.h"

namespace hubmirror {

/// One raw connection to a port of 127.0.0.1, to send exactly the bytes a test wants. Reads give
/// up after ten seconds, so a test that waits in vain fails.
class LoopbackClient {
 public:
  explicit LoopbackClient(uint16_t port);

  bool is_connected() const { return connected_; }
  /// False when the other side is gone.
  bool Send(const std::string& bytes);
  /// Everything until the other side closes.
  std::string ReadAll();
  /// Whether the other side has closed without sending anything.
  bool WasDropped();

 private:
  FileDescriptor socket_;
  bool connected_ = false;
};

}  // namespace hubmirror
