#include "http/keep_alive_client.h"

#include <fcntl.h>
#include <httplib.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <functional>

#include "http/answer_guard.h"
#include "http/deadline_socket.h"
#include "http/gunzip.h"

// Without this the class layouts differ from the packaged library's and the program crashes.
#if !defined(CPPHTTPLIB_OPENSSL_SUPPORT) || !defined(CPPHTTPLIB_ZLIB_SUPPORT)
#error "use cpp-httplib through its pkg-config target"
#endif

namespace hubmirror {

using namespace std::chrono_literals;

namespace {

// Balancers close connections that have been idle for a while; none seen does so sooner.
constexpr Duration kOldestForOnce = 5s;

httplib::Request WireRequest(const ClientRequest& request, BodyLimit limit) {
  httplib::Request wire;
  wire.method = request.body.empty() ? "GET" : "POST";
  wire.path = request.target;
  wire.body = request.body;
  wire.headers.emplace("Accept", "application/json");
  wire.headers.emplace("Accept-Encoding", limit == BodyLimit::kCut ? "identity" : "gzip");
  wire.headers.emplace("User-Agent", "hubmirror");
  if (!request.body.empty()) wire.headers.emplace("Content-Type", request.content_type);
  if (!request.bearer.empty()) {
    wire.headers.emplace("Authorization", "Bearer " + request.bearer.Reveal());
  }
  for (const auto& [name, value] : request.headers) wire.headers.emplace(name, value);
  return wire;
}

/// The `Host` of a request: the port where it is not the scheme's own, IPv6 in brackets.
std::string HostField(const BaseUrl& base) {
  const std::string origin = base.Origin();
  std::string field = origin.substr(origin.find("://") + 3);
  const std::string usual = base.tls ? ":443" : ":80";
  if (field.ends_with(usual)) field.resize(field.size() - usual.size());
  return field;
}

/// What the library reads an answer from: bytes that came before the deadline and passed the guard.
class BoundedStream final : public httplib::Stream {
 public:
  /// `may_leave` is asked before every byte that is handed over.
  BoundedStream(DeadlineSocket socket, int descriptor, AnswerBounds bounds,
                const std::function<bool()>& may_leave)
      : socket_(socket), descriptor_(descriptor), guard_(bounds), may_leave_(may_leave) {}

  bool is_readable() const override { return true; }
  bool is_writable() const override { return true; }
  ssize_t read(char* bytes, size_t count) override {
    while (taken_ == passed_.size()) {
      // What came in order before a breach has been read by now: a status, say.
      if (breach_ != AnswerGuard::Breach::kNone) return -1;
      passed_.clear();
      taken_ = 0;
      std::array<char, 16 << 10> arrived;
      const ssize_t got = socket_.Read(arrived.data(), arrived.size());
      if (got <= 0) return got;
      breach_ = guard_.Take({arrived.data(), static_cast<size_t>(got)}, passed_);
    }
    const size_t given = std::min(count, passed_.size() - taken_);
    passed_.copy(bytes, given, taken_);
    taken_ += given;
    return static_cast<ssize_t>(given);
  }
  ssize_t write(const char* bytes, size_t count) override {
    return may_leave_() && socket_.Write(bytes, count) ? static_cast<ssize_t>(count) : -1;
  }
  void get_remote_ip_and_port(std::string&, int&) const override {}
  void get_local_ip_and_port(std::string&, int&) const override {}
  socket_t socket() const override { return descriptor_; }

  AnswerGuard::Breach breach() const { return breach_; }
  /// Bytes that came after the answer belong to no request.
  bool has_more() const { return taken_ < passed_.size(); }

