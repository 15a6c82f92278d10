#include <doctest/doctest.h>

#include <map>
#include <string>
#include <vector>

#include "support/document.h"
#include "write_world.h"

namespace hubmirror::testing {
namespace {

using namespace std::chrono_literals;

constexpr const char* kWrite =
    "{enabled: true, writers: [crm_writer], objects: {"
    "contacts: {associate: [companies, deals, contacts]}, "
    "companies: {associate: [contacts]}, "
    "deals: {create: true, unguarded: true, associate: [contacts]}}}";

/// What the portal does in the ways that HubSpot leaves open, and that are worst for links.
PortalOptions Awkward(uint64_t seed, int64_t records) {
  return {.seed = seed,
          .records = records,
          .latency = "60ms",
          .switches = {{"default_link", "replaces_labels"},
                       {"link_answer", "created"},
                       {"unlink_answer", "ok"},
                       {"link_stamp", "moves"},
                       {"link_page", "tiny"}}};
}

/// The labels of a pair that are in `associations`; NULL: it is not linked.
std::string LabelsOf(const std::string& pair) {
  return "(SELECT coalesce(string_agg(a.label, '|' ORDER BY a.label), '') FROM acme.associations a"
         " WHERE a.from_type = 'contacts' AND a.to_type = 'deals' AND a.from_id = " +
         pair + ".contact AND a.to_id = " + pair +
         ".deal AND a.removed_at IS NULL HAVING count(*) > 0)";
}

TEST_CASE("write: labels are added and taken away in many pairs, through losses and a kill") {
  WriteWorld it(kWrite, {"contacts", "companies", "deals"}, Awkward(95, 1600), [](World&) {});
  World& world = it.world;
  world.mirror.Settle();
  // A pair has one wish each: a label more, from either side; a label less; both; no link at all.
  // Every seventh is of two that are not linked yet.
  world.Sql(
      "CREATE TABLE public.pairs AS SELECT *, row_number() OVER (ORDER BY md5(contact || '.' ||"
      " deal)) AS n, NULL::text AS wanted FROM ("
      "SELECT a.from_id AS contact, a.to_id AS deal, array_agg(a.label ORDER BY a.label) FILTER"
      " (WHERE a.label IS NOT NULL) AS had, true AS linked FROM acme.associations a"
      " JOIN acme.contacts_live c ON c.id = a.from_id JOIN acme.deals_live d ON d.id = a.to_id"
      " WHERE a.from_type = 'contacts' AND a.to_type = 'deals' AND a.removed_at IS NULL"
      " GROUP BY 1, 2 UNION ALL (SELECT c.id, d.id, NULL, false FROM acme.contacts_live c,"
      " acme.deals_live d WHERE NOT EXISTS (SELECT FROM acme.associations a WHERE a.from_type ="
      " 'contacts' AND a.to_type = 'deals' AND a.from_id = c.id AND a.to_id = d.id)"
      " ORDER BY md5(d.id || '.' || c.id) LIMIT 60)) p");
  world.Sql("ALTER TABLE public.pairs ADD COLUMN deed text");
  world.Sql(
      "UPDATE public.pairs SET deed = CASE WHEN NOT linked THEN CASE n % 2 WHEN 0 THEN 'link'"
      " ELSE 'label' END WHEN had IS NOT NULL AND n % 2 = 0 THEN 'unlabel' ELSE"
      " (ARRAY['label', 'label_back', 'unlink', 'twice'])[1 + n % 4] END");
  const std::string decider = "'Decision maker'";
  const std::string buyer =
      "'" +
      world.Sql(
          "SELECT max(label) FROM acme.association_labels WHERE from_type = 'contacts' AND"
          " to_type = 'deals'") +
      "'";
  world.Sql(
      "UPDATE public.pairs p SET wanted = CASE deed WHEN 'unlink' THEN NULL ELSE coalesce((SELECT"
      " string_agg(DISTINCT l, '|' ORDER BY l) FROM unnest(had || CASE WHEN deed IN ('label',"
      " 'twice') THEN ARRAY[" +
      decider + "] WHEN deed = 'label_back' THEN ARRAY[" + buyer +
      "] END) l WHERE deed NOT IN ('unlabel', 'twice') OR l <> CASE deed WHEN 'unlabel' THEN"
      " had[1] ELSE coalesce(had[1], '') END OR deed = 'twice' AND l = " +
      decider + "), '') END");
  CHECK(world.Sql("SELECT count(DISTINCT deed) FROM public.pairs") == "6");
  CHECK(world.Sql("SELECT count(*) > 150 FROM public.pairs") == "t");
  world.Sql(std::string("GRANT SELECT ON public.pairs TO ") + WriteWorld::kWriter);

  const auto insert = [&](const std::string& deed, const std::string& object, const std::string& op,
                          const std::string& label) {
    const bool back = object == "deals";
    it.AsWriter("INSERT INTO acme.outbox (key, object, op, record_id, associations) SELECT '" +
                deed + "/' || n || '/" + op + "', '" + object + "', '" + op + "', " +
                (back ? "deal" : "contact") + ", jsonb_build_array(jsonb_build_object('object', '" +
                (back ? "contacts" : "deals") + "', 'id', " + (back ? "contact" : "deal") +
                ", 'label', " + label + ")) FROM public.pairs WHERE deed = '" + deed + "'");
  };
  it.Fault("0-1/0-3/batch/create", "lost_answer");
  insert("label", "contacts", "associate", decider);
  Await("the loss of an answer", 30s, [&] { return it.Rows("state = 'unknown'") > 0; });
  it.Fault("0-1/0-3/batch/create", "slow");
  insert("label_back", "deals", "associate", buyer);
  Await("a request under way", 30s, [&] { return it.Rows("state = 'sending'") > 0; });
  world.daemon.Kill();
  world.daemon.Start();
  it.Fault("0-1/0-3/batch/labels/archive", "lost_answer");
  insert("unlabel", "contacts", "disassociate", "had[1]");
  it.Fault("0-1/0-3/batch/archive", "lost_answer");
  insert("unlink", "contacts", "disassociate", "NULL");
  insert("link", "contacts", "associate", "NULL");
  // What it had is taken away and another label put in its place, by two rows in their order.
  insert("twice", "contacts", "disassociate", "had[1]");
  insert("twice", "contacts", "associate", decider);
  Await("the rows that nothing happened to", 60s,
        [&] { return it.Rows("state IN ('queued', 'written') AND reason IS NULL") == 0; });
  world.portal.Control("settings", R"({"clock_offset":"125s"})");
  Await("an end of every row", 60s,
        [&] { return it.Rows("state NOT IN ('done', 'failed', 'rejected')") == 0; });
  CHECK(it.Rows("state <> 'done'") == 0);

  CHECK(it.Rows("reason = 'differs' OR reason = 'gone'") == 0);
  CHECK(world
            .Sql("SELECT string_agg(p.deed || ' ' || contact || ' ' || deal || ': ' || " +
                 LabelsOf("p") + " || ' for ' || wanted, '; ') FROM public.pairs p WHERE " +
                 LabelsOf("p") + " IS DISTINCT FROM wanted")
            .empty());
  CHECK(world.Sql("SELECT count(*) FROM public.pairs p WHERE " + LabelsOf("p") +
                  " IS DISTINCT FROM wanted") == "0");
  for (const compare::Json& line : it.Journal()) {
    CHECK(line.Text("object") == "contacts");
    CHECK(line.Text("to_object") == "deals");
  }
  world.ExpectEqual();
  CHECK(world.portal.LimitViolations().associations == 0);
}

TEST_CASE(
    "write: a link waits for the record that another row makes, and ends with one that is gone") {
  WriteWorld it(kWrite, {"contacts", "companies", "deals"}, Awkward(96, 300), [](World&) {});
  World& world = it.world;
  world.mirror.Settle();
  const auto contact = [&](int n) {
    return world.Sql("SELECT id FROM acme.contacts_live ORDER BY id OFFSET " + std::to_string(n) +
                     " LIMIT 1");
  };
  const std::string one = contact(0);
  const std::string two = contact(1);
  const std::string three = contact(2);
  it.AsWriter(
      "BEGIN; INSERT INTO acme.outbox (key, object, op, properties) VALUES ('deal/9', 'deals',"
      " 'create', '{\"dealname\": \"Linked\", \"pipeline\": \"default\", \"dealstage\":"
      " \"appointmentscheduled\"}'); INSERT INTO acme.outbox (key, object, op, record_id,"
      " associations) VALUES ('link/9', 'contacts', 'associate', " +
      one +
      ", '[{\"object\": \"deals\", \"key\": \"deal/9\", \"label\": \"Decision maker\"}]'); COMMIT");
  Await("the link of the new deal", 30s, [&] { return it.Rows("state = 'done'") == 2; });
  CHECK(world.Sql("SELECT string_agg(coalesce(label, '-'), ',' ORDER BY label NULLS FIRST) FROM"
                  " acme.contact_deals WHERE contact_id = " +
                  one +
                  " AND deal_id = (SELECT result_id FROM acme.outbox WHERE key = 'deal/9')") ==
        "-,Decision maker");

  // One type with itself; a primary company, which is one; from either side.
  const std::string company = world.Sql("SELECT min(id) FROM acme.companies_live");
  const std::string other = world.Sql("SELECT max(id) FROM acme.companies_live");
  world.portal.Mutate(R"({"object":"contacts","kind":"archive","id":")" + three + R"("})");
  it.AsWriter(
      "INSERT INTO acme.outbox (key, object, op, record_id, associations) VALUES "
      "('a', 'contacts', 'associate', " +
      one + ", '[{\"object\": \"contacts\", \"id\": " + two +
      ", \"label\": \"Manager of\"}]'), "
      "('b', 'contacts', 'associate', " +
      one + ", '[{\"object\": \"companies\", \"id\": " + company +
      ", \"label\": \"Primary\"}]'), "
      "('c', 'contacts', 'associate', " +
      three + ", '[{\"object\": \"companies\", \"id\": " + company +
      "}]'), "
      "('d', 'companies', 'associate', " +
      company + ", '[{\"object\": \"contacts\", \"id\": " + three + "}]')");
  Await("these links", 30s, [&] { return it.Rows("state IN ('done', 'failed')") == 6; });
  it.AsWriter(
      "INSERT INTO acme.outbox (key, object, op, record_id, associations) VALUES "
      "('e', 'companies', 'associate', " +
      other + ", '[{\"object\": \"contacts\", \"id\": " + one + ", \"label\": \"Primary\"}]')");
  Await("the other company", 30s, [&] { return it.Rows("state IN ('done', 'failed')") == 7; });
  CHECK(it.Rows("key IN ('c', 'd') AND state = 'failed' AND reason = 'gone'") == 2);
  CHECK(it.Rows("key IN ('a', 'b', 'e') AND state = 'done' AND reason IS NULL") == 3);
  CHECK(world.Sql("SELECT string_agg(to_id || '', ',') FROM acme.associations WHERE from_type ="
                  " 'contacts' AND to_type = 'companies' AND from_id = " +
                  one + " AND label = 'Primary' AND removed_at IS NULL") == other);
  CHECK(world.Sql("SELECT string_agg(label, ',' ORDER BY label) FROM acme.associations WHERE"
                  " from_type = 'contacts' AND to_type = 'contacts' AND label IS NOT NULL AND"
                  " removed_at IS NULL AND " +
                  one + " IN (from_id, to_id) AND " + two + " IN (from_id, to_id)") ==
        "Manager of,Reports to");
  world.ExpectEqual();
}

TEST_CASE("write: a task and an e-mail of docs/writing.md are on the contact's timeline") {
  WriteWorld it(
      "{enabled: true, writers: [crm_writer], objects: {"
      "tasks: {create: true, unguarded: true, associate: [contacts]}, "
      "emails: {create: true, unguarded: true, associate: [contacts]}}}",
      {"contacts", "tasks", "emails"}, {.seed = 97, .records = 200, .latency = "30ms"},
      [](World&) {});
  World& world = it.world;
  world.mirror.Settle();
  const std::string jo = world.Sql("SELECT min(id) FROM acme.contacts_live");
  std::string sql = BlocksOf(std::string(PROJECT_DIR) + "/docs/writing.md", "sql",
                             "A task and an e-mail on the timeline")
                        .at(0);
  for (size_t at; (at = sql.find(" 17}")) != std::string::npos;) {
    sql.replace(at, 4, " " + jo + "}");
  }
  it.AsWriter(sql);
  Await("both rows", 60s, [&] { return it.Rows("state = 'done'") == 2; });

  CHECK(world.Sql("SELECT t.hs_task_subject FROM acme.contact_tasks l JOIN acme.tasks_live t ON"
                  " t.id = l.task_id JOIN acme.outbox o ON o.result_id = t.id WHERE l.contact_id ="
                  " " +
                  jo) == "Call Jo");
  CHECK(world.Sql("SELECT e.hs_email_subject FROM acme.contact_emails l JOIN acme.emails_live e ON"
                  " e.id = l.email_id JOIN acme.outbox o ON o.result_id = e.id WHERE l.contact_id ="
                  " " +
                  jo) == "Your ticket");
  const auto tasks = it.Truth("tasks");
  CHECK(tasks.at(world.Sql("SELECT result_id FROM acme.outbox WHERE key = 'helpdesk/4711/task'"))
            .Text("hs_task_status") == "NOT_STARTED");
  world.ExpectEqual();
}

TEST_CASE("write: what a row makes is linked by that row, each once, through losses and a kill") {
  WriteWorld it(
      "{enabled: true, writers: [crm_writer], objects: {deals: {create: true, key_property: "
      "hubmirror_key, associate: [contacts, companies]}}}",
      {"contacts", "companies", "deals"}, Awkward(99, 300), [](World& world) {
        world.portal.Mutate(R"({"object":"deals","kind":"property_add","name":"hubmirror_key",)"
                            R"("type":"string","field_type":"text","unique":true})");
      });
  World& world = it.world;
  world.mirror.Settle();
  const auto insert = [&](int from, int to) {
    world.Sql(
        "INSERT INTO acme.outbox (key, object, op, properties, associations) SELECT 'deal/' || n,"
        " 'deals', 'create', jsonb_build_object('dealname', 'Made ' || n, 'pipeline', 'default',"
        " 'dealstage', 'appointmentscheduled'), jsonb_build_array(jsonb_build_object('object',"
        " 'contacts', 'id', c.id, 'label', 'Decision maker'), jsonb_build_object('object',"
        " 'companies', 'id', (SELECT min(id) FROM acme.companies_live)))"
        " FROM (SELECT id, row_number() OVER (ORDER BY id) AS n FROM acme.contacts_live) c"
        " WHERE n BETWEEN " +
        std::to_string(from) + " AND " + std::to_string(to));
  };
  it.Fault("0-3/batch/create", "lost_answer");
  insert(1, 30);
  Await("the loss of an answer", 60s, [&] { return it.Rows("state = 'unknown'") > 0; });
  it.Fault("0-1/0-3/batch/create", "slow");
  insert(31, 60);
  Await("a link under way", 60s,
        [&] { return it.Rows("linking = 'contacts' AND state = 'sending'") > 0; });
  world.daemon.Kill();
  world.daemon.Start();
  it.Fault("batch/associate/default", "lost_answer");
  insert(61, 80);
  Await("the rows that nothing happened to", 60s, [&] {
    return it.Rows("linking = 'companies' AND state = 'unknown'") > 0 &&
           it.Rows("state IN ('queued', 'written') AND reason IS NULL") == 0;
  });
  world.portal.Control("settings", R"({"clock_offset":"125s"})");
  Await("an end of every row", 120s,
        [&] { return it.Rows("state NOT IN ('done', 'failed', 'rejected')") == 0; });

  CHECK(it.Rows("state = 'done' AND reason IS NULL") == 80);
  std::map<std::string, int> made;
  for (const auto& [id, properties] : it.Truth("deals")) {
    if (const std::string key = properties.Text("hubmirror_key"); !key.empty()) ++made[key];
  }
  CHECK(made.size() == 80);
  for (const auto& [key, records] : made) {
    CAPTURE(key);
    CHECK(records == 1);
  }
  // The links of HubSpot's are those of the rows: ExpectEqual compares them.
  CHECK(world.Sql("SELECT count(*) FROM acme.outbox o WHERE EXISTS (SELECT FROM"
                  " acme.contact_deals l WHERE l.deal_id = o.result_id AND l.contact_id ="
                  " (o.associations -> 0 ->> 'id')::bigint AND l.label = 'Decision maker')"
                  " AND EXISTS (SELECT FROM acme.associations a WHERE a.removed_at IS NULL AND"
                  " (a.from_id, a.to_id) IN ((o.result_id, (o.associations -> 1 ->> 'id')::bigint),"
                  " ((o.associations -> 1 ->> 'id')::bigint, o.result_id)))") == "80");
  world.ExpectEqual();
}

}  // namespace
}  // namespace hubmirror::testing
