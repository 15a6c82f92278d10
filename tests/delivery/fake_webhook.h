#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "delivery/courier.h"
#include "model/store/database_error.h"
#include "support/fake_clock.h"

namespace hubmirror::testing {

/// A feed and the standing of webhooks in memory.
class MemoryWebhookStore final : public WebhookStore {
 public:
  explicit MemoryWebhookStore(const FakeClock& clock) : clock_(clock) {}

  WebhookLook Look(const std::string& name, int64_t above, int64_t most) override {
    MutexLock lock(mutex_);
    if (down) throw DatabaseError(DatabaseError::Kind::kUnavailable, "", "away");
    if (broken) throw std::out_of_range("a value of a record");
    WebhookLook look{
        .ours = ours, .standing = standings[name], .now = clock_.WallNow(), .epoch = 1};
    above = std::max(above, look.standing.seq);
    look.lost = above < dropped_to;
    for (const WebhookEntry& entry : entries) {
      if (entry.seq > above && look.entries.size() < static_cast<size_t>(most)) {
        look.entries.push_back(entry);
      }
    }
    look.more = look.entries.size() == static_cast<size_t>(most);
    return look;
  }
  void Note(const std::string& name, const WebhookStanding& standing,
            const std::optional<DeadEntry>& entry) override {
    MutexLock lock(mutex_);
    if (down) throw DatabaseError(DatabaseError::Kind::kUnavailable, "", "away");
    ++notes;
    standings[name] = standing;
    if (entry) dead.push_back(*entry);
  }
  void Add(int64_t count, const std::string& object = "deals") {
    MutexLock lock(mutex_);
    for (; count > 0; --count) {
      entries.push_back({.seq = static_cast<int64_t>(entries.size()) + 1,
                         .object = object,
                         .id = "7",
                         .op = "update",
                         .after = R"({"a":"1"})"});
    }
  }

  std::vector<WebhookEntry> entries;
  std::map<std::string, WebhookStanding> standings;
  std::vector<DeadEntry> dead;
  int64_t dropped_to = 0;
  int notes = 0;
  bool ours = true;
  bool down = false;
  std::atomic<bool> broken = false;  ///< as a bug would be

 private:
  const FakeClock& clock_;
  Mutex mutex_;
};

/// Answers in the order of its answers, the last of which stays; notes what it was sent.
class ScriptedReceiver final : public HttpTransport {
 public:
  using Answer = Result<ClientAnswer, HttpFailure>;
  explicit ScriptedReceiver(std::vector<int> statuses = {200}) {
    for (const int status : statuses) answers.push_back(ClientAnswer{.status = status});
  }

  Answer Send(const ClientRequest& request) override {
    if (on_request) on_request();
    MutexLock lock(mutex_);
    requests.push_back(request);
    if (refuses && refuses(request)) return ClientAnswer{.status = 422};
    Answer answer = answers.front();
    if (answers.size() > 1) answers.pop_front();
    return answer;
  }
  /// First and last number of every request, as its id has them.
  std::vector<std::string> Ids() const {
    MutexLock lock(mutex_);
    std::vector<std::string> ids;
    for (const ClientRequest& request : requests) {
      ids.push_back(request.headers[0].second.substr(std::string("acme-won-").size()));
    }
    return ids;
  }

  std::deque<Answer> answers;
  std::vector<ClientRequest> requests;
  std::function<bool(const ClientRequest&)> refuses;
  std::function<void()> on_request;

 private:
  mutable Mutex mutex_;
};

class QuietLog final : public Logger {
 public:
  void Write(const LogLine& line) override {
    MutexLock lock(mutex_);
    if (line.level != LogLevel::kDebug)
      lines.push_back(std::string(line.event) + ": " + line.message);
  }
  size_t count() const {
    MutexLock lock(mutex_);
    return lines.size();
  }
  std::vector<std::string> lines;

 private:
  mutable Mutex mutex_;
};

class CountingWebhookObserver final : public WebhookObserver {
 public:
  void OnWebhookRequest(const PortalKey& portal, const std::string& webhook,
                        const std::string& outcome, std::chrono::milliseconds) override {
    MutexLock lock(mutex_);
    ++outcomes[portal + "/" + webhook + " " + outcome];
  }
  int Count(const std::string& outcome) const {
    MutexLock lock(mutex_);
    const auto found = outcomes.find(outcome);
    return found == outcomes.end() ? 0 : found->second;
  }
  std::map<std::string, int> outcomes;

 private:
  mutable Mutex mutex_;
};

/// A webhook `won` of portal `acme` with everything around it.
struct FakeWebhook {
  explicit FakeWebhook(std::vector<int> statuses = {200})
      : receiver(std::make_shared<ScriptedReceiver>(std::move(statuses))) {}

  std::shared_ptr<Courier> MakeCourier(WebhookPlan plan = {.name = "won"}) {
    return std::make_shared<Courier>(
        Courier::Options{.plan = std::move(plan),
                         .sender = {.portal = "acme", .webhook = "won"},
                         .target = "/hook?x=1",
                         .secrets = [this] { return secrets; }},
        Courier::Parts{store, receiver, observer, clock, log, random});
  }

  FakeClock clock;
  std::shared_ptr<MemoryWebhookStore> store = std::make_shared<MemoryWebhookStore>(clock);
  std::shared_ptr<ScriptedReceiver> receiver;
  CountingWebhookObserver observer;
  QuietLog log;
  Random random{1};
  Result<std::vector<Secret>, std::string> secrets = std::vector<Secret>{Secret("s")};
};

}  // namespace hubmirror::testing
