#include "store/mutator.h"

#include <doctest/doctest.h>

#include "test_portal.h"

namespace simulated_portal {
namespace {

constexpr Instant kLater = 1'790'000'100'000;

struct MutatorFixture {
  TestPortal test{{}, 50};
  CrmObject& object = test.contacts();
  Mutator& mutator = test.portal().mutator;

  void Set(const char* name, const char* setting) {
    REQUIRE(test.portal().switches.Set(name, setting));
  }
  Record& Live() { return *object.records.DrawRecord(mutator.random(), RecordState::kLive); }
  Record& Other(const Record& than) {
    Record* other = &Live();
    while (other == &than) other = &Live();
    return *other;
  }
  std::string Value(const Record& record, const char* name) {
    return record.version->Value(object.catalog, *object.catalog.Find(name)).value_or("(unset)");
  }
  Changes Change(const char* name, const char* value) {
    return {{*object.catalog.Find(name), value}};
  }
};

}  // namespace

TEST_CASE_FIXTURE(MutatorFixture,
                  "an update moves the stamp and its property, twice in one millisecond too") {
  Record& record = Live();
  mutator.Update(object, record, Change("city", "Ulm"), kLater);
  CHECK(record.version->stamp == kLater);
  CHECK(record.version->updated == kLater);
  CHECK(Value(record, "lastmodifieddate") == FormatInstant(kLater));
  CHECK(Value(record, "city") == "Ulm");

  mutator.Update(object, record, Change("city", "Bonn"), kLater);
  CHECK(record.version->stamp == kLater + 1);
}

TEST_CASE_FIXTURE(MutatorFixture, "calculation and archiving leave the stamp alone") {
  Record& record = Live();
  const Instant stamp = record.version->stamp;
  Set("updated_at", "follows_stamp");
  const Instant updated = record.version->updated;
  mutator.Calculate(object, record, Change("hubspotscore", "17"), kLater);
  CHECK(Value(record, "hubspotscore") == "17");
  mutator.Archive(object, record, kLater);
  CHECK(record.version->stamp == stamp);
  CHECK(record.version->updated == updated);
  CHECK(record.state == RecordState::kArchived);
  CHECK(record.archived_at == kLater);

  Set("updated_at", "any_change");
  Set("restore_stamp", "stays");
  mutator.Restore(object, record, kLater + 5);
  CHECK(record.version->stamp == stamp);
  CHECK(record.version->updated == kLater + 5);
  CHECK(record.archived_at == 0);

  mutator.Archive(object, record, kLater + 6);
  Set("restore_stamp", "moves");
  mutator.Restore(object, record, kLater + 7);
  CHECK(record.version->stamp == kLater + 7);
}

TEST_CASE_FIXTURE(MutatorFixture, "a cleared value is empty, null or missing, by switch") {
  Record& record = Live();
  const auto clear = [&](const char* setting) {
    Set("cleared_values", setting);
    mutator.Update(object, record, Change("city", "Ulm"), kLater);
    mutator.Update(object, record, Change("city", ""), kLater);
    CHECK_FALSE(record.version->HasValue(object.catalog, *object.catalog.Find("city")));
    return record.version->json.find("\"city\":");
  };
  const auto text_at = [&](size_t at) { return record.version->json.substr(at, 11); };
  CHECK(text_at(clear("empty")) == "\"city\":\"\",\"");
  CHECK(text_at(clear("null")) == "\"city\":null");
  CHECK(clear("missing") == std::string::npos);
}

TEST_CASE_FIXTURE(MutatorFixture, "a merge makes a new record, or keeps the primary, by switch") {
  Record& primary = Live();
  Record& loser = Other(primary);
  mutator.Update(object, primary, Change("city", "Ulm"), kLater);
  mutator.Update(object, loser,
                 {{*object.catalog.Find("city"), "Bonn"}, {*object.catalog.Find("fax"), "12"}},
                 kLater);
  mutator.Update(object, primary, Change("fax", ""), kLater);
  Set("merge_id", "new");
  Record& survivor = mutator.Merge(object, primary, loser, kLater);
  CHECK(survivor.id != primary.id);
  CHECK(survivor.state == RecordState::kLive);
  CHECK(Value(survivor, "city") == "Ulm");
  CHECK(primary.state == RecordState::kMerged);
  CHECK(loser.state == RecordState::kMerged);
  CHECK(Value(survivor, "hs_merged_object_ids") ==
        std::to_string(primary.id) + ";" + std::to_string(loser.id));
  CHECK(object.records.Resolve(loser.id) == &survivor);

  Set("merge_id", "primary");
  Set("merged_list", "flat");
  Record& third = Other(survivor);
  CHECK(&mutator.Merge(object, third, survivor, kLater) == &third);
  CHECK(third.state == RecordState::kLive);
  CHECK(Value(third, "hs_merged_object_ids") == std::to_string(primary.id) + ";" +
                                                    std::to_string(loser.id) + ";" +
                                                    std::to_string(survivor.id));
  CHECK(object.records.Resolve(loser.id) == &third);
}

TEST_CASE_FIXTURE(MutatorFixture, "the index hears of changes late, of removals later") {
  mutator.SetDelay({.change = 1000, .removal = 60'000, .late_share = 0, .late = 0});
  Record& record = Live();
  mutator.Update(object, record, Change("city", "Ulm"), kLater);
  mutator.Archive(object, record, kLater);
  CHECK(object.index.pending() == 2);
  object.index.CatchUp(kLater + 60'000);
  CHECK(object.index.pending() == 0);
  CHECK_FALSE(object.index.by_id().contains(record.id));
}

TEST_CASE_FIXTURE(MutatorFixture, "filling a property touches no stamp") {
  const Instant stamp = Live().version->stamp;
  const PropertyIndex property = *object.catalog.Find("total_revenue");
  mutator.Fill(object, property, 1.0, kLater);
  size_t filled = 0;
  for (const auto& [id, record] : object.records.all()) {
    if (record.state != RecordState::kLive) continue;
    CHECK(record.version->HasValue(object.catalog, property));
    CHECK(record.version->stamp < kLater);
    ++filled;
  }
  CHECK(filled == object.records.count(RecordState::kLive));
  CHECK(stamp < kLater);
}

}  // namespace simulated_portal
