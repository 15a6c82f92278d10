#include "http/deadline_socket.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>

#include "http/answer_guard.h"
#include "http/tls_bio.h"

namespace hubmirror {
namespace {

using namespace std::chrono_literals;
using Step = ConnectFailure::Step;

// A proxy's answer to CONNECT is a few lines.
constexpr AnswerBounds kProxyBounds{.whole = 64 << 10};

bool AwaitOn(int descriptor, short events, Instant deadline, const Clock& clock) {
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - clock.Now());
    if (left <= 0ms) return false;
    pollfd waiting{.fd = descriptor, .events = events, .revents = 0};
    const int ready = ::poll(&waiting, 1, static_cast<int>(std::min(left, 60'000ms).count()));
    if (ready > 0) return true;
    if (ready < 0 && errno != EINTR) return true;  // The next call on it says what is wrong.
  }
}

std::string LastTlsError() {
  const unsigned long code = ERR_get_error();
  ERR_clear_error();
  if (code == 0) return "the connection was closed";
  const char* const reason = ERR_reason_error_string(code);
  return reason != nullptr ? reason : "an unknown error";
}

}  // namespace

bool DeadlineSocket::Await(short events) const {
  return AwaitOn(descriptor_, events, deadline_, clock_);
}

bool DeadlineSocket::IsQuiet() const {
  pollfd waiting{.fd = descriptor_, .events = POLLIN, .revents = 0};
  if (::poll(&waiting, 1, 0) == 0) return true;
  if (tls_ == nullptr) return false;
  char byte = 0;
  ERR_clear_error();
  return SSL_get_error(tls_, SSL_peek(tls_, &byte, 1)) == SSL_ERROR_WANT_READ;
}

ssize_t DeadlineSocket::Read(char* bytes, size_t count) const {
  for (;;) {
    if (clock_.Now() >= deadline_) return -1;
    short events = POLLIN;
    if (tls_ != nullptr) {
      ERR_clear_error();
      const int got = SSL_read(tls_, bytes, static_cast<int>(std::min<size_t>(count, 1 << 20)));
      if (got > 0) return got;
      const int error = SSL_get_error(tls_, got);
      if (error == SSL_ERROR_ZERO_RETURN) return 0;
      if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE) return -1;
      if (error == SSL_ERROR_WANT_WRITE) events = POLLOUT;
    } else {
      const ssize_t got = ::recv(descriptor_, bytes, count, 0);
      if (got >= 0) return got;
      if (errno == EINTR) continue;
      if (errno != EAGAIN && errno != EWOULDBLOCK) return -1;
    }
    if (!Await(events)) return -1;
  }
}

bool DeadlineSocket::Write(const char* bytes, size_t count) const {
  while (count > 0) {
    if (clock_.Now() >= deadline_) return false;
    ssize_t sent = 0;
    short events = POLLOUT;
    if (tls_ != nullptr) {
      ERR_clear_error();
      sent = SSL_write(tls_, bytes, static_cast<int>(std::min<size_t>(count, 1 << 20)));
      if (sent <= 0) {
        const int error = SSL_get_error(tls_, static_cast<int>(sent));
        if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE) return false;
        if (error == SSL_ERROR_WANT_READ) events = POLLIN;
      }
    } else {
      sent = ::send(descriptor_, bytes, count, MSG_NOSIGNAL);
      if (sent < 0 && errno == EINTR) continue;
      if (sent < 0 && errno != EAGAIN && errno != EWOULDBLOCK) return false;
    }
    if (sent > 0) {
      bytes += sent;
      count -= static_cast<size_t>(sent);
    } else if (!Await(events)) {
      return false;
    }
  }
  return true;
}

