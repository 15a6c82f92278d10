#include "control/control_socket.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>
#include <system_error>

namespace hubmirror {
namespace {

constexpr mode_t kSocketMode = 0660;
constexpr int kBacklog = 32;
constexpr std::chrono::milliseconds kProbeTime{1000};

std::optional<sockaddr_un> AddressOf(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  // One byte stays for the terminator; an embedded NUL would name another file.
  if (path.empty() || path.size() >= sizeof(address.sun_path) ||
      path.find('\0') != std::string::npos) {
    return std::nullopt;
  }
  std::copy(path.begin(), path.end(), address.sun_path);
  return address;
}

// The sockets API wants every address as sockaddr.
const sockaddr* Generic(const sockaddr_un& address) {
  return reinterpret_cast<const sockaddr*>(&address);
}

std::string Cannot(const std::string& path, int error, const std::string& next) {
  return "cannot listen at control socket " + path + ": " + std::generic_category().message(error) +
         "; " + next;
}

timeval TimeOf(std::chrono::milliseconds span) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(span);
  const std::chrono::microseconds rest = span - seconds;
  return {seconds.count(), rest.count()};
}

// Clears the way for a socket at `path`; empty when it is clear.
std::string ClearWay(const std::string& path) {
  struct stat found {};
  if (::lstat(path.c_str(), &found) != 0) return {};
  if (!S_ISSOCK(found.st_mode)) {
    return "a file that is not a socket is in the place of control socket " + path + "; " +
           "remove that file or set control.socket to another path";
  }
  // Only a refusal proves that nobody listens; a busy daemon lets the probe time out.
  const auto probe = ConnectTo(path, kProbeTime);
  if (probe || probe.error() != ECONNREFUSED) {
    return "control socket " + path + " is in use by another hubmirrord; " +
           "stop it or set control.socket to another path";
  }
  ::unlink(path.c_str());
  return {};
}

}  // namespace

OwnedDescriptor& OwnedDescriptor::operator=(OwnedDescriptor&& other) noexcept {
  if (this != &other) {
    Close();
    number_ = std::exchange(other.number_, -1);
  }
  return *this;
}

void OwnedDescriptor::Close() {
  if (open()) ::close(std::exchange(number_, -1));
}

Result<OwnedDescriptor, std::string> ListenAt(const std::string& path) {
  const auto address = AddressOf(path);
  if (!address) {
    return Cannot(path, ENAMETOOLONG, "set control.socket to a path of 1 to 107 bytes");
  }
  if (std::string obstacle = ClearWay(path); !obstacle.empty()) return obstacle;

  OwnedDescriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const std::string next = "make its folder writable for this user or set control.socket";
  if (!socket.open()) return Cannot(path, errno, next);
  // The mode of the descriptor bounds the mode the new file gets, so that there is no moment in
  // which others may connect; the umask may have taken the group's bits, hence the chmod after.
  ::fchmod(socket.number(), kSocketMode);
  if (::bind(socket.number(), Generic(*address), sizeof(*address)) != 0) {
    return Cannot(path, errno, next);
  }
  if (::chmod(path.c_str(), kSocketMode) != 0 || ::listen(socket.number(), kBacklog) != 0) {
    const int error = errno;
    ::unlink(path.c_str());
    return Cannot(path, error, next);
  }
  return socket;
}

Result<OwnedDescriptor, int> ConnectTo(const std::string& path, std::chrono::milliseconds silence) {
  const auto address = AddressOf(path);
  if (!address) return ENAMETOOLONG;
  OwnedDescriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket.open()) return errno;
  const timeval limit = TimeOf(silence);
  ::setsockopt(socket.number(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
  ::setsockopt(socket.number(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
  if (::connect(socket.number(), Generic(*address), sizeof(*address)) != 0) return errno;
  return socket;
}

}  // namespace hubmirror
