#include <doctest/doctest.h>

#include <map>
#include <set>

#include "test_portal.h"

namespace simulated_portal {

TEST_CASE("a portal is the same for the same seed") {
  TestPortal a, b;
  const std::string target = "/_control/truth/1234567/contacts";
  CHECK(a.Get(target).body == b.Get(target).body);
  CHECK(a.Get("/_control/properties/1234567/contacts").body ==
        b.Get("/_control/properties/1234567/contacts").body);
}

TEST_CASE("a portal has a past: archived and merged records, shared stamps, scattered ids") {
  TestPortal test({}, 3000);
  CrmObject& contacts = test.contacts();
  CHECK(contacts.records.count(RecordState::kLive) +
            contacts.records.count(RecordState::kArchived) ==
        3000);
  CHECK(contacts.records.count(RecordState::kArchived) == 90);
  CHECK(contacts.records.count(RecordState::kMerged) > 0);
  CHECK(contacts.index.pending() == 0);
  CHECK(contacts.index.by_id().size() == contacts.records.count(RecordState::kLive));

  std::map<Instant, int> stamps;
  std::set<size_t> decades;
  double values = 0;
  for (const auto& [id, record] : contacts.records.all()) {
    ++stamps[record.version->stamp];
    decades.insert(std::to_string(id).size());
    values += static_cast<double>(record.version->entries.size());
    CHECK(record.version->stamp <= test.now);
    CHECK(record.created <= record.version->stamp);
  }
  int most = 0;
  for (const auto& [stamp, count] : stamps) most = std::max(most, count);
  CHECK(most > 300);
  CHECK(decades.size() >= 10);
  const double mean = values / static_cast<double>(contacts.records.all().size());
  CHECK(mean > 50);
  CHECK(mean < 75);
}

TEST_CASE("contacts have 250 definitions of all types, some archived or sensitive") {
  TestPortal test;
  const auto& all = test.contacts().catalog.all();
  CHECK(all.size() == 250);
  std::set<std::string> types, sensitivities, names;
  bool archived = false;
  for (const PropertyDefinition& property : all) {
    types.insert(property.type);
    sensitivities.insert(property.sensitivity);
    names.insert(property.name);
    archived = archived || property.archived;
  }
  CHECK(types == std::set<std::string>{"bool", "date", "datetime", "enumeration", "json", "number",
                                       "object_coordinates", "phone_number", "string"});
  CHECK(sensitivities.size() == 3);
  CHECK(names.size() == 250);
  CHECK(archived);
}

}  // namespace simulated_portal
