// The examples of docs/writing.md that write through a view, as they are printed.

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "support/document.h"
#include "write_world.h"

namespace hubmirror::testing {
namespace {

using namespace std::chrono_literals;

const std::string kPage = std::string(PROJECT_DIR) + "/docs/writing.md";

struct ViewWorld : WriteWorld {
  explicit ViewWorld(const std::string& on_conflict)
      : WriteWorld(
            "{enabled: true, writers: [crm_writer], on_conflict: " + on_conflict +
                ", objects: {contacts: "
                "{update: [city, lead_score], create: true, archive: true}}}",
            {"contacts"}, {.seed = 95, .records = 120, .latency = "30ms"}, [](World& it) {
              it.portal.Mutate(R"({"object":"contacts","kind":"property_add","name":"lead_score",)"
                               R"("type":"number","field_type":"number"})");
              it.portal.Mutate(R"({"object":"contacts","kind":"create",)"
                               R"("properties":{"email":"jo@example.com"}})");
            }) {
    world.Sql(std::string("GRANT CREATE ON SCHEMA public TO ") + kWriter);
  }
  void AwaitEnds() const {
    Await("an end of every row", 60s,
          [&] { return Rows("state IN ('queued', 'sending', 'written', 'unknown')") == 0; });
  }
  std::string IdOf(int n) const {
    return world.Sql("SELECT id FROM acme.contacts_live ORDER BY id OFFSET " + std::to_string(n) +
                     " LIMIT 1");
  }
  void TheirCity(const std::string& id, const std::string& city) const {
    world.portal.Mutate(R"({"object":"contacts","kind":"update","id":")" + id +
                        R"(","properties":{"city":")" + city + R"("}})");
  }
};

TEST_CASE("write views: what is written through a view is what HubSpot has in the end") {
  ViewWorld it("hold");
  const std::string jo =
      it.world.Sql("SELECT id FROM acme.contacts_live WHERE email = 'jo@example.com'");
  const std::string archived = it.IdOf(3);
  it.AsWriter(BlocksOf(kPage, "sql", "Or update a view").at(0));
  it.AsWriter("UPDATE acme.contacts_write SET city = 'Ulm ' || id WHERE id <> " + archived);
  const std::string made = it.AsWriter(
      "INSERT INTO acme.contacts_write (email, city) VALUES ('new@example.com', 'Kiel')"
      " RETURNING id");
  it.AsWriter("DELETE FROM acme.contacts_write WHERE id = " + archived);
  it.AwaitEnds();

  CHECK(it.Rows("state <> 'done'") == 0);
  const std::string id =
      it.world.Sql("SELECT result_id FROM acme.outbox WHERE id = -(" + made + ")");
  const auto truth = it.Truth("contacts");
  CHECK_FALSE(truth.contains(archived));
  CHECK(truth.at(jo).Text("lead_score") == "87");
  CHECK(truth.at(id).Text("email") == "new@example.com");
  for (const auto& [record, properties] : truth) {
    CAPTURE(record);
    CHECK(properties.Text("city") == (record == id ? "Kiel" : "Ulm " + record));
  }
  it.world.ExpectEqual();
}

TEST_CASE("write views: a table of an application and HubSpot stay in step") {
  ViewWorld it("theirs");
  const std::vector<std::string> sql = BlocksOf(kPage, "sql", "In step with a table of yours");
  REQUIRE(sql.size() == 2);
  it.AsWriter(sql[0]);
  const auto sync = [&] { it.AsWriter(sql[1]); };
  const auto people = [&](const std::string& which) {
    return std::stoi(it.AsWriter("SELECT count(*) FROM people WHERE " + which));
  };
  const int live = std::stoi(it.world.Sql("SELECT count(*) FROM acme.contacts_live"));
  sync();
  CHECK(people("true") == live);
  CHECK(it.Rows("true") == 0);

  for (int round = 0; round < 8; ++round) {
    const std::string number = std::to_string(round);
    // Some on one side, some on the other, some on both.
    it.AsWriter("UPDATE people SET city = 'Ours " + number +
                "' WHERE hubspot_id > 0 AND hubspot_id % 7 = " + std::to_string(round % 7));
    for (int n = round; n < live; n += 9) it.TheirCity(it.IdOf(n), "Theirs " + number);
    it.AsWriter("INSERT INTO people (email, city) VALUES ('p" + number + "@example.com', 'New')");
    // Before HubSpot has made the record.
    it.AsWriter("UPDATE people SET city = 'Newer' WHERE email = 'p" + number + "@example.com'");
    sync();
  }
  const auto same = [&] {
    sync();
    return it.Rows("state IN ('queued', 'sending', 'written', 'unknown')") == 0 &&
           it.AsWriter(
               "SELECT count(*) FROM people p FULL JOIN acme.contacts_write c"
               " ON c.id = p.hubspot_id"
               " WHERE (p.city, lower(p.email)) IS DISTINCT FROM (c.city, c.email)") == "0";
  };
  it.world.ExpectEqual();
  Await("both sides to be the same", 60s, same);

  CHECK(people("true") == live + 8);
  CHECK(people("email LIKE 'p_@example.com' AND hubspot_id > 0") == 8);
  CHECK(people("city = 'New'") == 0);
  CHECK(people("city = 'Newer'") > 0);
  CHECK(people("city LIKE 'Ours%'") > 0);
  CHECK(people("city LIKE 'Theirs%'") > 0);
  CHECK(it.Rows("state <> 'done'") == 0);
  const auto truth = it.Truth("contacts");
  CHECK(truth.size() == static_cast<size_t>(live) + 8);
  const std::string all = it.AsWriter(
      "SELECT string_agg(hubspot_id || '=' || coalesce(city, ''), ';' ORDER BY hubspot_id)"
      " FROM people");
  for (const auto& [record, properties] : truth) {
    CAPTURE(record);
    CHECK((";" + all + ";").find(";" + record + "=" + properties.Text("city") + ";") !=
          std::string::npos);
  }
  // What came from there does not go back there.
  const int64_t rows = it.Rows("true");
  for (int i = 0; i < 3; ++i) sync();
  CHECK(it.Rows("true") == rows);
}

}  // namespace
}  // namespace hubmirror::testing