 private:
  const DeadlineSocket socket_;
  const int descriptor_;
  AnswerGuard guard_;
  const std::function<bool()>& may_leave_;
  AnswerGuard::Breach breach_ = AnswerGuard::Breach::kNone;
  std::string passed_;
  size_t taken_ = 0;
};

uint64_t PromisedLength(const httplib::Response& response) {
  // Older and newer cpp-httplib read numbers from headers by different names.
  const std::string text = response.get_header_value("Content-Length");
  uint64_t length = 0;
  std::from_chars(text.data(), text.data() + text.size(), length);
  return length;
}

std::string Megabytes(size_t bytes) {
  return std::to_string(bytes >> 20) + " MiB";
}

}  // namespace

/// cpp-httplib's client over sockets and streams of ours. The library's own read what a peer sends
/// without a bound in bytes or, byte by byte, in time; a status line of 50,000 bytes overflows the
/// stack in its regular expression (0.11.4). TLS is ours, too: the library falls back on the common
/// name of a certificate and has no deadline for a handshake.
class KeepAliveClient::BoundedClient final : public httplib::ClientImpl {
 public:
  BoundedClient(const TransportSettings& settings, const TrustStore& trust,
                const NameResolver& names, const Clock& clock, std::function<void(int)> opened,
                std::function<bool()> given_up)
      : httplib::ClientImpl(settings.base.host, settings.base.port),
        settings_(settings),
        names_(names),
        clock_(clock),
        opened_(std::move(opened)),
        given_up_(std::move(given_up)),
        bounds_{.whole = settings.response_limit + (64 << 10)} {
    set_keep_alive(true);
    set_follow_location(false);
    set_url_encode(false);
    set_decompress(false);  // Ours knows the cap and notices a body cut short.
    if (!settings.base.tls) return;
    context_ = SSL_CTX_new(TLS_client_method());
    if (context_ == nullptr) throw std::bad_alloc();
    SSL_CTX_set_min_proto_version(context_, TLS1_2_VERSION);
    SSL_CTX_set_mode(context_, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_cert_store(context_, trust.Share());
  }

  ~BoundedClient() override {
    shutdown_ssl(socket_, true);
    SSL_CTX_free(context_);
  }

  void Begin(const ClientRequest& request, Instant deadline) {
    deadline_ = deadline;
    once_ = request.once;
    left_ = missed_ = false;
    // What has come since the last answer would be taken for the next one.
    const bool stale =
        socket_.is_open() && !DeadlineSocket(socket_.sock, socket_.ssl, deadline, clock_).IsQuiet();
    if (stale) stop();
    failure_.reset();
    breach_ = AnswerGuard::Breach::kNone;
  }

  /// Why there was no connection, if that is what failed.
  const std::optional<ConnectFailure>& failure() const { return failure_; }
  /// What the answer broke, if anything.
  AnswerGuard::Breach breach() const { return breach_; }
  /// Whether any of the request was handed over.
  bool left() const { return left_; }
  /// Whether it was not, because it was too late for that.
  bool missed() const { return missed_; }
  const AnswerBounds& bounds() const { return bounds_; }

 private:
  bool create_and_connect_socket(Socket& socket, httplib::Error& error) override {
    const bool made = Connect(socket);
    error = made ? httplib::Error::Success : httplib::Error::Connection;
    return made;
  }

  bool Connect(Socket& socket) {
    const bool tunnels = settings_.base.tls && settings_.proxy.has_value();
    const std::string& host = tunnels ? settings_.proxy->host : settings_.base.host;
    const int port = tunnels ? settings_.proxy->port : settings_.base.port;
    const Instant connected_by = std::min(deadline_, clock_.Now() + settings_.connect_timeout);
    const auto addresses = names_.Find(host, port, connected_by, clock_, given_up_);
    if (!addresses)
      return Fail({.step = ConnectFailure::Step::kName, .message = addresses.error()});
    const auto descriptor = DeadlineSocket::Connect(*addresses, connected_by, clock_, opened_);
    if (!descriptor) return Fail(descriptor.error());
    socket.sock = *descriptor;
    if (!settings_.base.tls) return true;

    const DeadlineSocket clear(*descriptor, nullptr, deadline_, clock_);
    if (tunnels) {
      const auto through =
          clear.Tunnel(settings_.base.host + ":" + std::to_string(settings_.base.port));
      if (!through) return GiveUp(socket, through.error());
    }
    const auto session = clear.BeginTls(context_, settings_.base.host);
    if (!session) return GiveUp(socket, session.error());
    socket.ssl = *session;
    return true;
  }

  bool process_socket(const Socket& socket,
                      std::function<bool(httplib::Stream& stream)> callback) override {
    BoundedStream stream(DeadlineSocket(socket.sock, socket.ssl, deadline_, clock_), socket.sock,
                         bounds_, may_leave_);
    const bool done = callback(stream);
    breach_ = stream.breach();
    if (stream.has_more()) ::shutdown(socket.sock, SHUT_RDWR);
    return done;
  }

  // The library would cast this to its own client and begin TLS itself.
  bool is_ssl() const override { return false; }

  void shutdown_ssl(Socket& socket, bool gracefully) override {
    if (socket.ssl == nullptr) return;
    if (gracefully) SSL_shutdown(socket.ssl);
    SSL_free(socket.ssl);
    socket.ssl = nullptr;
  }

  bool MayLeave() {
    if (!left_ && once_ && clock_.BootNow() > once_->leave_by) missed_ = true;
    left_ = left_ || !missed_;
    return left_;
  }

  bool Fail(ConnectFailure failure) {
    failure_ = std::move(failure);
    return false;
  }

  bool GiveUp(Socket& socket, ConnectFailure failure) {
    close_socket(socket);
    return Fail(std::move(failure));
  }

  const TransportSettings& settings_;
  const NameResolver& names_;
  const Clock& clock_;
  const std::function<void(int)> opened_;
  const std::function<bool()> given_up_;
  const AnswerBounds bounds_;
  const std::function<bool()> may_leave_ = [this] { return MayLeave(); };
  SSL_CTX* context_ = nullptr;
  Instant deadline_{};
  std::optional<SendOnce> once_;
  bool left_ = false;
  bool missed_ = false;
  std::optional<ConnectFailure> failure_;
  AnswerGuard::Breach breach_ = AnswerGuard::Breach::kNone;
};

/// What came of sending a request once.
struct KeepAliveClient::Attempt {
  httplib::Error error = httplib::Error::Success;
  ClientAnswer answer;  ///< status 0: no header arrived
  bool too_large = false;
  bool late = false;
  std::chrono::milliseconds allowed{0};
};

KeepAliveClient::KeepAliveClient(const TransportSettings& settings, const TrustStore& trust,
                                 const NameResolver& names, const Clock& clock)
    : settings_(settings),
      clock_(clock),
      client_(std::make_unique<BoundedClient>(
          settings, trust, names, clock, [this](int socket) { Watch(socket); },
          [this] { return IsDown(); })) {}

KeepAliveClient::~KeepAliveClient() {
  if (watched_ >= 0) ::close(watched_);
}

Result<ClientAnswer, HttpFailure> KeepAliveClient::Send(const ClientRequest& request) {
  const auto allowed = request.once ? request.once->deadline : settings_.deadline;
  const Instant deadline = clock_.Now() + allowed;
  Begin();
  if (request.once && clock_.Now() - idle_since_ > kOldestForOnce) client_->stop();
  const bool reused = client_->is_socket_open() != 0;
  Attempt attempt = Try(request, deadline);
  // Servers close idle connections when they like, also while the next request is on its way.
  const bool closed_on_us =
      reused && !request.once && attempt.answer.status == 0 && clock_.Now() < deadline &&
      client_->breach() == AnswerGuard::Breach::kNone &&
      (attempt.error == httplib::Error::Read || attempt.error == httplib::Error::Write);
  if (closed_on_us) attempt = Try(request, deadline);
  idle_since_ = clock_.Now();
  return Conclude(std::move(attempt), deadline);
}

KeepAliveClient::Attempt KeepAliveClient::Try(const ClientRequest& request, Instant deadline) {
  client_->Begin(request, deadline);
  Attempt attempt;
  attempt.allowed = request.once ? request.once->deadline : settings_.deadline;
  ClientAnswer& answer = attempt.answer;
  httplib::Request wire = WireRequest(request, settings_.body_limit);
  wire.headers.emplace("Host", HostField(settings_.base));
  wire.response_handler = [&](const httplib::Response& response) {
    answer.status = response.status;
    answer.headers.assign(response.headers.begin(), response.headers.end());
    const uint64_t promised = PromisedLength(response);
    attempt.too_large = promised > settings_.response_limit;
    if (!attempt.too_large) answer.body.reserve(promised);
    return !attempt.too_large || settings_.body_limit == BodyLimit::kCut;
  };
  wire.content_receiver = [&](const char* bytes, size_t count, uint64_t, uint64_t) {
    const size_t room = settings_.response_limit - answer.body.size();
    attempt.too_large = count > room;
    attempt.late = clock_.Now() > deadline;
    if (attempt.late) return false;
    if (!attempt.too_large || settings_.body_limit == BodyLimit::kCut) {
      answer.body.append(bytes, std::min(count, room));
    }
    return !attempt.too_large;
  };
  httplib::Response response;
  client_->send(wire, response, attempt.error);
  if (answer.status == 0) answer.status = response.status < 0 ? 0 : response.status;
  return attempt;
}

Result<ClientAnswer, HttpFailure> KeepAliveClient::Conclude(Attempt attempt, Instant deadline) {
  const bool down = End();
  if (down && attempt.error != httplib::Error::Success) {
    return Failed(HttpFailure::Kind::kConnect, 0, "given up: the daemon is stopping");
  }
  if (clock_.Now() > deadline) attempt.late = true;
  const bool cut = settings_.body_limit == BodyLimit::kCut && attempt.answer.status != 0;
  if (cut && !attempt.late &&
      (attempt.too_large || attempt.error == httplib::Error::Success ||
       client_->breach() == AnswerGuard::Breach::kWhole)) {
    attempt.answer.wire_bytes = attempt.answer.body.size();
    return std::move(attempt.answer);
  }
  if (attempt.error != httplib::Error::Success || attempt.late) {
    return FailureOf(attempt, deadline);
  }

  ClientAnswer& answer = attempt.answer;
  answer.wire_bytes = answer.body.size();
  const std::string_view encoding = answer.Header("Content-Encoding");
  if (encoding.empty() || encoding == "identity") return std::move(answer);
  if (encoding != "gzip" && encoding != "deflate") {
    return Failed(HttpFailure::Kind::kDecode, answer.status,
                  "the body came in an encoding that was not asked for");
  }
  auto plain = Gunzip(answer.body, settings_.response_limit);
  if (plain) {
    answer.body = std::move(*plain);
    return std::move(answer);
  }
  attempt.too_large = plain.error() == GunzipFailure::kTooLarge;
  attempt.error = httplib::Error::Read;
  return FailureOf(attempt, deadline);
}

HttpFailure KeepAliveClient::Failed(HttpFailure::Kind kind, int status, std::string message) const {
  return {.kind = kind, .status = status, .message = std::move(message), .left = client_->left()};
}

HttpFailure KeepAliveClient::FailureOf(const Attempt& attempt, Instant deadline) {
  const int status = attempt.answer.status;
  const AnswerGuard::Breach breach = client_->breach();
  if (client_->missed()) {
    return Failed(HttpFailure::Kind::kTimeout, 0, "held up for too long: it was not sent");
  }
  if (attempt.too_large || breach == AnswerGuard::Breach::kWhole) {
    return Failed(HttpFailure::Kind::kTooLarge, status,
                  "the answer is larger than " + Megabytes(settings_.response_limit) +
                      (settings_.response_key.empty() ? "" : ": raise " + settings_.response_key));
  }
  if (attempt.late || clock_.Now() >= deadline) {
    const auto allowed = std::chrono::ceil<std::chrono::seconds>(attempt.allowed);
    const bool set = attempt.allowed == settings_.deadline && !settings_.deadline_key.empty();
    return Failed(HttpFailure::Kind::kTimeout, status,
                  "no whole answer within " + std::to_string(allowed.count()) + " s" +
                      (set ? " (" + settings_.deadline_key + ")" : ""));
  }
  if (breach != AnswerGuard::Breach::kNone) {
    // Without a status it says nothing of the request: the next one may fare better.
    return Failed(status == 0 ? HttpFailure::Kind::kConnect : HttpFailure::Kind::kDecode, status,
                  "the answer cannot be " + settings_.peer +
                      "'s: " + InWords(breach, client_->bounds()) +
                      "; look at what is between this machine and " + settings_.base.host);
  }
  if (status != 0) return Failed(HttpFailure::Kind::kDecode, status, "the answer was cut short");
  return Failed(HttpFailure::Kind::kConnect, 0, ConnectMessage());
}

std::string KeepAliveClient::ConnectMessage() const {
  std::string where = settings_.base.host + ":" + std::to_string(settings_.base.port);
  const std::string proxy =
      settings_.proxy ? settings_.proxy->host + ":" + std::to_string(settings_.proxy->port)
                      : std::string();
  const bool tunnels = settings_.proxy && settings_.base.tls;
  const auto& failure = client_->failure();
  if (!failure) return where + " closed the connection without an answer";
  switch (failure->step) {
    case ConnectFailure::Step::kName:
      return "the name " + (tunnels ? settings_.proxy->host : settings_.base.host) +
             " cannot be resolved (" + failure->message + "): check the name servers";
    case ConnectFailure::Step::kConnect:
      return (tunnels ? "cannot reach " + where + " through the proxy " + proxy
                      : "cannot connect to " + where) +
             " (" + failure->message + "): check route and firewall";
    case ConnectFailure::Step::kProxy:
      return "the proxy " + proxy + " opens no tunnel to " + where + " (" + failure->message +
             "): check api.proxy and what it allows";
    case ConnectFailure::Step::kTls:
      return "no TLS with " + where + (tunnels ? " through api.proxy" : "") + " (" +
             failure->message + ")";
    case ConnectFailure::Step::kCertificate:
      return "the certificate of " + where + " is not trusted (" + failure->message +
             "): " + failure->next;
  }
  return where;
}

void KeepAliveClient::Watch(int socket) {
  MutexLock lock(mutex_);
  if (watched_ >= 0) ::close(watched_);
  watched_ = ::fcntl(socket, F_DUPFD_CLOEXEC, 0);
}

void KeepAliveClient::Begin() {
  MutexLock lock(mutex_);
  busy_ = true;
}

bool KeepAliveClient::End() {
  MutexLock lock(mutex_);
  busy_ = false;
  return down_;
}

bool KeepAliveClient::IsDown() {
  MutexLock lock(mutex_);
  return down_;
}

void KeepAliveClient::Shutdown() {
  MutexLock lock(mutex_);
  down_ = true;
  if (busy_) CutLocked();
}

void KeepAliveClient::CutLocked() {
  if (watched_ >= 0) ::shutdown(watched_, SHUT_RDWR);
}

}  // namespace hubmirror