Result<int, ConnectFailure> DeadlineSocket::Connect(const Addresses& addresses, Instant deadline,
                                                    const Clock& clock,
                                                    const std::function<void(int)>& opened) {
  ConnectFailure failure{.step = Step::kConnect, .message = "no address"};
  int left = 0;
  for (const addrinfo* one = addresses.get(); one != nullptr; one = one->ai_next) ++left;
  for (const addrinfo* one = addresses.get(); one != nullptr; one = one->ai_next) {
    // Where IPv6 is set up and leads nowhere, its addresses come first and are never answered: each
    // has its share of the time, so that some is left for the others.
    const Instant now = clock.Now();
    const Instant its_deadline = now + (deadline - now) / left--;
    const int descriptor =
        ::socket(one->ai_family, one->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, one->ai_protocol);
    if (descriptor < 0) {
      failure.message = std::strerror(errno);
      continue;
    }
    const int on = 1;
    ::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    opened(descriptor);
    int error = ::connect(descriptor, one->ai_addr, one->ai_addrlen) == 0 ? 0 : errno;
    if (error == EINPROGRESS) {
      error = ETIMEDOUT;
      socklen_t size = sizeof error;
      if (AwaitOn(descriptor, POLLOUT, its_deadline, clock)) {
        ::getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &size);
      }
    }
    if (error == 0) return descriptor;
    failure.message = std::strerror(error);
    ::close(descriptor);
  }
  return failure;
}

Result<bool, ConnectFailure> DeadlineSocket::Tunnel(const std::string& target) const {
  ConnectFailure failure{.step = Step::kProxy, .message = "it closed the connection"};
  const std::string request = "CONNECT " + target + " HTTP/1.1\r\nHost: " + target + "\r\n\r\n";
  std::string passed;
  AnswerGuard guard(kProxyBounds);
  if (!Write(request.data(), request.size())) return failure;
  while (!guard.in_body()) {
    // One byte at a time: what follows the header belongs to TLS.
    char byte = 0;
    if (Read(&byte, 1) <= 0) return failure;
    const auto breach = guard.Take({&byte, 1}, passed);
    if (breach == AnswerGuard::Breach::kNone) continue;
    failure.message = InWords(breach, kProxyBounds);
    return failure;
  }
  failure.proxy_status = std::stoi(passed.substr(9, 3));
  if (failure.proxy_status / 100 == 2) return true;
  failure.message = "it answered " + std::to_string(failure.proxy_status);
  return failure;
}

Result<ssl_st*, ConnectFailure> DeadlineSocket::BeginTls(ssl_ctx_st* context,
                                                         const std::string& host) const {
  std::unique_ptr<SSL, void (*)(SSL*)> session(SSL_new(context), SSL_free);
  BIO* const bio = session ? MakeTlsBio(descriptor_) : nullptr;
  ConnectFailure failure{.step = Step::kTls};
  if (bio == nullptr) {
    failure.message = LastTlsError();
    return failure;
  }
  X509_VERIFY_PARAM* const wanted = SSL_get0_param(session.get());
  X509_VERIFY_PARAM_set_hostflags(
      wanted, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  if (IsAddress(host)) {
    X509_VERIFY_PARAM_set1_ip_asc(wanted, host.c_str());
  } else {
    X509_VERIFY_PARAM_set1_host(wanted, host.c_str(), host.size());
    SSL_set_tlsext_host_name(session.get(), host.c_str());
  }
  SSL_set_verify(session.get(), SSL_VERIFY_PEER, nullptr);
  SSL_set_bio(session.get(), bio, bio);
  for (;;) {
    ERR_clear_error();
    const int made = SSL_connect(session.get());
    if (made == 1) break;
    const int error = SSL_get_error(session.get(), made);
    const bool waits = error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE;
    if (waits && Await(error == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT)) continue;
    failure.message = LastTlsError();
    const long verdict = SSL_get_verify_result(session.get());
    if (verdict == X509_V_OK) return failure;
    failure.step = Step::kCertificate;
    failure.message = X509_verify_cert_error_string(verdict);
    failure.next = "set api.ca_file if an authority or a proxy of your company signs it";
    if (verdict == X509_V_ERR_HOSTNAME_MISMATCH || verdict == X509_V_ERR_IP_ADDRESS_MISMATCH) {
      failure.message = "it names another host";
      failure.next = "have it made out for this name, or correct the url";
    }
    if (verdict == X509_V_ERR_CERT_HAS_EXPIRED || verdict == X509_V_ERR_CERT_NOT_YET_VALID) {
      failure.next = "have it renewed, unless the clock of this machine is wrong";
    }
    return failure;
  }
  return session.release();
}

}  // namespace hubmirror
