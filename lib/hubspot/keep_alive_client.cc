#include "hubspot/keep_alive_client.h"

#include <fcntl.h>
#include <httplib.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>

#include "hubspot/gunzip.h"

// Without this the class layouts differ from the packaged library's and the program crashes.
#if !defined(CPPHTTPLIB_OPENSSL_SUPPORT) || !defined(CPPHTTPLIB_ZLIB_SUPPORT)
#error "use cpp-httplib through its pkg-config target"
#endif

namespace hubmirror {

using namespace std::chrono_literals;

/// What came of sending a request once.
struct KeepAliveClient::Attempt {
  httplib::Error error = httplib::Error::Success;
  ApiAnswer answer;  ///< status 0: no header arrived
  bool too_large = false;
  bool late = false;
};

namespace {

httplib::Request WireRequest(const ApiRequest& request) {
  httplib::Request wire;
  wire.method = request.body.empty() ? "GET" : "POST";
  wire.path = request.target;
  wire.body = request.body;
  wire.headers.emplace("Accept", "application/json");
  wire.headers.emplace("Accept-Encoding", "gzip");
  wire.headers.emplace("User-Agent", "hubmirror");
  if (!request.body.empty()) wire.headers.emplace("Content-Type", request.content_type);
  if (!request.bearer.empty()) {
    wire.headers.emplace("Authorization", "Bearer " + request.bearer.Reveal());
  }
  return wire;
}

uint64_t PromisedLength(const httplib::Response& response) {
  // Older and newer cpp-httplib read numbers from headers by different names.
  const std::string text = response.get_header_value("Content-Length");
  uint64_t length = 0;
  std::from_chars(text.data(), text.data() + text.size(), length);
  return length;
}

ApiError Failed(ApiErrorKind kind, int status, std::string message) {
  return {.kind = kind, .status = status, .message = std::move(message)};
}

std::string Megabytes(size_t bytes) {
  return std::to_string(bytes >> 20) + " MiB";
}

}  // namespace

KeepAliveClient::KeepAliveClient(const TransportSettings& settings, const TrustStore& trust,
                                 const Clock& clock)
    : settings_(settings),
      clock_(clock),
      client_(std::make_unique<httplib::Client>(settings.base.Origin())) {
  client_->set_keep_alive(true);
  client_->set_follow_location(false);
  client_->set_url_encode(false);
  client_->set_decompress(false);  // Ours knows the cap and notices a body cut short.
  client_->set_tcp_nodelay(true);
  client_->set_connection_timeout(std::min(settings.connect_timeout, settings.deadline));
  client_->set_socket_options([this](socket_t socket) { Watch(socket); });
  if (!settings.base.tls) return;

  if (settings.proxy) client_->set_proxy(settings.proxy->host, settings.proxy->port);
  client_->enable_server_certificate_verification(true);
  client_->set_ca_cert_store(trust.Share());
  // Without a path the library would add the system's authorities to those of the file.
  if (!settings.ca_file.empty()) client_->set_ca_cert_path(settings.ca_file);
  SSL_CTX_set_min_proto_version(client_->ssl_context(), TLS1_2_VERSION);
}

KeepAliveClient::~KeepAliveClient() {
  if (watched_ >= 0) ::close(watched_);
}

Result<ApiAnswer, ApiError> KeepAliveClient::Send(const ApiRequest& request) {
  const Instant deadline = clock_.Now() + settings_.deadline;
  Begin(deadline);
  const bool reused = client_->is_socket_open() != 0;
  Attempt attempt = Try(request, deadline);
  // Servers close idle connections when they like, also while the next request is on its way.
  const bool closed_on_us =
      reused && attempt.answer.status == 0 && clock_.Now() < deadline &&
      (attempt.error == httplib::Error::Read || attempt.error == httplib::Error::Write);
  if (closed_on_us) attempt = Try(request, deadline);
  return Conclude(std::move(attempt), deadline);
}

KeepAliveClient::Attempt KeepAliveClient::Try(const ApiRequest& request, Instant deadline) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - clock_.Now());
  client_->set_read_timeout(std::max(left, 1ms));
  client_->set_write_timeout(std::max(left, 1ms));

  Attempt attempt;
  ApiAnswer& answer = attempt.answer;
  httplib::Request wire = WireRequest(request);
  wire.response_handler = [&](const httplib::Response& response) {
    answer.status = response.status;
    answer.headers.assign(response.headers.begin(), response.headers.end());
    const uint64_t promised = PromisedLength(response);
    attempt.too_large = promised > settings_.response_limit;
    if (!attempt.too_large) answer.body.reserve(promised);
    return !attempt.too_large;
  };
  wire.content_receiver = [&](const char* bytes, size_t count, uint64_t, uint64_t) {
    attempt.too_large = answer.body.size() + count > settings_.response_limit;
    attempt.late = clock_.Now() > deadline;
    if (attempt.too_large || attempt.late) return false;
    answer.body.append(bytes, count);
    return true;
  };
  httplib::Response response;
  if (!client_->send(wire, response, attempt.error)) return attempt;
  // A proxy that refuses to CONNECT answers without the handler being asked.
  if (answer.status == 0) answer.status = response.status;
  return attempt;
}

