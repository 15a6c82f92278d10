#include "telemetry/loopback_client.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <array>

namespace hubmirror {

LoopbackClient::LoopbackClient(uint16_t port) : socket_(socket(AF_INET, SOCK_STREAM, 0)) {
  const timeval patience{.tv_sec = 10, .tv_usec = 0};
  setsockopt(socket_.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  connected_ =
      connect(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
}

bool LoopbackClient::Send(const std::string& bytes) {
  return send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
         static_cast<ssize_t>(bytes.size());
}

std::string LoopbackClient::ReadAll() {
  std::string all;
  std::array<char, 4096> piece;
  while (true) {
    const ssize_t count = recv(socket_.get(), piece.data(), piece.size(), 0);
    if (count <= 0) return all;
    all.append(piece.data(), static_cast<size_t>(count));
  }
}

bool LoopbackClient::WasDropped() {
  char byte = 0;
  return recv(socket_.get(), &byte, 1, 0) == 0;
}

}  // namespace hubmirror
