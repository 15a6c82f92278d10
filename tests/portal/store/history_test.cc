#include "store/history.h"

#include <doctest/doctest.h>

#include "test_portal.h"

namespace simulated_portal {
namespace {

constexpr Instant kLater = 1'790'000'100'000;

struct HistoryFixture {
  TestPortal test{{{"instants", "milliseconds"}}, 60};
  CrmObject& object = test.contacts();
  Mutator& mutator = test.portal().mutator;
  PropertyIndex city = *object.catalog.Find("city");

  Record& Live() { return *object.records.DrawRecord(mutator.random(), RecordState::kLive); }
  std::vector<std::string> Values(const Record& record) {
    std::vector<std::string> values;
    for (const PropertyVersion& version : HistoryOf(object, record, city)) {
      values.push_back(version.value);
    }
    return values;
  }
};

}  // namespace

TEST_CASE_FIXTURE(HistoryFixture, "history: every value once, newest first, cleared ones too") {
  Record& record = mutator.Create(object, 77, {{city, "Ulm"}}, kLater, kLater);
  mutator.Update(object, record, {{city, "Bonn"}}, kLater + 5);
  mutator.Update(object, record, {{*object.catalog.Find("email"), "a@b"}}, kLater + 6);
  mutator.Update(object, record, {{city, ""}}, kLater + 7);

  CHECK(Values(record) == std::vector<std::string>{"", "Bonn", "Ulm"});
  const auto history = HistoryOf(object, record, city);
  CHECK(history[1].since == kLater + 5);
  CHECK(history[1].source_type == "CRM_UI");
  CHECK(history[1].user == 41);
  CHECK(history[2].since == kLater);
}

TEST_CASE_FIXTURE(HistoryFixture, "history: two changes at one time have two times") {
  Record& record = mutator.Create(object, 77, {{city, "Ulm"}}, kLater, kLater);
  mutator.Calculate(object, record, {{city, "Bonn"}}, kLater);
  mutator.Calculate(object, record, {{city, "Kiel"}}, kLater);
  const auto history = HistoryOf(object, record, city);
  REQUIRE(history.size() == 3);
  CHECK(history[0].since > history[1].since);
  CHECK(history[1].since > history[2].since);
}

TEST_CASE_FIXTURE(HistoryFixture, "history: batch read shows what was asked for, 50 at most") {
  const std::string path = "/crm/objects/2026-09/contacts/batch/read";
  Record& record = mutator.Create(object, 77, {{city, "Ulm"}}, kLater, kLater);
  mutator.Update(object, record, {{city, "Bonn"}}, kLater + 5);
  const auto answer = ParseAnswer(
      test.Post(path, R"({"inputs":[{"id":"77"}],"properties":["email"],)"
                      R"("propertiesWithHistory":["city","lastmodifieddate","nonsense"]})"));
  const auto& history = answer["results"][0]["propertiesWithHistory"];
  CHECK(history.MemberCount() == 1);
  REQUIRE(history["city"].Size() == 2);
  CHECK(std::string(history["city"][0]["value"].GetString()) == "Bonn");

  std::string inputs;
  for (int id = 1; id <= 51; ++id) {
    inputs += (id > 1 ? "," : "") + ("{\"id\":\"" + std::to_string(id) + "\"}");
  }
  CHECK(test.Post(path, "{\"inputs\":[" + inputs + "],\"propertiesWithHistory\":[\"city\"]}")
            .status == 400);
  CHECK(test.Post(path, "{\"inputs\":[" + inputs + "]}").status == 200);
}

}  // namespace simulated_portal
