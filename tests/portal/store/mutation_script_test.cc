#include "store/mutation_script.h"

#include <doctest/doctest.h>

#include "test_portal.h"

namespace simulated_portal {
namespace {

std::string Progress(TestPortal& test) {
  return test.Get("/_control/script").body;
}

}  // namespace

TEST_CASE("a script spreads its changes over its time and then stops") {
  TestPortal test;
  REQUIRE(test.Post("/_control/script", R"({"events":100,"seconds":10,"seed":3})").status == 200);
  CHECK(test.Post("/_control/script", R"({"events":1,"seconds":1})").status == 400);
  Portal& portal = test.portal();
  const auto step = [&](Duration after) {
    portal.script.Step(portal.objects, portal.mutator, test.now + after);
  };
  step(5000);
  CHECK(Progress(test).find(R"("running":true,"done":50)") != std::string::npos);
  step(60'000);
  CHECK(Progress(test).find(R"("running":false,"done":100)") != std::string::npos);
  CHECK_FALSE(portal.script.running());
}

TEST_CASE("a script keeps its bound on erasures and its weights") {
  TestPortal test;
  REQUIRE(test.Post("/_control/script",
                    R"({"events":200,"seconds":0,"weights":{"erase":50,"purge":10,"update":40},)"
                    R"("objects":["contacts"],"erasures_max":7})")
              .status == 200);
  RecordStore& contacts = test.contacts().records;
  CHECK(contacts.count(RecordState::kErased) + contacts.count(RecordState::kPurged) == 7);
  CHECK(Progress(test).find(R"("create":0,"update":193,"archive":0)") != std::string::npos);
}

TEST_CASE("quiet means that the index has caught up and no script runs") {
  TestPortal test;
  CHECK(test.Get("/_control/quiet").body.find("\"quiet\":true") != std::string::npos);
  REQUIRE(test.Post("/_control/settings", R"({"index_delay":"10s"})").status == 200);
  REQUIRE(test.Post("/_control/mutate", R"({"kind":"update"})").status == 200);
  CHECK(test.Get("/_control/quiet").body.find("\"quiet\":false,\"pending\":1") !=
        std::string::npos);
  test.now += 10'000;
  CHECK(test.Get("/_control/quiet").body.find("\"quiet\":true") != std::string::npos);
}

}  // namespace simulated_portal
