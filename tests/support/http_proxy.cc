#include "support/http_proxy.h"

#include <httplib.h>

#include <condition_variable>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <utility>

namespace hubmirror::testing {
namespace {

// A daemon keeps several connections, and each holds a thread here.
constexpr size_t kThreads = 48;

/// What belongs to a connection, or is written anew for the next one.
bool IsOfTheConnection(const std::string& name) {
  return name == "content-length" || name == "transfer-encoding" || name == "connection" ||
         name == "keep-alive" || name == "content-type";
}

std::string Small(std::string name) {
  for (char& letter : name) {
    if (letter >= 'A' && letter <= 'Z') letter = static_cast<char>(letter - 'A' + 'a');
  }
  return name;
}

}  // namespace

struct HttpProxy::Impl {
  explicit Impl(const std::optional<Tls>& tls)
      : secure(tls.has_value()),
        server(tls ? std::make_unique<httplib::SSLServer>(tls->certificate_file.c_str(),
                                                          tls->key_file.c_str())
                   : std::make_unique<httplib::Server>()) {}

  void Serve(const httplib::Request& request, httplib::Response& response) {
    std::string target;
    Meddle meddle_now;
    {
      std::unique_lock lock(mutex);
      told.wait(lock, [this] { return !portal_url.empty(); });
      target = portal_url;
      meddle_now = meddle;
    }
    httplib::Client client(target);
    client.set_read_timeout(130);
    httplib::Request forwarded;
    forwarded.method = request.method;
    forwarded.path = request.target;
    forwarded.body = request.body;
    for (const char* name : {"Authorization", "Content-Type", "Accept", "User-Agent", "webhook-id",
                             "webhook-timestamp", "webhook-signature"}) {
      if (request.has_header(name)) forwarded.set_header(name, request.get_header_value(name));
    }
    const auto result = client.send(forwarded);
    Answer answer;
    if (result) {
      answer.status = result->status;
      answer.body = result->body;
      for (const auto& [name, value] : result->headers) answer.headers[Small(name)] = value;
    } else {
      answer.status = 502;
    }
    if (meddle_now) meddle_now({request.method, request.target, request.body}, answer);
    response.status = answer.status;
    const std::string type = answer.headers.contains("content-type")
                                 ? answer.headers.at("content-type")
                                 : "application/json";
    for (const auto& [name, value] : answer.headers) {
      if (!IsOfTheConnection(name)) response.set_header(name, value);
    }
    if (!answer.without_length) return response.set_content(std::move(answer.body), type);
    response.set_chunked_content_provider(
        type, [body = std::move(answer.body)](size_t, httplib::DataSink& sink) {
          sink.write(body.data(), body.size());
          sink.done();
          return true;
        });
  }

  const bool secure;
  const std::unique_ptr<httplib::Server> server;
  int port = 0;
  std::mutex mutex;
  std::condition_variable told;
  std::string portal_url;
  Meddle meddle;
  std::thread thread;
};

HttpProxy::HttpProxy(const Options& options) : impl_(std::make_unique<Impl>(options.tls)) {
  httplib::Server& server = *impl_->server;
  if (!server.is_valid()) throw std::runtime_error("the proxy has no usable certificate");
  server.new_task_queue = [] { return new httplib::ThreadPool(kThreads); };
  server.set_keep_alive_max_count(1'000'000);
  server.set_payload_max_length(64U << 20U);
  const auto serve = [this](const httplib::Request& request, httplib::Response& response) {
    impl_->Serve(request, response);
  };
  server.Get(".*", serve);
  server.Post(".*", serve);
  if (options.port == 0) {
    impl_->port = server.bind_to_any_port(options.address);
  } else if (server.bind_to_port(options.address, options.port)) {
    impl_->port = options.port;
  }
  if (impl_->port <= 0) throw std::runtime_error("the proxy cannot listen on " + options.address);
  impl_->thread = std::thread([this] { impl_->server->listen_after_bind(); });
}

HttpProxy::~HttpProxy() {
  ForwardTo("http://127.0.0.1:1");  // Whoever waits still is answered 502.
  while (!impl_->server->is_running()) std::this_thread::yield();
  impl_->server->stop();
  impl_->thread.join();
}

int HttpProxy::port() const {
  return impl_->port;
}

std::string HttpProxy::url() const {
  return (impl_->secure ? "https://localhost:" : "http://127.0.0.1:") + std::to_string(port());
}

void HttpProxy::ForwardTo(const std::string& portal_url) {
  const std::lock_guard lock(impl_->mutex);
  impl_->portal_url = portal_url;
  impl_->told.notify_all();
}

void HttpProxy::Set(Meddle meddle) {
  const std::lock_guard lock(impl_->mutex);
  impl_->meddle = std::move(meddle);
}

}  // namespace hubmirror::testing
