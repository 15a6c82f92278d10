#include "endpoints/asked_properties.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "store/object_type.h"

namespace simulated_portal {
namespace {

struct AskedPropertiesFixture {
  PropertyCatalog catalog{kContacts, 250, Random(1), 1'790'000'000'000};
  Switches switches{Random(1)};

  VersionRef Version(const std::vector<std::pair<const char*, const char*>>& values) {
    std::vector<std::pair<PropertyIndex, const char*>> sorted;
    for (const auto& [name, value] : values) sorted.emplace_back(*catalog.Find(name), value);
    std::sort(sorted.begin(), sorted.end());
    VersionWriter writer(catalog);
    for (const auto& [property, value] : sorted) writer.Add(property, value);
    return writer.Finish(1, 1);
  }
  std::string Values(const RecordVersion& version, const char* names,
                     AskedProperties::Rights rights = {}) {
    std::string out;
    AskedProperties(catalog, switches, rights, SplitNames(names)).AppendValues(out, version);
    return out;
  }
};

}  // namespace

TEST_CASE_FIXTURE(AskedPropertiesFixture,
                  "only what was asked for is shown, unknown names are ignored") {
  REQUIRE(switches.Set("unset_values", "missing"));
  const VersionRef version = Version({{"email", "a@b"}, {"firstname", "Ann"}, {"city", "Ulm"}});

  CHECK(Values(*version, "city,email,nonsense,,city") == R"("email":"a@b","city":"Ulm")");
  CHECK(Values(*version, "email,firstname,city") ==
        R"("email":"a@b","firstname":"Ann","city":"Ulm")");
  CHECK(Values(*version, "lastname").empty());
}

TEST_CASE_FIXTURE(AskedPropertiesFixture, "unset values are null where the switch says so") {
  REQUIRE(switches.Set("unset_values", "null"));
  const VersionRef version = Version({{"firstname", "Ann"}, {"city", "Ulm"}});

  CHECK(Values(*version, "city,email,firstname,lastname,country") ==
        R"("email":null,"firstname":"Ann","lastname":null,"city":"Ulm","country":null)");
  CHECK(Values(*version, "lastname") == R"("lastname":null)");
}

TEST_CASE_FIXTURE(AskedPropertiesFixture, "sensitive and archived properties need their rights") {
  REQUIRE(switches.Set("unset_values", "null"));
  REQUIRE(switches.Set("archived_property_values", "hidden"));
  std::string sensitive, archived;
  for (const PropertyDefinition& property : catalog.all()) {
    if (property.sensitivity == "sensitive") sensitive = property.name;
    if (property.archived) archived = property.name;
  }
  const VersionRef version = Version({});

  CHECK(Values(*version, sensitive.c_str()) == "\"" + sensitive + "\":null");
  CHECK(Values(*version, sensitive.c_str(), {.sensitive = false}).empty());
  CHECK(Values(*version, archived.c_str()).empty());
  REQUIRE(switches.Set("archived_property_values", "shown"));
  CHECK(Values(*version, archived.c_str()) == "\"" + archived + "\":null");
}

}  // namespace simulated_portal
