#include <doctest/doctest.h>

#include "postgres/outbox/outbox_upkeep.h"
#include "postgres/outbox_fixture.h"

namespace hubmirror::testing {
namespace {

/// A portal in which contacts may be linked with companies, and made.
struct LinkRowsFixture : OutboxFixture {
  LinkRowsFixture() {
    PortalPlan asking = Asking({"score", "city"});
    asking.streams[0].write.create = true;
    asking.streams[0].write.unguarded = true;
    asking.streams[0].write.associate = {"companies", "contacts"};
    Open(asking);
    MakeContacts(Properties());
    sink().SaveLinkTypes({Contacts(), *FindObjectType("companies")},
                         {{"HUBSPOT_DEFINED", 279, ""},
                          {"HUBSPOT_DEFINED", 1, "Primary"},
                          {"USER_DEFINED", 7, "Partner"}});
    sink().SaveLinkTypes({Contacts(), Contacts()}, {{"HUBSPOT_DEFINED", 449, ""}});
  }
  static std::string Linking(const std::string& associations, const std::string& op = "associate",
                             const std::string& record = "17") {
    return "INSERT INTO acme.outbox (object, op, record_id, associations) VALUES ('contacts', '" +
           op + "', " + record + ", '" + associations + "')";
  }
  OutboxId Link(const std::string& associations, const std::string& record = "17") const {
    return OutboxId{
        std::stoll(Value(Linking(associations, "associate", record) + " RETURNING id"))};
  }
  OutboxId Make(const std::string& key) const {
    return OutboxId{
        std::stoll(Value("INSERT INTO acme.outbox (key, object, op, properties) VALUES ('" + key +
                         "', 'contacts', 'create', '{\"city\": \"Ulm\"}') RETURNING id"))};
  }
  /// State, message and hint of the error that `sql` ends in; `none`.
  std::string Refused(const std::string& sql) const {
    Connection other({.dsn = dsn(), .password = {}});
    other.Run(
        "CREATE FUNCTION pg_temp.failure_of(sql text) RETURNS text LANGUAGE plpgsql AS $$"
        " DECLARE hint text; BEGIN EXECUTE sql; RETURN 'none'; EXCEPTION WHEN OTHERS THEN"
        " GET STACKED DIAGNOSTICS hint = PG_EXCEPTION_HINT;"
        " RETURN concat_ws(' ', SQLSTATE, SQLERRM, hint); END $$");
    return std::string(other.Run("SELECT pg_temp.failure_of($1)", {sql}).Text(0, 0));
  }
  /// Claimed, and made as this record.
  void Made(OutboxId id, int64_t record) {
    CHECK(Claim(id, {{"city", "Ulm"}}));
    Done(id, 1, {.id = record, .values = {{"city", "Ulm"}}});
  }
};

TEST_CASE_FIXTURE(LinkRowsFixture, "W16: a link names an object, a record and perhaps a label") {
  CHECK(Refused(Linking(R"([{"object": "companies", "id": 9}])")) == "none");
  CHECK(Refused(Linking(R"([{"object": "companies", "id": 9, "label": "Primary"}])")) == "none");
  CHECK(Refused(Linking(R"([{"object": "companies", "id": 9, "label": null}])", "disassociate")) ==
        "none");
  for (const char* const bad :
       {"{}", "[]", "5", "[5]", R"([{"id": 9}])", R"([{"object": "companies"}])",
        R"([{"object": "companies", "id": "9"}])", R"([{"object": "companies", "id": 0}])",
        R"([{"object": "companies", "id": 9.5}])", R"([{"object": 5, "id": 9}])",
        R"([{"object": "companies", "id": 9, "key": "a"}])",
        R"([{"object": "companies", "id": 9, "labels": ["a"]}])",
        R"([{"object": "companies", "id": 9, "label": 5}])"}) {
    CAPTURE(bad);
    CHECK(Says(Refused(Linking(bad)), "22023"));
  }
  std::string many;
  for (int i = 1; i <= 101; ++i) {
    many += (i > 1 ? "," : "") + (R"({"object": "companies", "id": )" + std::to_string(i) + "}");
  }
  CHECK(Says(Refused(Linking("[" + many + "]")), "1 to 100"));
  CHECK(Says(Refused(Linking(R"([{"object": "companies", "id": 9}])", "associate", "NULL")),
             "needs the record_id"));
  CHECK(Says(Refused("INSERT INTO acme.outbox (object, op, record_id) VALUES ('contacts',"
                     " 'associate', 17)"),
             "22023"));
  CHECK(Says(Refused("INSERT INTO acme.outbox (object, op, record_id, properties, associations)"
                     " VALUES ('contacts', 'associate', 17, '{\"city\": \"Ulm\"}', '[]')"),
             "takes neither properties nor base"));
  CHECK(Says(Refused("INSERT INTO acme.outbox (object, op, record_id, properties, associations)"
                     " VALUES ('contacts', 'update', 17, '{\"city\": \"Ulm\"}', "
                     "'[{\"object\": \"companies\", \"id\": 9}]')"),
             "takes no associations"));
}

TEST_CASE_FIXTURE(LinkRowsFixture,
                  "W1: only objects that are named, and only labels that there are") {
  CHECK(Value("SELECT string_agg(property, ' ' ORDER BY property) FROM acme._writable WHERE op ="
              " 'disassociate'") == "companies contacts");
  const std::string denied = Refused(Linking(R"([{"object": "deals", "id": 9}])"));
  CHECK(Says(denied, "42501"));
  CHECK(Says(denied, "They may be with: companies, contacts."));
  const std::string label =
      Refused(Linking(R"([{"object": "companies", "id": 9, "label": "Friend"}])"));
  CHECK(Says(label, "22023"));
  CHECK(Says(label, "Partner, Primary"));
  CHECK(
      Says(Refused(Linking(R"([{"object": "contacts", "id": 9, "label": "x"}])")), "leave it out"));
  CHECK(Says(
      Refused(Linking(R"([{"object": "companies", "id": 9}, {"object": "contacts", "id": 5}])")),
      "a row for each"));
  Value("DELETE FROM acme.association_labels WHERE to_type = 'contacts'");
  CHECK(Says(Refused(Linking(R"([{"object": "contacts", "id": 9}])")), "no links of contacts"));
}

TEST_CASE_FIXTURE(LinkRowsFixture, "W16: a row comes with what HubSpot calls its labels") {
  Write({{.id = 5}, {.id = 6, .modified = Second(1'700'000'000), .merged_ids = {5}}});
  const OutboxId id = Link(R"([{"object": "companies", "id": 9, "label": "Partner"},
                               {"object": "companies", "id": 10}])");
  const OutboxId merged = Link(R"([{"object": "contacts", "id": 5}])", "18");

  const std::vector<OutboxRow> rows = Pick();

  REQUIRE(rows.size() == 2);
  CHECK(rows[0].id == id);
  CHECK(rows[0].op == WriteOp::kAssociate);
  CHECK(rows[0].record == RecordId{17});
  REQUIRE(rows[0].links.size() == 2);
  CHECK(rows[0].links[0].id == RecordId{9});
  CHECK(rows[0].links[0].label == "Partner");
  CHECK(rows[0].links[0].type == LinkType{"USER_DEFINED", 7, "Partner"});
  CHECK(rows[0].links[1].id == RecordId{10});
  CHECK_FALSE(rows[0].links[1].type);
  CHECK(rows[1].id == merged);
  CHECK(rows[1].links[0].id == RecordId{6});
  CHECK(Claim(id, {{"companies/9", "label USER_DEFINED/7"}}));
  Change({.id = id, .attempts = 1, .state = OutboxState::kWritten, .record = RecordId{17}});
  const std::vector<WrittenRow> written = sink().Written(Contacts(), 10);
  REQUIRE(written.size() == 1);
  CHECK(written[0].op == WriteOp::kAssociate);
  CHECK(written[0].links.size() == 2);
}

TEST_CASE_FIXTURE(LinkRowsFixture, "W17: what a row needs is done before it, by key or by number") {
  const OutboxId first = Make("a");
  const OutboxId second = Make("b");
  const OutboxId by_key = Link(R"([{"object": "contacts", "key": "a"}])");
  const OutboxId by_number =
      Link(R"([{"object": "contacts", "id": -)" + std::to_string(second.value) + "}]", "18");
  const OutboxId free = Link(R"([{"object": "companies", "id": 9}])", "19");
  CHECK(Of(by_key, "depends_on") == "{" + std::to_string(first.value) + "}");

  const auto picked = [](std::initializer_list<OutboxId> ids) {
    std::string text;
    for (const OutboxId id : ids) text += (text.empty() ? "" : " ") + std::to_string(id.value);
    return text;
  };
  CHECK(Picked() == picked({first, second, free}));
  CHECK(StateOf(by_key) == "queued/depends");
  CHECK(StateOf(by_number) == "queued/depends");

  Made(first, 71);
  CHECK(StateOf(by_key) == "queued");
  CHECK(StateOf(by_number) == "queued/depends");
  Made(second, 72);
  const std::vector<OutboxRow> rows = Pick();
  REQUIRE(rows.size() == 3);
  CHECK(rows[0].links[0].id == RecordId{71});
  CHECK(rows[1].links[0].id == RecordId{72});
}

TEST_CASE_FIXTURE(LinkRowsFixture, "W17: a row waits for one that failed, until that one is done") {
  const OutboxId first = Make("a");
  const OutboxId waits = Link(R"([{"object": "contacts", "key": "a"}])");
  REQUIRE(Claim(first, {}));
  Change({.id = first, .attempts = 1, .state = OutboxState::kFailed, .reason = "invalid"});

  CHECK(Picked().empty());
  CHECK(StateOf(waits) == "queued/depends");
  Value("SELECT acme.outbox_cancel(" + std::to_string(first.value) + ")");
  CHECK(Picked().empty());
  CHECK(StateOf(waits) == "queued/depends");
  CHECK(Value("SELECT acme.outbox_cancel(" + std::to_string(waits.value) + ")") == "t");

  const OutboxId again = Make("b");
  const OutboxId then = Link(R"([{"object": "contacts", "key": "b"}])", "18");
  REQUIRE(Claim(again, {}));
  Change({.id = again, .attempts = 1, .state = OutboxState::kFailed, .reason = "invalid"});
  CHECK(Picked().empty());
  CHECK(Value("SELECT acme.outbox_retry(" + std::to_string(again.value) + ")") == "t");
  REQUIRE(Claim(again, {{"city", "Ulm"}}, Second(1'700'000'000), 1));
  Done(again, 2, {.id = 73, .values = {}});
  CHECK(Picked() == std::to_string(then.value));
}

TEST_CASE_FIXTURE(LinkRowsFixture, "W17: a row cannot wait for itself, nor in a circle") {
  CHECK(Says(Refused(Linking(R"([{"object": "contacts", "key": "later"}])")), "22023"));
  CHECK(Says(Refused(Linking(R"([{"object": "contacts", "id": -99}])")), "first"));
  CHECK(Says(Refused("INSERT INTO acme.outbox (key, object, op, record_id, associations) VALUES"
                     " ('me', 'contacts', 'associate', 17, "
                     "'[{\"object\": \"contacts\", \"key\": \"me\"}]')"),
             "22023"));
  const std::string next = Value(
      "SELECT 1 + last_value FROM pg_sequences WHERE schemaname = 'acme' AND"
      " sequencename = 'outbox_id_seq'");
  CHECK(Says(Refused(Linking(R"([{"object": "contacts", "id": -)" + next + "}]")), "22023"));
  const OutboxId made = Make("a");
  CHECK(Says(
      Refused(Linking(R"([{"object": "companies", "id": -)" + std::to_string(made.value) + "}]")),
      "gives no record of companies"));
}

TEST_CASE_FIXTURE(LinkRowsFixture, "W17: what a row waited for may have been forgotten") {
  const OutboxId first = Make("a");
  const OutboxId waits = Link(R"([{"object": "contacts", "key": "a"}])");
  CHECK(Picked() == std::to_string(first.value));
  Value("DELETE FROM acme.outbox WHERE id = " + std::to_string(first.value));
  CHECK(Picked().empty());
  const PortalSchema schema(plan(), "me");
  OutboxUpkeep(shared_pool(), schema).Keep();
  const std::vector<OutboxRow> rows = Pick();
  REQUIRE(rows.size() == 1);
  CHECK(rows[0].id == waits);
  CHECK(rows[0].links[0].id.value == 0);
}

TEST_CASE_FIXTURE(LinkRowsFixture, "W17: a row may be about the record that another row makes") {
  const OutboxId first = Make("a");
  const auto about = [&](const std::string& record, const std::string& city) {
    return "INSERT INTO acme.outbox (object, op, record_id, properties) VALUES ('contacts',"
           " 'update', " +
           record + ", '{\"city\": \"" + city + "\"}')";
  };
  const std::string number = "-" + std::to_string(first.value);
  const OutboxId then{std::stoll(Value(about(number, "Bonn") + " RETURNING id"))};
  const OutboxId last{std::stoll(Value(about(number, "Trier") + " RETURNING id"))};
  CHECK(Picked() == std::to_string(first.value));
  CHECK(StateOf(then) == "queued/depends");
  CHECK(StateOf(last) == "queued/order");
  CHECK(Says(Refused(about("-" + std::to_string(then.value), "Ulm")), "names no row that makes"));
  CHECK(Says(Refused(about("-99", "Ulm")), "22023"));

  Made(first, 71);

  const std::vector<OutboxRow> rows = Pick();
  REQUIRE(rows.size() == 1);
  CHECK(rows[0].id == then);
  CHECK(rows[0].record == RecordId{71});
  CHECK(Of(last, "record_id") == "71");
  CHECK(StateOf(last) == "queued/order");
  const OutboxId later{std::stoll(Value(about(number, "Worms") + " RETURNING id"))};
  CHECK(Of(later, "record_id") == "71");
  CHECK(Of(later, "base ->> 'city'") == "Ulm");
  CHECK(Of(later, "depends_on").empty());
}

TEST_CASE_FIXTURE(LinkRowsFixture, "W17: what was tried only makes no record for others") {
  const OutboxId first = Make("a");
  Value("UPDATE acme.outbox SET state = 'done', reason = 'dry'");
  const OutboxId then = Insert(-first.value, R"({"city": "Bonn"})");
  const std::vector<OutboxRow> rows = Pick();
  REQUIRE(rows.size() == 1);
  CHECK(rows[0].id == then);
  CHECK(rows[0].record == RecordId{0});
}

/// A row that makes a contact and links it with companies, and with another contact.
struct MadeRowsFixture : LinkRowsFixture {
  OutboxId MakeLinked(const std::string& more = "") const {
    return OutboxId{
        std::stoll(Value("INSERT INTO acme.outbox (key, object, op, properties, associations" +
                         std::string(more.empty() ? "" : ", dry_run") +
                         ") VALUES ('a', 'contacts', 'create', '{\"city\": \"Ulm\"}', '["
                         "{\"object\": \"companies\", \"id\": 9, \"label\": \"Partner\"},"
                         "{\"object\": \"contacts\", \"id\": 5},"
                         "{\"object\": \"companies\", \"id\": 10}]'" +
                         more + ") RETURNING id"))};
  }
  std::string Stands(OutboxId id) const {
    return Of(id, "concat_ws(' ', state, reason, linking, result_id)");
  }
  /// The links of the one row whose turn it is: `71: companies/9 companies/10`.
  std::string Due() {
    const std::vector<OutboxRow> rows = Pick();
    REQUIRE(rows.size() == 1);
    CHECK(rows[0].op == WriteOp::kAssociate);
    CHECK(rows[0].values.empty());
    CHECK(rows[0].made);
    std::string due = std::to_string(rows[0].record.value) + ":";
    for (const WantedLink& link : rows[0].links) {
      due += " " + link.object + "/" + std::to_string(link.id.value);
    }
    return due;
  }
  /// Claimed for the attempt after `attempts`, taken by HubSpot, read back.
  void Linked(OutboxId id, int attempts, const std::string& what) {
    CHECK(Claim(id, {{what, "link"}}, Second(1'700'000'000), attempts));
    Change({.id = id,
            .attempts = attempts + 1,
            .state = OutboxState::kWritten,
            .record = RecordId{71}});
    const std::vector<WrittenRow> written = sink().Written(Contacts(), 10);
    REQUIRE(written.size() == 1);
    CHECK(written[0].op == WriteOp::kAssociate);
    CHECK(written[0].record == RecordId{71});
    Change(
        {.id = id, .attempts = attempts + 1, .state = OutboxState::kDone, .record = RecordId{71}});
  }
};

TEST_CASE_FIXTURE(MadeRowsFixture, "W16: what a row makes is linked before it is done") {
  const OutboxId id = MakeLinked();
  const OutboxId waits = Link(R"([{"object": "contacts", "key": "a"}])");
  CHECK(Pick().at(0).op == WriteOp::kCreate);
  CHECK_FALSE(Pick().at(0).made);

  Made(id, 71);
  CHECK(Stands(id) == "queued companies 71");
  CHECK(Of(id, "done_at").empty());
  CHECK(Due() == "71: companies/9 companies/10");
  CHECK(Of(waits, "reason") == "depends");

  Linked(id, 1, "companies/9");
  CHECK(Stands(id) == "queued contacts 71");
  CHECK(Due() == "71: contacts/5");
  CHECK(Of(id, "sent") == R"({"city": "Ulm", "companies/9": "link"})");

  // What went wrong with a link is tried again with the record that is there.
  CHECK(Claim(id, {{"contacts/5", "link"}}, Second(1'700'000'000), 2));
  Change({.id = id, .attempts = 3, .state = OutboxState::kFailed, .reason = "gone"});
  CHECK(Value("SELECT acme.outbox_retry(" + std::to_string(id.value) + ")") == "t");
  CHECK(Due() == "71: contacts/5");
  Linked(id, 3, "contacts/5");
  CHECK(Stands(id) == "done contacts 71");
  CHECK(Of(id, "done_at IS NOT NULL") == "t");
  CHECK(StateOf(waits) == "queued");
}

TEST_CASE_FIXTURE(MadeRowsFixture, "W16: a kill while a record is linked makes no second one") {
  const OutboxId id = MakeLinked();
  Made(id, 71);
  CHECK(Claim(id, {{"companies/9", "link"}}, Second(1'700'000'000), 1));
  CHECK(Pick(Second(1'699'999'999)).empty());
  const std::vector<OutboxRow> rows = Pick(Second(1'700'000'000));
  REQUIRE(rows.size() == 1);
  CHECK(rows[0].op == WriteOp::kAssociate);
  CHECK(rows[0].record == RecordId{71});
  CHECK(rows[0].in_doubt);
}

TEST_CASE_FIXTURE(MadeRowsFixture,
                  "W16: what differs of a record is not forgotten over its links") {
  const OutboxId id = MakeLinked();
  CHECK(Claim(id, {{"city", "Ulm"}}));
  Commit commit = NewCommit();
  commit.rows.push_back(Batch({{.id = 71, .values = {{"city", "Bonn"}}}}));
  commit.outbox = {{.id = id,
                    .attempts = 1,
                    .state = OutboxState::kDone,
                    .reason = "differs",
                    .record = RecordId{71},
                    .differs = {{.property = "city", .wanted = "Ulm", .shown = "Bonn"}}}};
  sink().Write(commit);
  CHECK(Stands(id) == "queued companies 71");
  Linked(id, 1, "companies/9");
  Linked(id, 2, "contacts/5");
  CHECK(Stands(id) == "done differs contacts 71");
}

TEST_CASE_FIXTURE(MadeRowsFixture, "W25: a create that is only tried links nothing") {
  const OutboxId id = MakeLinked(", true");
  Change({.id = id, .attempts = 0, .state = OutboxState::kDone, .reason = "dry"});
  CHECK(Stands(id) == "done dry");
}

TEST_CASE_FIXTURE(MadeRowsFixture, "W1: what a row makes is linked only with what is allowed") {
  const auto making = [&](const std::string& op, const std::string& link) {
    return "INSERT INTO acme.outbox (object, op, properties, associations) VALUES ('contacts', '" +
           op + "', '{\"city\": \"Ulm\"}', '[" + link + "]')";
  };
  CHECK(Says(Refused(making("create", R"({"object": "deals", "id": 9})")), "42501"));
  CHECK(Says(Refused(making("create", R"({"object": "companies", "key": "later"})")), "first"));
  CHECK(Says(Refused(making("create", R"({"object": "companies"})")), "22023"));
  CHECK(Refused(making("create", R"({"object": "companies", "id": 9})")) == "none");
}

}  // namespace
}  // namespace hubmirror::testing
