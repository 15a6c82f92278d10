#include "support/loopback_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <stdexcept>

namespace hubmirror::testing {

std::string LoopbackServer::Connection::ReadRequest() {
  std::string request;
  std::array<char, 4096> piece;
  size_t whole = 0;
  while (whole == 0 || request.size() < whole) {
    const ssize_t count = ::recv(socket_, piece.data(), piece.size(), 0);
    if (count <= 0) return "";
    request.append(piece.data(), static_cast<size_t>(count));
    const size_t head = request.find("\r\n\r\n");
    if (whole != 0 || head == std::string::npos) continue;
    const size_t length = request.find("Content-Length: ");
    whole = head + 4 + (length < head ? std::stoul(request.substr(length + 16)) : 0);
  }
  return request;
}

bool LoopbackServer::Connection::Write(const std::string& bytes) {
  const ssize_t count = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  return count == static_cast<ssize_t>(bytes.size());
}

void LoopbackServer::Connection::WaitForClose() {
  std::array<char, 4096> piece;
  while (::recv(socket_, piece.data(), piece.size(), 0) > 0) {
  }
}

LoopbackServer::LoopbackServer(std::vector<Script> scripts, Then then)
    : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* const plain = reinterpret_cast<sockaddr*>(&address);
  if (::bind(listener_, plain, size) != 0 || ::listen(listener_, 16) != 0 ||
      ::getsockname(listener_, plain, &size) != 0) {
    throw std::runtime_error("cannot listen on 127.0.0.1");
  }
  port_ = ntohs(address.sin_port);
  thread_ = std::jthread([this, then, all = std::move(scripts)] { Serve(all, then); });
}

LoopbackServer::~LoopbackServer() {
  ::shutdown(listener_, SHUT_RDWR);  // Ends accept().
  thread_.join();
  ::close(listener_);
}

void LoopbackServer::Serve(const std::vector<Script>& scripts, Then then) {
  std::vector<std::jthread> served;
  for (;;) {
    const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (socket < 0) return;
    auto number = static_cast<size_t>(connections_++);
    if (then == Then::kRepeatLast) number = std::min(number, scripts.size() - 1);
    served.emplace_back([&scripts, socket, number] {
      Connection connection(socket);
      if (number < scripts.size()) scripts[number](connection);
      ::close(socket);
    });
  }
}

std::string AnswerText(const std::string& body, const std::string& more_headers) {
  return "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n" + more_headers +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

}  // namespace hubmirror::testing
