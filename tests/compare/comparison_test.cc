// The whole comparison against a real PostgreSQL and a portal that says what the test gives it.

#include "compare/comparison.h"

#include <doctest/doctest.h>
#include <httplib.h>

#include <string>
#include <thread>
#include <vector>

#include "support/temp_postgres.h"

namespace hubmirror::compare {
namespace {

using testing::TempPostgres;
using Lines = std::vector<std::string>;

/// Answers the two control requests a comparison makes, in pages of one record.
class SpokenTruth {
 public:
  SpokenTruth() {
    server_.Get("/_control/properties/77/contacts", [](const auto&, httplib::Response& response) {
      response.set_content(R"({"results":[
        {"name":"lastmodifieddate","label":"Modified","type":"datetime","groupName":"g"},
        {"name":"id","label":"Id \"quoted\"","type":"string","description":"hostile"},
        {"name":"amount","label":"Amount","type":"number"},
        {"name":"gone","label":"Gone","type":"number","archived":true},
        {"name":"remark","label":"Remark","type":"date"}]})",
                           "application/json");
    });
    server_.Get("/_control/truth/77/contacts",
                [this](const httplib::Request& request, httplib::Response& response) {
                  const bool first = !request.has_param("after");
                  response.set_content((first ? live : archived) + "\n", "application/x-ndjson");
                  if (first) response.set_header("X-Next-After", "5");
                });
    server_.Get("/_control/links/77/contacts/contacts",
                [this](const auto&, httplib::Response& response) {
                  response.set_content(links, "application/x-ndjson");
                });
    port_ = server_.bind_to_any_port("127.0.0.1");
    thread_ = std::jthread([this] { server_.listen_after_bind(); });
    while (!server_.is_running()) std::this_thread::yield();  // stop() before that is lost.
  }
  ~SpokenTruth() { server_.stop(); }

  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }

  std::string live =
      R"({"id":"5","state":"live","merged_into":null,"survivor_state":null,)"
      R"("created_at":"2026-01-01T00:00:00.000Z","updated_at":"2026-01-01T00:00:01.500Z",)"
      R"("archived_at":null,"modified":"2026-01-01T00:00:01.500Z","served":true,"read":true,"listed":true,)"
      R"("changed_at":1767225601500,"last_change":"update","properties":{"id":"a\u0000\ud83d\n",)"
      R"("lastmodifieddate":"2026-01-01T00:00:01.500Z","amount":"1.50","remark":"2024-02-29"}})";
  std::string archived =
      R"({"id":"9","state":"archived","merged_into":null,"survivor_state":null,)"
      R"("created_at":"2026-01-01T00:00:00.000Z","updated_at":"2026-01-01T00:00:01.500Z",)"
      R"("archived_at":"2026-01-02T00:00:00.000Z","modified":"2026-01-01T00:00:01.500Z",)"
      R"("served":true,"read":true,"listed":true,"changed_at":1767225601500,"last_change":"archive",)"
      R"("properties":{"lastmodifieddate":"2026-01-01T00:00:01.500Z","amount":"1,5"}})";

  std::string links = R"({"from_type_id":"0-1","to_type_id":"0-1","from":"5","to":"5",)"
                      R"("type":{"category":"USER_DEFINED","typeId":7,"label":"größer"}})"
                      "\n";

 private:
  httplib::Server server_;
  int port_ = 0;
  std::jthread thread_;
};

/// The schema a mirror of SpokenTruth must have, made by hand.
constexpr const char* kMirror = R"sql(
  CREATE SCHEMA acme;
  CREATE TABLE acme.contacts (id bigint PRIMARY KEY, created_at timestamptz, updated_at timestamptz,
    archived boolean NOT NULL, archived_at timestamptz, merged_into bigint, erased_at timestamptz,
    purged_at timestamptz, lastmodifieddate timestamptz, id_a5614527 text, amount numeric,
    _synced_at timestamptz, _hash bigint, _rejected jsonb, _overflow jsonb);
  CREATE VIEW acme.contacts_live AS SELECT id, lastmodifieddate, id_a5614527, amount,
      (_overflow->>'remark')::date AS remark FROM acme.contacts WHERE NOT archived;
  CREATE TABLE acme.properties (object text, name text, column_name text, storage text, type text,
    label text, group_name text, description text, archived boolean, state text, blocked_by text,
    excluded boolean NOT NULL DEFAULT false, hashed_with text, display_order bigint DEFAULT -1,
    currency_property_name text, show_currency_symbol boolean DEFAULT false,
    number_display_hint text, text_display_hint text, date_display_hint text);
  CREATE TABLE acme._pending (object text, id bigint, cause text);
  CREATE TABLE acme._quarantine (object text, id bigint, reason text);
  CREATE TABLE acme.associations (from_type text, from_id bigint, to_type text, to_id bigint,
    category text, type_id bigint, label text, first_seen_at timestamptz, removed_at timestamptz);
  INSERT INTO acme.associations VALUES
    ('contacts', 5, 'contacts', 5, 'USER_DEFINED', 7, 'größer', now(), NULL),
    ('contacts', 5, 'contacts', 5, 'USER_DEFINED', 8, NULL, now(), now());
  INSERT INTO acme.properties VALUES
    ('contacts', 'lastmodifieddate', 'lastmodifieddate', 'column', 'datetime', 'Modified', 'g', NULL,
      false, 'current', NULL),
    ('contacts', 'id', 'id_a5614527', 'column', 'string', 'Id "quoted"', NULL, 'hostile', false,
      'current', NULL),
    ('contacts', 'amount', 'amount', 'column', 'number', 'Amount', NULL, NULL, false, 'current',
      NULL),
    ('contacts', 'remark', 'remark', 'overflow', 'date', 'Remark', NULL, NULL, false, 'current',
      NULL);
  INSERT INTO acme.contacts VALUES
    (5, '2026-01-01T00:00:00Z', '2026-01-01T00:00:01.5Z', false, NULL, NULL, NULL, NULL,
      '2026-01-01T00:00:01.5Z', E'a\uFFFD\uFFFD\n', 1.50, '2026-01-01T00:00:09Z', 1, NULL,
      '{"remark": "2024-02-29"}'),
    (9, '2026-01-01T00:00:00Z', '2026-01-01T00:00:01.5Z', true, '2026-01-02T00:00:00Z', NULL, NULL,
      NULL, '2026-01-01T00:00:01.5Z', NULL, NULL, '2026-01-01T00:00:09Z', 1, '{"amount": "1,5"}',
      NULL);
)sql";