Result<ApiAnswer, ApiError> KeepAliveClient::Conclude(Attempt attempt, Instant deadline) {
  const bool down = End();
  if (down && attempt.error != httplib::Error::Success) {
    return Failed(ApiErrorKind::kConnect, 0, "given up: the daemon is stopping");
  }
  if (clock_.Now() > deadline) attempt.late = true;
  if (attempt.error != httplib::Error::Success || attempt.late) {
    return FailureOf(attempt, deadline);
  }

  ApiAnswer& answer = attempt.answer;
  answer.wire_bytes = answer.body.size();
  const std::string_view encoding = answer.Header("Content-Encoding");
  if (encoding.empty() || encoding == "identity") return std::move(answer);
  if (encoding != "gzip" && encoding != "deflate") {
    return Failed(ApiErrorKind::kDecode, answer.status,
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

ApiError KeepAliveClient::FailureOf(const Attempt& attempt, Instant deadline) {
  const int status = attempt.answer.status;
  if (attempt.too_large) {
    return Failed(ApiErrorKind::kTooLarge, status,
                  "the answer is larger than " + Megabytes(settings_.response_limit) +
                      ": raise limits.response");
  }
  if (attempt.late || clock_.Now() >= deadline) {
    const auto allowed = std::chrono::ceil<std::chrono::seconds>(settings_.deadline);
    return Failed(
        ApiErrorKind::kTimeout, status,
        "no whole answer within " + std::to_string(allowed.count()) + " s (limits.request)");
  }
  if (status != 0) return Failed(ApiErrorKind::kDecode, status, "the answer was cut short");
  return Failed(ApiErrorKind::kConnect, 0, ConnectMessage(attempt));
}

std::string KeepAliveClient::ConnectMessage(const Attempt& attempt) const {
  const std::string where = settings_.base.host + ":" + std::to_string(settings_.base.port);
  switch (attempt.error) {
    case httplib::Error::SSLServerVerification: {
      const long verdict = client_->get_openssl_verify_result();
      return "the certificate of " + where + " is not trusted (" +
             (verdict == X509_V_OK ? "it names another host"
                                   : X509_verify_cert_error_string(verdict)) +
             "): set api.ca_file if a company proxy signs it";
    }
    case httplib::Error::SSLLoadingCerts:
      return "api.ca_file " + settings_.ca_file + " cannot be read any more";
    case httplib::Error::SSLConnection:
      return "no TLS with " + where + (settings_.proxy ? " through api.proxy" : "");
    case httplib::Error::Read:
    case httplib::Error::Write:
      return where + " closed the connection without an answer";
    default:
      return settings_.proxy && settings_.base.tls
                 ? "cannot reach " + where + " through the proxy " + settings_.proxy->host + ":" +
                       std::to_string(settings_.proxy->port)
                 : "cannot connect to " + where + ": check name resolution, route and firewall";
  }
}

void KeepAliveClient::Watch(int socket) {
  MutexLock lock(mutex_);
  if (watched_ >= 0) ::close(watched_);
  watched_ = ::fcntl(socket, F_DUPFD_CLOEXEC, 0);
}

void KeepAliveClient::Begin(Instant deadline) {
  MutexLock lock(mutex_);
  busy_ = true;
  deadline_ = deadline;
}

bool KeepAliveClient::End() {
  MutexLock lock(mutex_);
  busy_ = false;
  return down_;
}

void KeepAliveClient::CutIfOverdue(Instant now) {
  MutexLock lock(mutex_);
  if (busy_ && now > deadline_) CutLocked();
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
