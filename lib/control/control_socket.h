#pragma once

#include <chrono>
#include <string>
#include <utility>

#include "base/result.h"

namespace hubmirror {

/// Owns a file descriptor and closes it. Movable, not copyable.
class OwnedDescriptor {
 public:
  OwnedDescriptor() = default;
  explicit OwnedDescriptor(int number) : number_(number) {}
  OwnedDescriptor(OwnedDescriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  OwnedDescriptor& operator=(OwnedDescriptor&& other) noexcept;
  ~OwnedDescriptor() { Close(); }

  bool open() const { return number_ >= 0; }
  int number() const { return number_; }
  void Close();

 private:
  int number_ = -1;
};

/// Binds a non-blocking unix stream socket at `path` with mode 0660, whatever the umask. Replaces a
/// socket nobody answers at, refuses one that is alive and anything that is not a socket. The error
/// is one line with its next step.
Result<OwnedDescriptor, std::string> ListenAt(const std::string& path);

/// Connects to the socket at `path` and bounds every send and receive on it by `silence`. The error
/// is `errno`: ENAMETOOLONG for a path that no socket can have, EAGAIN when nobody accepted in
/// time.
Result<OwnedDescriptor, int> ConnectTo(const std::string& path, std::chrono::milliseconds silence);

}  // namespace hubmirror
