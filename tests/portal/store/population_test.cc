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

TEST_CASE("a portal's ids lie as the scenario says") {
  const auto ids_of = [](IdShape shape) {
    PortalSettings settings = PlainPortal(1, 2000);
    settings.ids[kContacts] = shape;
    Portal portal(settings, 1'790'000'000'000);
    std::vector<RecordId> ids;
    for (const auto& [id, record] : portal.objects[kContacts].records.all()) {
      if (record.state == RecordState::kLive) ids.push_back(id);
    }
    return ids;
  };
  // Archived ones are missing, and survivors of merges may have ids of their own.
  const auto share_of_steps = [](const std::vector<RecordId>& ids, RecordId step) {
    size_t found = 0;
    for (size_t i = 1; i < ids.size(); ++i) found += ids[i] - ids[i - 1] == step ? 1 : 0;
    return static_cast<double>(found) / static_cast<double>(ids.size());
  };
  CHECK(share_of_steps(ids_of(IdShape::kDense), 1) > 0.9);
  CHECK(share_of_steps(ids_of(IdShape::kEverySecond), 2) > 0.9);
  CHECK(share_of_steps(ids_of(IdShape::kScattered), 1) < 0.1);
  for (const IdShape shape : {IdShape::kBlockFirst, IdShape::kBlockLast}) {
    const auto ids = ids_of(shape);
    CHECK(share_of_steps(ids, 1) > 0.75);
    const RecordId in_block = ids[ids.size() / 2];
    const bool first = shape == IdShape::kBlockFirst;
    CHECK((ids[ids.size() * 19 / 20] > 2 * in_block) == first);
    CHECK((ids[ids.size() / 20] < in_block / 2) == !first);
  }
}

TEST_CASE("a portal in which everything happened within one second") {
  PortalSettings settings = PlainPortal(1, 1000);
  settings.ids[kContacts] = IdShape::kOneSecond;
  Portal portal(settings, 1'790'000'000'000);
  std::set<Instant> stamps;
  for (const auto& [id, record] : portal.objects[kContacts].records.all())
    stamps.insert(record.created);
  CHECK(*stamps.rbegin() - *stamps.begin() < kSecond);
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