struct World {
  TempPostgres database;
  SpokenTruth truth;
  ComparisonReport report;

  World() {
    // Values must not depend on how the server likes to show them.
    database.Run("ALTER DATABASE postgres SET TimeZone = 'Asia/Tokyo'");
    database.Run("ALTER DATABASE postgres SET DateStyle = 'German'");
    database.Run(kMirror);
  }

  Lines Compare() {
    Lines lines;
    report =
        compare::Compare({.portal_url = truth.url(),
                          .portal_id = 77,
                          .dsn = database.Dsn(),
                          .schema = "acme",
                          .objects = {"contacts"}},
                         [&lines](const Difference& found) { lines.push_back(ToLine(found)); });
    return lines;
  }
};

TEST_CASE("comparison: reads portal and schema to the end and sees each kind of difference") {
  World world;
  CHECK(world.Compare() == Lines{});
  CHECK(world.report.Summary() ==
        "0 differences: 2 records of the portal, 2 rows, 12 values, 1 links, 1 object types");

  const auto spoil = [&world](const std::string& sql) {
    world.database.Run(sql);
    const Lines lines = world.Compare();
    CAPTURE(sql);
    CHECK(world.report.differences == static_cast<int64_t>(lines.size()));
    return lines;
  };
  CHECK(spoil("UPDATE acme.contacts SET amount = 1.5 WHERE id = 5") ==
        Lines{"contacts 5 amount: expected 1.50, found 1.5",
              "contacts 5 view.amount: expected 1.50, found 1.5"});
  CHECK(
      spoil("UPDATE acme.contacts SET amount = 1.50 WHERE id = 5; "
            "UPDATE acme.contacts SET archived = false WHERE id = 9") ==
      Lines{"contacts 9 archived: expected t, found f",
            "contacts 9 row of contacts_live: expected none: the record is not live, found a row"});
  CHECK(spoil("UPDATE acme.contacts SET archived = true, _rejected = NULL WHERE id = 9") ==
        Lines{"contacts 9 _rejected.amount: expected 1,5, found NULL"});
  CHECK(spoil("DELETE FROM acme.contacts WHERE id = 9") ==
        Lines{"contacts 9 row: expected a row, found none"});
}

TEST_CASE("comparison: a link that is missing, extra or labelled otherwise is a difference") {
  World world;
  world.database.Run("UPDATE acme.associations SET label = NULL WHERE type_id = 7");
  CHECK(world.Compare() ==
        Lines{"contacts 5 associations with contacts: expected link to 5, USER_DEFINED 7 "
              "\\\"größer\\\", found none",
              "contacts 5 associations with contacts: expected none, found link to 5, "
              "USER_DEFINED 7"});
  world.database.Run("DELETE FROM acme.associations WHERE type_id = 7");
  CHECK(world.Compare().size() == 1);
  world.database.Run("UPDATE acme.associations SET removed_at = NULL");
  CHECK(world.Compare().size() == 2);
}

TEST_CASE("comparison: nothing may be left pending or in quarantine") {
  World world;
  world.database.Run(
      "INSERT INTO acme._pending VALUES ('contacts', 5, 'absent'), ('deals', 1, 'x')");
  world.database.Run("INSERT INTO acme._quarantine VALUES ('contacts', 6, '22P02')");

  const Lines lines = world.Compare();

  REQUIRE(lines.size() == 2);
  CHECK(lines[0].starts_with("contacts 5 _pending: expected none, found "));
  CHECK(lines[1].starts_with("contacts 6 _quarantine: expected none, found "));
}

TEST_CASE("comparison: a table that is not there is a difference") {
  World world;
  world.database.Run("DROP VIEW acme.contacts_live; DROP TABLE acme.contacts");

  CHECK(world.Compare() == Lines{"contacts - table: expected a table, found none"});
}

TEST_CASE("comparison: a portal that does not answer is an error, not an equal mirror") {
  World world;
  const ComparisonOptions unreachable{.portal_url = "http://127.0.0.1:1",
                                      .portal_id = 77,
                                      .dsn = world.database.Dsn(),
                                      .schema = "acme",
                                      .objects = {"contacts"}};

  CHECK_THROWS_AS(compare::Compare(unreachable, [](const Difference&) {}), std::runtime_error);
}

}  // namespace
}  // namespace hubmirror::compare
