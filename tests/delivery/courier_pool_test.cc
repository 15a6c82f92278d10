#include "delivery/courier_pool.h"

#include <doctest/doctest.h>

#include <atomic>
#include <latch>

#include "delivery/fake_webhook.h"
#include "support/await.h"

namespace hubmirror::testing {
namespace {

using namespace std::chrono_literals;

TEST_CASE("courier pool: a receiver that hangs holds up no other webhook") {
  FakeWebhook hanging;
  FakeWebhook well;
  hanging.store->Add(1);
  std::latch arrived(1);
  std::latch released(1);
  hanging.receiver->on_request = [&] {
    arrived.count_down();
    released.wait();
  };
  CourierPool pool(well.clock, well.log, 2);
  pool.Put("one", {hanging.MakeCourier()});
  pool.Put("two", {well.MakeCourier()});
  arrived.wait();

  well.store->Add(3);
  pool.Ring("two");
  CHECK(Happens(20s, [&] { return well.receiver->Ids().size() == 1; }));

  released.count_down();
  pool.Stop();
  CHECK(hanging.store->standings["won"].seq == 1);
}

TEST_CASE("courier pool: new entries end a wait for entries, not one for an ill receiver") {
  FakeWebhook webhook({200, 500, 200});
  CourierPool pool(webhook.clock, webhook.log, 1);
  pool.Put("acme", {webhook.MakeCourier()});

  webhook.store->Add(1);
  pool.Ring("acme");
  CHECK(Happens(20s, [&] { return webhook.receiver->Ids().size() == 1; }));
  webhook.store->Add(1);
  pool.Ring("acme");
  CHECK(Happens(20s, [&] { return webhook.observer.Count("acme/won ill") == 1; }));
  webhook.store->Add(1);
  pool.Ring("acme");
  CHECK(webhook.receiver->Ids().size() == 2);
  webhook.clock.Advance(1s);
  CHECK(Happens(20s, [&] { return webhook.receiver->Ids().size() == 3; }));
}

TEST_CASE("courier pool: a bug in one webhook ends neither it nor the process, and is said once") {
  FakeWebhook broken;
  broken.store->broken = true;
  broken.store->Add(1);
  CourierPool pool(broken.clock, broken.log, 1);
  pool.Put("acme", {broken.MakeCourier()});
  CHECK(Happens(20s, [&] { return broken.log.count() == 1; }));

  broken.store->broken = false;
  broken.clock.Advance(1min);
  CHECK(Happens(20s, [&] { return broken.receiver->Ids().size() == 1; }));
  pool.Stop();
  REQUIRE(broken.log.lines.size() == 1);
  CHECK(broken.log.lines[0].starts_with("step.bug: webhook won met a bug"));
  CHECK(broken.log.lines[0].find("a value of a record") == std::string::npos);
}

TEST_CASE("courier pool: another plan waits for the request under way, and no longer") {
  FakeWebhook before({500});
  FakeWebhook after;
  before.store->Add(1);
  after.store->Add(1);
  std::latch arrived(1);
  std::latch released(1);
  before.receiver->on_request = [&] {
    arrived.count_down();
    released.wait();
  };
  CourierPool pool(before.clock, before.log, 4);
  pool.Put("acme", {before.MakeCourier()});
  arrived.wait();

  pool.Put("acme", {after.MakeCourier()});
  CHECK(after.receiver->Ids().empty());
  released.count_down();

  CHECK(Happens(20s, [&] { return after.receiver->Ids().size() == 1; }));
  CHECK(before.receiver->Ids().size() == 1);
}

TEST_CASE("courier pool: what is taken out is not asked again") {
  FakeWebhook webhook;
  CourierPool pool(webhook.clock, webhook.log, 1);
  pool.Put("acme", {webhook.MakeCourier()});
  webhook.store->Add(1);
  pool.Ring("acme");
  CHECK(Happens(20s, [&] { return webhook.receiver->Ids().size() == 1; }));

  pool.Put("acme", {});
  webhook.store->Add(1);
  pool.Ring("acme");
  pool.Stop();

  CHECK(webhook.receiver->Ids().size() == 1);
}

}  // namespace
}  // namespace hubmirror::testing
