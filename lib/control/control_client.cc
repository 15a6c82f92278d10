#include "control/control_client.h"

#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <optional>
#include <system_error>

#include "control/control_socket.h"

namespace hubmirror {
namespace {

// A status document of a thousand portals is about 5 MB; more than this is not our daemon.
constexpr size_t kMaxLineBytes = size_t{64} << 20;

ControlAnswer Failed(std::string message, std::string next) {
  ControlResult result{ControlCode::kUnavailable, std::move(message), std::move(next)};
  std::string text = FormatResult(result);
  return {std::move(result), {}, std::move(text)};
}

ControlAnswer NotReached(const std::string& path, int error) {
  const std::string cause =
      "cannot reach the daemon at " + path + ": " + std::generic_category().message(error);
  if (error == EACCES) {
    return Failed(cause,
                  "run this as a member of the group that owns the socket (`sudo usermod "
                  "-aG hubmirror USER`, then log in again), or with sudo");
  }
  return Failed(cause,
                "start the daemon (`systemctl start hubmirror`), or name its socket with "
                "--socket or its configuration with --config");
}

bool SendAll(int socket, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count < 0 && errno != EINTR) return false;
    if (count > 0) bytes.remove_prefix(static_cast<size_t>(count));
  }
  return true;
}

/// Reads the answer line by line.
class LineReader {
 public:
  explicit LineReader(int socket) : socket_(socket) {}

  /// The next line without its newline; nullopt at the end, on silence and on a too long line.
  std::optional<std::string> Next() {
    for (;;) {
      const size_t end = buffer_.find('\n', scanned_);
      if (end != std::string::npos) {
        std::string line = buffer_.substr(0, end);
        buffer_.erase(0, end + 1);
        scanned_ = 0;
        return line;
      }
      scanned_ = buffer_.size();
      if (scanned_ > kMaxLineBytes || !Receive()) return std::nullopt;
    }
  }

 private:
  bool Receive() {
    std::array<char, 65536> piece;
    ssize_t count = 0;
    do {
      count = ::recv(socket_, piece.data(), piece.size(), 0);
    } while (count < 0 && errno == EINTR);
    if (count <= 0) return false;
    buffer_.append(piece.data(), static_cast<size_t>(count));
    return true;
  }

  const int socket_;
  std::string buffer_;
  size_t scanned_ = 0;
};

}  // namespace

ControlAnswer AskDaemon(const std::string& socket_path, const ControlRequest& request,
                        const std::function<void(const OperationProgress&)>& on_progress,
                        std::chrono::milliseconds silence) {
  const auto socket = ConnectTo(socket_path, silence);
  if (!socket) return NotReached(socket_path, socket.error());

  // A daemon that has no room closes without reading; its answer, if any, is still to be read.
  SendAll(socket->number(), FormatControlRequest(request));
  LineReader reader(socket->number());
  while (const std::optional<std::string> text = reader.Next()) {
    const auto line = ParseControlLine(*text);
    if (!line) return Failed(line.error(), "is " + socket_path + " the socket of hubmirrord?");
    if (line->result) return {*line->result, line->status, line->text};
    if (line->progress) on_progress(*line->progress);
  }
  return Failed("the daemon at " + socket_path + " ended the conversation without an answer",
                "see its log (`journalctl -u hubmirror`), then ask again");
}

}  // namespace hubmirror
