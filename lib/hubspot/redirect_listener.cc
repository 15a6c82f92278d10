#include "hubspot/redirect_listener.h"

#include <httplib.h>
#include <pthread.h>

#include <stdexcept>

#include "hubspot/authorization.h"

namespace hubmirror {
namespace {

constexpr char kLoopback[] = "127.0.0.1";
constexpr char kTaken[] =
    "<!doctype html><title>hubmirror</title><p>hubmirror has its answer. You can close this "
    "window and go back to the terminal.";
constexpr char kRefused[] =
    "<!doctype html><title>hubmirror</title><p>This does not belong to the authorization that "
    "hubmirror is waiting for. Open the address it has printed.";

}  // namespace

RedirectListener::RedirectListener(int port, std::string state)
    : state_(std::move(state)), server_(std::make_unique<httplib::Server>()) {
  server_->new_task_queue = [] { return new httplib::ThreadPool(2); };
  server_->set_keep_alive_max_count(1);
  // The library's default lets a second process listen on the same port.
  server_->set_socket_options([](socket_t socket) {
    const int on = 1;
    setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  });
  server_->Get("/callback", [this](const httplib::Request& request, httplib::Response& response) {
    const bool ours = Take(request.target);
    response.status = ours ? 200 : 400;
    response.set_content(ours ? kTaken : kRefused, "text/html; charset=utf-8");
  });
  const int bound = port == 0                                ? server_->bind_to_any_port(kLoopback)
                    : server_->bind_to_port(kLoopback, port) ? port
                                                             : -1;
  if (bound < 0) {
    throw std::runtime_error("port " + std::to_string(port) +
                             " on 127.0.0.1 is taken: choose another and allow it in the app");
  }
  redirect_uri_ = "http://localhost:" + std::to_string(bound) + "/callback";
  thread_ = std::jthread([this] {
    pthread_setname_np(pthread_self(), "redirect");
    server_->listen_after_bind();
  });
  // A stop() before the loop has begun would be lost.
  while (!server_->is_running()) std::this_thread::yield();
}

RedirectListener::~RedirectListener() {
  server_->stop();
}

std::optional<Result<Secret, std::string>> RedirectListener::Wait(std::stop_token stop) {
  MutexLock lock(mutex_);
  arrived_.wait(lock, stop, [this]() NO_THREAD_SAFETY_ANALYSIS { return outcome_.has_value(); });
  return outcome_;
}

bool RedirectListener::Take(const std::string& target) {
  const size_t query = target.find('?');
  if (query == std::string::npos) return false;
  const std::string_view text = std::string_view(target).substr(query + 1);
  auto code = CodeFromQuery(text, state_);
  // Whoever does not know our state cannot end our waiting.
  if (!code && text.find("state=" + state_) == std::string_view::npos) return false;
  MutexLock lock(mutex_);
  if (!outcome_) outcome_ = std::move(code);
  arrived_.notify_all();
  return true;
}

}  // namespace hubmirror
