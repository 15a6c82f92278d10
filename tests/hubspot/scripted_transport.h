#pragma once

#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "http/http_transport.h"

namespace hubmirror::testing {

/// Answers in the order they were put in and keeps the requests. Thread-safe. An answer that is
/// asked for and was not put in is a failed connection.
class ScriptedTransport final : public HttpTransport {
 public:
  using Headers = std::vector<std::pair<std::string, std::string>>;

  /// JSON with a Date header, as HubSpot's answers have.
  void Answer(int status, std::string body, Headers more = {}) {
    Headers headers = {{"content-type", "application/json;charset=utf-8"},
                       {"date", "Tue, 01 Sep 2026 10:00:00 GMT"}};
    headers.insert(headers.end(), more.begin(), more.end());
    AnswerWith(
        ClientAnswer{.status = status, .headers = std::move(headers), .body = std::move(body)});
  }
  void AnswerWith(Result<ClientAnswer, HttpFailure> answer) {
    MutexLock lock(mutex_);
    answers_.push_back(std::move(answer));
  }

  Result<ClientAnswer, HttpFailure> Send(const ClientRequest& request) override {
    MutexLock lock(mutex_);
    requests_.push_back(request);
    if (answers_.empty()) {
      return HttpFailure{.kind = HttpFailure::Kind::kConnect,
                         .message = "the script is at its end"};
    }
    auto answer = std::move(answers_.front());
    answers_.pop_front();
    return answer;
  }

  std::vector<ClientRequest> requests() {
    MutexLock lock(mutex_);
    return requests_;
  }
  ClientRequest last() { return requests().back(); }

 private:
  Mutex mutex_;
  std::deque<Result<ClientAnswer, HttpFailure>> answers_ GUARDED_BY(mutex_);
  std::vector<ClientRequest> requests_ GUARDED_BY(mutex_);
};

}  // namespace hubmirror::testing
