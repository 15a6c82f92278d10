// A peer that closes while it is written to is an error of the request, not the end of the process:
// the command line does not ignore SIGPIPE, so that `hubmirror runbook | head` ends quietly.

#include "http/tls_bio.h"

#include <doctest/doctest.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <latch>
#include <memory>
#include <thread>

#include "http/deadline_socket.h"
#include "http/test_certificates.h"
#include "support/temp_directory.h"

namespace hubmirror {
namespace {

using namespace std::chrono_literals;

volatile std::sig_atomic_t pipe_signals = 0;

/// Counts SIGPIPE, which would otherwise end the test as it would end a verb.
class PipeSignalCount {
 public:
  PipeSignalCount() {
    pipe_signals = 0;
    before_ = std::signal(SIGPIPE, [](int) { pipe_signals = pipe_signals + 1; });
  }
  ~PipeSignalCount() { std::signal(SIGPIPE, before_); }
  PipeSignalCount(const PipeSignalCount&) = delete;
  PipeSignalCount& operator=(const PipeSignalCount&) = delete;

 private:
  void (*before_)(int);
};

using Context = std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)>;
using Session = std::unique_ptr<SSL, void (*)(SSL*)>;

/// Agrees on TLS with one client and closes.
class RudeServer {
 public:
  explicit RudeServer(const testing::TestCertificates& certificates) {
    REQUIRE(SSL_CTX_use_certificate_file(context_.get(), certificates.certificate_file.c_str(),
                                         SSL_FILETYPE_PEM) == 1);
    REQUIRE(SSL_CTX_use_PrivateKey_file(context_.get(), certificates.key_file.c_str(),
                                        SSL_FILETYPE_PEM) == 1);
    sockaddr_in address{.sin_family = AF_INET, .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof address;
    auto* const plain = reinterpret_cast<sockaddr*>(&address);
    REQUIRE(::bind(listener_, plain, size) == 0);
    REQUIRE(::listen(listener_, 1) == 0);
    REQUIRE(::getsockname(listener_, plain, &size) == 0);
    port_ = ntohs(address.sin_port);
    thread_ = std::jthread([this] { Serve(); });
  }
  ~RudeServer() {
    thread_.join();
    ::close(listener_);
  }

  int port() const { return port_; }
  void AwaitClosed() { closed_.wait(); }

 private:
  void Serve() {
    const int client = ::accept(listener_, nullptr, nullptr);
    {
      const Session session(SSL_new(context_.get()), SSL_free);
      SSL_set_fd(session.get(), client);
      SSL_accept(session.get());
    }
    ::close(client);
    closed_.count_down();
  }

  const Context context_{SSL_CTX_new(TLS_server_method()), SSL_CTX_free};
  const int listener_ = ::socket(AF_INET, SOCK_STREAM, 0);
  int port_ = 0;
  std::latch closed_{1};
  std::jthread thread_;
};

TEST_CASE("tls: a peer that closes while it is written to raises no SIGPIPE") {
  const testing::TempDirectory folder{"hubmirror"};
  const testing::TestCertificates certificates(folder.path().string());
  RudeServer server(certificates);
  const Context context(SSL_CTX_new(TLS_client_method()), SSL_CTX_free);
  REQUIRE(SSL_CTX_load_verify_locations(context.get(), certificates.ca_file.c_str(), nullptr) == 1);
  const SystemClock clock;
  const Instant deadline = clock.Now() + 10s;
  const auto addresses =
      NameResolver().Find("127.0.0.1", server.port(), deadline, clock, [] { return false; });
  REQUIRE(bool(addresses));
  const auto descriptor = DeadlineSocket::Connect(*addresses, deadline, clock, [](int) {});
  REQUIRE(bool(descriptor));
  const auto began =
      DeadlineSocket(*descriptor, nullptr, deadline, clock).BeginTls(context.get(), "127.0.0.1");
  REQUIRE_MESSAGE(bool(began), (began ? "" : began.error().message));
  const Session session(*began, SSL_free);
  const DeadlineSocket socket(*descriptor, session.get(), deadline, clock);
  server.AwaitClosed();
  const PipeSignalCount signals;

  // The first of them may still leave; its answer is that nobody listens.
  bool written = true;
  for (int i = 0; i < 1000 && written; ++i) written = socket.Write("0123456789", 10);

  CHECK_FALSE(written);
  SSL_shutdown(session.get());
  CHECK(pipe_signals == 0);
  ::close(*descriptor);
}

}  // namespace
}  // namespace hubmirror
