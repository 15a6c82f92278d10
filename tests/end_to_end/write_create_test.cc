#include <doctest/doctest.h>

#include <map>
#include <set>
#include <string>
#include <vector>

#include "write_world.h"

namespace hubmirror::testing {
namespace {

using namespace std::chrono_literals;

constexpr const char* kWrite =
    "{enabled: true, writers: [crm_writer], objects: {"
    "contacts: {create: true, key_property: hubmirror_key}, "
    "companies: {create: true, unguarded: true}}}";

/// What the portal does in the ways that HubSpot leaves open, and that are worst for creates.
PortalOptions Awkward() {
  return {.seed = 92,
          .records = 600,
          .latency = "60ms",
          .switches = {{"write_trace_ids", "absent"},
                       {"batch_order", "shuffled"},
                       {"refused_batch", "others_written"},
                       {"unique_case", "folded"},
                       {"archived_unique", "taken"}}};
}

/// The key property is made as a user makes it, who is asked first.
void SetUpKey(World& world) {
  const auto setup = [&](std::vector<std::string> words) {
    words.insert(words.begin(), {"write", "setup"});
    const ProgramResult result = world.daemon.Cli(words);
    return std::to_string(result.end.exit_code) + " " + result.output;
  };
  CHECK(setup({"acme/companies", "--yes"}).starts_with("64 "));
  CHECK(setup({"acme/contacts"}).find("nothing was made") != std::string::npos);
  CHECK(world.portal.Requests("make property contacts") == 0);
  const std::string made = setup({"acme/contacts", "--yes"});
  CAPTURE(made);
  CHECK(made.starts_with("0 hubmirror_key of contacts was made"));
  CHECK(setup({"acme/contacts", "--yes"}).starts_with("0 hubmirror_key of contacts is there"));
  CHECK(world.portal.Requests("make property contacts") == 1);
}

TEST_CASE("write setup: a property whose values may repeat is no key, and stays as it is") {
  World world({.records = 60}, [] {
    DaemonSettings settings;
    settings.portals[0].objects = {"contacts", "companies"};
    settings.portals[0].write = kWrite;
    return settings;
  }());
  world.portal.Mutate(R"({"object":"contacts","kind":"property_add","name":"hubmirror_key"})");
  const ProgramResult result = world.daemon.Cli({"write", "setup", "acme/contacts", "--yes"});
  CHECK(result.end.exit_code == 1);
  CHECK(result.output.find("cannot be the key: its values need not be unique") !=
        std::string::npos);
  CHECK(world.portal.Requests("make property contacts") == 0);
}

TEST_CASE("write: each row makes one record, through losses, refusals and a kill") {
  WriteWorld it(kWrite, {"contacts", "companies"}, Awkward(), SetUpKey);
  World& world = it.world;
  const std::string taken =
      world.Sql("SELECT email FROM acme.contacts_live WHERE email IS NOT NULL ORDER BY id LIMIT 1");
  const std::string holder =
      world.Sql("SELECT id FROM acme.contacts_live WHERE email = '" + taken + "'");
  const std::string before = world.Sql("SELECT count(*) FROM acme.contacts_live");

  // Of ten rows one has no e-mail address, one that is none, and one that somebody has.
  const auto insert = [&](int from, int to) {
    it.AsWriter(
        "INSERT INTO acme.outbox (key, object, op, properties) SELECT 'New/' || n, 'contacts', "
        "'create', jsonb_build_object('firstname', 'Made ' || n, 'lastname', 'Here') || "
        "CASE n % 10 WHEN 1 THEN '{}' WHEN 2 THEN '{\"email\": \"nobody\"}' "
        "WHEN 3 THEN jsonb_build_object('email', '" +
        taken +
        "') ELSE jsonb_build_object('email', 'Made' || n || '@Example.com') END "
        "FROM generate_series(" +
        std::to_string(from) + ", " + std::to_string(to) + ") n");
  };
  it.LoseAndKill(
      "batch/create", [&] { insert(1, 100); }, [&] { insert(101, 200); });
  insert(201, 300);
  // One company is made and its answer lost; of the others each goes alone.
  Await("the rows that nothing happened to", 60s,
        [&] { return it.Rows("object = 'contacts' AND state IN ('queued', 'written')") == 0; });
  it.Fault("0-2/batch/create", "lost_answer");
  it.AsWriter(
      "INSERT INTO acme.outbox (object, op, properties) SELECT 'companies', 'create', "
      "jsonb_build_object('name', 'Made ' || n) FROM generate_series(1, 5) n");
  Await("the companies", 30s, [&] {
    return it.Rows("object = 'companies' AND state = 'done'") == 4 &&
           it.Rows("object = 'companies' AND state = 'unknown'") == 1;
  });
  CHECK(it.Rows("state IN ('sending', 'unknown')") > 1);
  it.EndDoubts();
  Await("an end of every row", 60s, [&] {
    return it.Rows("state NOT IN ('done', 'failed') AND reason IS DISTINCT FROM 'doubt'") == 0;
  });

  CHECK(it.Rows("object = 'contacts' AND state = 'done'") == 240);
  CHECK(it.Rows("state = 'failed' AND reason = 'invalid' AND message LIKE 'email: %'") == 30);
  CHECK(it.Rows("state = 'failed' AND reason = 'exists' AND result_id = " + holder) == 30);
  CHECK(it.Rows("object = 'companies' AND state = 'unknown' AND reason = 'doubt'") == 1);
  CHECK(it.Rows("object = 'companies' AND state = 'done'") == 4);

  // The journal has each once, and the records are as the rows say.
  std::map<std::string, std::string> made;
  int companies = 0;
  for (const compare::Json& line : it.Journal()) {
    CHECK(line.Text("op") == "create");
    if (line.Text("object") == "companies") ++companies;
    if (line.Text("object") != "contacts") continue;
    const std::string name = line["properties"].Text("firstname");
    CAPTURE(name);
    CHECK(made.emplace(name, line.Text("id")).second);
  }
  CHECK(made.size() == 240);
  CHECK(companies == 5);
  const auto truth = it.Truth("contacts");
  std::set<std::string> keys;
  for (int n = 1; n <= 300; ++n) {
    if (n % 10 == 2 || n % 10 == 3) continue;
    CAPTURE(n);
    const std::string number = std::to_string(n);
    const std::string id =
        world.Sql("SELECT result_id FROM acme.outbox WHERE key = 'New/" + number + "'");
    REQUIRE(truth.contains(id));
    const compare::Json& record = truth.at(id);
    CHECK(record.Text("firstname") == "Made " + number);
    CHECK(record.Text("lastname") == "Here");
    if (n % 10 != 1) CHECK(record.Text("email") == "made" + number + "@example.com");
    CHECK(record.Text("hubmirror_key").starts_with("hm-"));
    CHECK(keys.insert(record.Text("hubmirror_key")).second);
  }
  CHECK(world.Sql("SELECT count(*) - " + before + " FROM acme.contacts_live") == "240");
  CHECK(world.Sql("SELECT count(*) FROM acme.outbox o LEFT JOIN acme.contacts c ON c.id = "
                  "o.result_id WHERE o.object = 'contacts' AND o.state = 'done' AND c.firstname IS "
                  "DISTINCT FROM o.properties->>'firstname'") == "0");

  // A person has looked, and found it.
  const std::string lost =
      world.Sql("SELECT properties->>'name' FROM acme.outbox WHERE reason = 'doubt'");
  std::string found;
  for (const auto& [id, properties] : it.Truth("companies")) {
    if (properties.Text("name") == lost) found = id;
  }
  REQUIRE_FALSE(found.empty());
  it.AsWriter("SELECT acme.outbox_resolve(id, created => " + found +
              ") FROM acme.outbox WHERE reason = 'doubt'");
  Await("the answer to the doubt", 20s,
        [&] { return it.Rows("object = 'companies' AND state = 'done'") == 5; });
  CHECK(it.Rows("result_id = " + found) == 1);
  world.ExpectEqual();
}

constexpr const char* kUpsertAndArchive =
    "{enabled: true, writers: [crm_writer], objects: {"
    "contacts: {update: [city, jobtitle], create: true, archive: true}, "
    "emails: {archive: permanently}}}";

TEST_CASE("write: what is upserted and archived is so once, through losses and a kill") {
  WriteWorld it(kUpsertAndArchive, {"contacts", "emails"}, Awkward(), [](World&) {});
  World& world = it.world;
  // Every second one is there. Of what is to be archived, some is already, or is not there at all.
  world.Sql(
      "CREATE TABLE public.there AS SELECT id, email, row_number() OVER (ORDER BY id) AS n "
      "FROM acme.contacts_live WHERE email IS NOT NULL ORDER BY id LIMIT 80");
  world.Sql(
      "CREATE TABLE public.gone AS SELECT id FROM acme.contacts_live WHERE id > "
      "(SELECT max(id) FROM public.there) ORDER BY id LIMIT 40");
  world.Sql(std::string("GRANT SELECT ON public.there, public.gone TO ") + WriteWorld::kWriter);
  const std::string archived = world.Sql("SELECT max(id) FROM public.gone");
  world.portal.Mutate(R"({"object":"contacts","kind":"archive","id":")" + archived + R"("})");

  const auto upsert = [&](int from, int to) {
    it.AsWriter(
        "INSERT INTO acme.outbox (key, object, op, match_property, match_value, properties) "
        "SELECT 'u/' || n, 'contacts', 'upsert', 'email', CASE WHEN n % 2 = 0 THEN "
        "upper(email) ELSE 'up' || n || '@example.com' END, jsonb_build_object('city', 'Ulm ' "
        "|| n) FROM public.there WHERE n BETWEEN " +
        std::to_string(from) + " AND " + std::to_string(to));
  };
  it.LoseAndKill(
      "batch/upsert", [&] { upsert(1, 40); }, [&] { upsert(41, 80); });
  it.Fault("0-1/batch/archive", "lost_answer");
  it.AsWriter(
      "INSERT INTO acme.outbox (object, op, record_id) SELECT 'contacts', 'archive', id "
      "FROM public.gone UNION ALL SELECT 'contacts', 'archive', 1");
  const std::string mail = world.Sql("SELECT min(id) FROM acme.emails_live");
  it.AsWriter("INSERT INTO acme.outbox (object, op, record_id) VALUES ('emails', 'archive', " +
              mail + ")");
  Await("the rows that nothing happened to", 60s,
        [&] { return it.Rows("state IN ('queued', 'written')") == 0; });
  it.EndDoubts();
  Await("an end of every row", 60s,
        [&] { return it.Rows("state NOT IN ('done', 'failed')") == 0; });

  CHECK(it.Rows("op = 'upsert' AND state = 'done' AND reason IS NULL") == 80);
  CHECK(it.Rows("op = 'archive' AND state = 'done'") == 41);
  CHECK(it.Rows("state = 'failed' AND reason = 'gone' AND record_id = 1") == 1);
  // Each once: what is sent again after a loss was not there.
  std::map<std::string, int> done;
  for (const compare::Json& line : it.Journal()) ++done[line.Text("op") + " " + line.Text("id")];
  CHECK(done.size() == 80 + 40);
  for (const auto& [what, times] : done) {
    CAPTURE(what);
    CHECK(times == 1);
  }
  const auto truth = it.Truth("contacts");
  for (int n = 1; n <= 80; ++n) {
    CAPTURE(n);
    const std::string row = std::to_string(n);
    const std::string id =
        world.Sql("SELECT result_id FROM acme.outbox WHERE key = 'u/" + row + "'");
    REQUIRE(truth.contains(id));
    CHECK(truth.at(id).Text("city") == "Ulm " + row);
    const std::string there = world.Sql("SELECT id FROM public.there WHERE n = " + row);
    CHECK((id == there) == (n % 2 == 0));
    if (n % 2 == 1) CHECK(truth.at(id).Text("email") == "up" + row + "@example.com");
  }
  CHECK(world.Sql("SELECT count(*) FROM acme.contacts c JOIN public.gone USING (id) WHERE "
                  "NOT c.archived") == "0");
  CHECK_FALSE(it.Truth("emails").contains(mail));
  world.ExpectEqual();
}

}  // namespace
}  // namespace hubmirror::testing
