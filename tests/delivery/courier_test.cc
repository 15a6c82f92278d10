#include "delivery/courier.h"

#include <doctest/doctest.h>

#include "delivery/fake_webhook.h"

namespace hubmirror::testing {
namespace {

using namespace std::chrono_literals;
using Texts = std::vector<std::string>;

/// Turns until nothing is left to do now, at most so often.
Courier::Rest Work(Courier& courier, int most = 50) {
  Courier::Rest rest;
  do {
    rest = courier.Turn();
  } while (rest.wait == 0ms && --most > 0);
  REQUIRE(most > 0);
  return rest;
}

TEST_CASE("courier: entries come in order, each once, as many at once as the plan allows") {
  FakeWebhook webhook;
  webhook.store->Add(250);
  const auto courier = webhook.MakeCourier();

  const auto rest = Work(*courier);

  CHECK(webhook.receiver->Ids() == Texts{"1-100", "101-200", "201-250"});
  CHECK(webhook.store->standings["won"].seq == 250);
  CHECK(rest.until_entries);
  webhook.store->Add(1);
  Work(*courier);
  CHECK(webhook.receiver->Ids().back() == "251-251");
  CHECK(webhook.observer.outcomes["acme/won ok"] == 4);
}

TEST_CASE("courier: a request is signed and goes to the path of the url") {
  FakeWebhook webhook;
  webhook.store->Add(1);
  Work(*webhook.MakeCourier());

  const ClientRequest& request = webhook.receiver->requests.at(0);
  CHECK(request.target == "/hook?x=1");
  CHECK(request.content_type == "application/json");
  CHECK(request.bearer.empty());
  REQUIRE(request.headers.size() == 3);
  CHECK(request.headers[0].second == "acme-won-1-1");
  CHECK(request.headers[2].second.starts_with("v1,"));
}

TEST_CASE("courier: after a death between answer and number the last batch comes again, no more") {
  FakeWebhook webhook;
  webhook.store->Add(150);
  const auto courier = webhook.MakeCourier();
  webhook.receiver->on_request = [&] { webhook.store->down = true; };
  CHECK_THROWS_AS(courier->Turn(), DatabaseError);

  // Another process.
  webhook.store->down = false;
  webhook.receiver->on_request = {};
  Work(*webhook.MakeCourier());

  CHECK(webhook.receiver->Ids() == Texts{"1-100", "1-100", "101-150"});
}

TEST_CASE("courier: while the database is away an answer is kept in mind") {
  FakeWebhook webhook;
  webhook.store->Add(150);
  const auto courier = webhook.MakeCourier();
  webhook.receiver->on_request = [&] { webhook.store->down = true; };
  CHECK_THROWS_AS(courier->Turn(), DatabaseError);
  CHECK_THROWS_AS(courier->Turn(), DatabaseError);

  webhook.store->down = false;
  webhook.receiver->on_request = {};
  Work(*courier);

  CHECK(webhook.receiver->Ids() == Texts{"1-100", "101-150"});
}

TEST_CASE("courier: a batch is the same at every try") {
  FakeWebhook webhook({500, 500, 200});
  webhook.store->Add(3);
  const auto courier = webhook.MakeCourier();

  CHECK(courier->Turn().wait > 0ms);
  webhook.store->Add(2);
  CHECK(courier->Turn().wait > 0ms);
  Work(*courier);

  // What has come meanwhile may come along, so the ids say what is in it.
  CHECK(webhook.receiver->Ids() == Texts{"1-3", "1-5", "1-5"});
  CHECK(webhook.observer.outcomes["acme/won ill"] == 2);
  CHECK(webhook.log.lines == Texts{"webhook.failed: webhook won is not taken: it answered HTTP 500",
                                   "webhook.failed: webhook won is not taken: it answered HTTP 500",
                                   "webhook.recovered: webhook won is taken again"});
}

TEST_CASE(
    "courier: a receiver that is away for six hours misses nothing, and is asked within reason") {
  FakeWebhook webhook;
  webhook.receiver->answers = {HttpFailure{.message = "no whole answer within 10 s"}};
  webhook.receiver->on_request = [&] { webhook.clock.Advance(kWebhookDeadline); };
  auto courier = webhook.MakeCourier();
  const Instant began = webhook.clock.Now();
  auto longest = 0ms;

  while (webhook.clock.Now() - began < 6h) {
    webhook.store->Add(20);
    const auto rest = courier->Turn();
    longest = std::max(longest, rest.wait);
    webhook.clock.Advance(rest.wait);
    // The daemon is started anew half-way.
    if (webhook.receiver->requests.size() == 60) courier = webhook.MakeCourier();
  }

  WebhookStanding& standing = webhook.store->standings["won"];
  CHECK(standing.seq == 0);
  CHECK(!standing.stopped);
  CHECK(standing.reason == "no whole answer within 10 s");
  CHECK(standing.failing_since.has_value());
  CHECK(longest > 4min);
  CHECK(longest <= 5min);
  CHECK(webhook.receiver->requests.size() < 150);

  webhook.receiver->answers = {ClientAnswer{.status = 204}};
  webhook.receiver->on_request = {};
  webhook.receiver->requests.clear();
  Work(*courier);

  const auto all = static_cast<int64_t>(webhook.store->entries.size());
  CHECK(all > 1000);
  CHECK(standing.seq == all);
  CHECK(standing.reason.empty());
  int64_t told = 0;
  for (const std::string& id : webhook.receiver->Ids()) {
    CHECK(id.starts_with(std::to_string(told + 1) + "-"));
    told = std::stoll(id.substr(id.find('-') + 1));
  }
  CHECK(told == all);
  CHECK(webhook.store->dead.empty());
}

TEST_CASE("courier: one poisoned entry goes, all others arrive, in a quarter of an hour") {
  FakeWebhook webhook;
  webhook.store->Add(300);
  const auto courier = webhook.MakeCourier();
  webhook.receiver->refuses = [](const ClientRequest& request) {
    return request.body.find("\"seq\":77,") != std::string::npos;
  };
  const Instant began = webhook.clock.Now();

  while (webhook.store->standings["won"].seq < 300) {
    webhook.clock.Advance(courier->Turn().wait);
    REQUIRE(webhook.clock.Now() - began <= 15min);
  }

  REQUIRE(webhook.store->dead.size() == 1);
  CHECK(webhook.store->dead[0].seq == 77);
  CHECK(webhook.store->dead[0].attempts == 5);
  CHECK(webhook.clock.Now() - began == 10min);
  CHECK(webhook.receiver->requests.size() < 40);
}

TEST_CASE("courier: entries that nobody wants move the number, at once and then every minute") {
  FakeWebhook webhook;
  webhook.store->Add(1'200, "tickets");
  const auto courier = webhook.MakeCourier({.name = "won", .when = {{.object = "deals"}}});

  Work(*courier);
  webhook.store->Add(5, "tickets");
  Work(*courier);

  CHECK(webhook.receiver->requests.empty());
  CHECK(webhook.store->standings["won"].seq == 500);
  webhook.clock.Advance(1min);
  Work(*courier);
  CHECK(webhook.store->standings["won"].seq == 1'205);
  CHECK(webhook.store->notes == 2);
}

TEST_CASE("courier: nothing is sent for another daemon's portal, nor when stopped or lost") {
  FakeWebhook webhook;
  webhook.store->Add(5);
  const auto courier = webhook.MakeCourier();

  webhook.store->ours = false;
  CHECK(courier->Turn().wait > 0ms);
  webhook.store->ours = true;
  webhook.store->standings["won"].stopped = true;
  CHECK(courier->Turn().wait > 0ms);
  webhook.store->standings["won"].stopped = false;
  webhook.store->dropped_to = 2;
  CHECK(courier->Turn().wait > 0ms);

  CHECK(webhook.receiver->requests.empty());
  CHECK(webhook.store->notes == 0);
}

TEST_CASE("courier: whom a person moves back is told again from there") {
  FakeWebhook webhook;
  webhook.store->Add(5);
  const auto courier = webhook.MakeCourier();
  Work(*courier);

  webhook.store->standings["won"].seq = 2;
  webhook.store->standings["won"].moves = 1;
  Work(*courier);

  CHECK(webhook.receiver->Ids() == Texts{"1-5", "3-5"});
}

TEST_CASE("courier: without its secret nothing is sent, and the reason is told") {
  FakeWebhook webhook;
  webhook.store->Add(1);
  webhook.secrets = std::string("file:/none cannot be read");
  const auto courier = webhook.MakeCourier();

  CHECK(courier->Turn().wait > 0ms);

  CHECK(webhook.receiver->requests.empty());
  CHECK(webhook.store->standings["won"].reason == "nothing is sent: file:/none cannot be read");
}

TEST_CASE("courier: a failure of the transport is told in its words, Retry-After is read") {
  FakeWebhook webhook;
  webhook.store->Add(1);
  webhook.receiver->answers = {
      HttpFailure{.message = "the certificate of x:443 is not trusted (it names another host)"},
      ClientAnswer{.status = 503, .headers = {{"retry-after", "700"}}}};
  const auto courier = webhook.MakeCourier();

  courier->Turn();
  CHECK(webhook.store->standings["won"].reason ==
        "the certificate of x:443 is not trusted (it names another host)");
  CHECK(courier->Turn().wait == 700s);
}

}  // namespace
}  // namespace hubmirror::testing
