#include <doctest/doctest.h>

#include <array>
#include <csignal>
#include <map>
#include <ranges>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "crash_world.h"
#include "write_world.h"

// Every step of writing between claim and `done`: killed there, and held there while another daemon
// takes over. What the portal has done is compared with what the rows asked for.

namespace hubmirror::testing {
namespace {

using namespace std::chrono_literals;

constexpr const char* kWrite =
    "{enabled: true, writers: [crm_writer], objects: {"
    "contacts: {update: [city], create: true, archive: true, associate: [companies, deals]}, "
    "companies: {create: true, key_property: hubmirror_key}, "
    "deals: {create: true, unguarded: true}}}";

/// What the portal does in the ways that HubSpot leaves open, and that are worst here.
PortalOptions Awkward(uint64_t seed) {
  return {.seed = seed,
          .records = 1600,
          .switches = {{"write_trace_ids", "absent"},
                       {"batch_order", "shuffled"},
                       {"default_link", "replaces_labels"},
                       {"unlink_answer", "ok"}}};
}

/// A kind of row: what it selects from public.chosen for the `n`th, and what it does at the portal.
struct Kind {
  const char* name;
  const char* columns;
  const char* values;
  std::vector<std::string> deeds;  ///< as the journal calls them
};

const std::array kKinds = {
    Kind{"update",
         "object, op, record_id, properties",
         "'contacts', 'update', contact, jsonb_build_object('city', 'Ulm ' || n)",
         {"update contacts"}},
    Kind{"upsert",
         "object, op, match_property, match_value, properties",
         "'contacts', 'upsert', 'email', CASE n % 2 WHEN 0 THEN email ELSE 'up' || n || "
         "'@example.com' END, jsonb_build_object('city', 'Bonn ' || n)",
         {"update contacts", "create contacts"}},
    Kind{"create",
         "object, op, properties",
         "'contacts', 'create', jsonb_build_object('email', 'made' || n || '@example.com', 'city', "
         "'Kiel ' || n)",
         {"create contacts"}},
    Kind{"key",
         "object, op, properties",
         "'companies', 'create', jsonb_build_object('name', 'Made ' || n)",
         {"create companies"}},
    Kind{"unguarded",
         "object, op, properties",
         "'deals', 'create', jsonb_build_object('dealname', 'Made ' || n, 'dealstage', "
         "'appointmentscheduled', 'pipeline', 'default')",
         {"create deals"}},
    Kind{
        "archive", "object, op, record_id", "'contacts', 'archive', contact", {"archive contacts"}},
    Kind{
        "label",
        "object, op, record_id, associations",
        "'contacts', 'associate', contact, jsonb_build_array(jsonb_build_object('object', 'deals', "
        "'id', deal, 'label', 'Decision maker'))",
        {"label contacts"}},
    Kind{"unlink",
         "object, op, record_id, associations",
         "'contacts', 'disassociate', contact, jsonb_build_array(jsonb_build_object('object', "
         "'companies', 'id', company))",
         {"unlink contacts"}},
};

/// Rows of every kind, each about records that no other row is about.
class CrashingWriter {
 public:
  explicit CrashingWriter(uint64_t seed)
      : it(kWrite, {"contacts", "companies", "deals"}, Awkward(seed), [](World& world) {
          world.portal.Mutate(
              R"({"object":"companies","kind":"property_add","name":)"
              R"("hubmirror_key","type":"string","field_type":"text","unique":true})");
        }) {
    it.world.mirror.Settle();
    // Those that are linked with a company come first, for `unlink`.
    it.world.Sql(
        "CREATE TABLE public.chosen AS SELECT c.id AS contact, c.email, a.company, (SELECT "
        "min(d.id)"
        " FROM acme.deals_live d WHERE NOT EXISTS (SELECT FROM acme.associations l WHERE"
        " l.from_type = 'contacts' AND l.to_type = 'deals' AND l.from_id = c.id AND l.to_id = "
        "d.id))"
        " AS deal, row_number() OVER (ORDER BY a.company IS NULL, c.id) AS n"
        " FROM acme.contacts_live c LEFT JOIN (SELECT a.from_id, min(a.to_id) AS company FROM"
        " acme.associations a JOIN acme.companies_live o ON o.id = a.to_id WHERE a.from_type ="
        " 'contacts' AND a.to_type = 'companies' AND a.removed_at IS NULL GROUP BY 1) a"
        " ON a.from_id = c.id WHERE c.email IS NOT NULL");
    it.world.Sql(std::string("GRANT SELECT ON public.chosen TO ") + WriteWorld::kWriter);
  }

  WriteWorld it;

  /// So many rows of a kind, of records of their own.
  void Insert(const Kind& kind, int rows) {
    it.AsWriter(std::string("INSERT INTO acme.outbox (key, ") + kind.columns + ") SELECT '" +
                kind.name + "/' || n, " + kind.values + " FROM public.chosen WHERE n BETWEEN " +
                std::to_string(used_ + 1) + " AND " + std::to_string(used_ + rows));
    used_ += rows;
    rows_[kind.name] += rows;
  }

  /// HubSpot's clock has gone on for as long as it may work on something.
  void PassDoubt() {
    doubts_ += 125;
    it.world.portal.Control("settings",
                            R"({"clock_offset":")" + std::to_string(doubts_) + R"(s"})");
  }

  /// Whether nothing is left but what waits for HubSpot's clock, or for a person.
  bool Rests() const { return it.Rows("state IN ('queued', 'written')") == 0; }
  bool AllEnded() const {
    return it.Rows("state <> 'done' AND reason IS DISTINCT FROM 'doubt'") == 0;
  }

  /// A person looks for the records of rows in doubt, and says what they find.
  void ResolveDoubts() {
    const auto deals = it.Truth("deals");
    while (it.Rows("reason = 'doubt'") > 0) {
      const std::string row =
          it.world.Sql("SELECT min(id) FROM acme.outbox WHERE reason = 'doubt'");
      const std::string name =
          it.world.Sql("SELECT properties->>'dealname' FROM acme.outbox WHERE id = " + row);
      std::string created = "NULL";
      for (const auto& [id, properties] : deals) {
        if (properties.Text("dealname") == name) created = id;
      }
      CHECK(it.AsWriter("SELECT acme.outbox_resolve(" + row + ", created => " + created + ")") ==
            "t");
      ++resolved;
      found += created == "NULL" ? 0 : 1;
    }
  }
  int resolved = 0;  ///< rows that waited for a person
  int found = 0;     ///< those of them whose records were there

  /// Every row is done, the portal has done what each asked for once and nothing else, and the
  /// mirror shows it.
  void ExpectEachOnce() {
    CHECK(it.world
              .Sql("SELECT string_agg(key || ' ' || concat_ws(' ', state, reason, message), '; ')"
                   " FROM acme.outbox WHERE state <> 'done' OR reason IS NOT NULL")
              .empty());
    std::map<std::string, int> deeds;
    std::map<std::string, int> by_kind;
    for (const compare::Json& line : it.Journal()) {
      const std::string kind = line.Text("op") + " " + line.Text("object");
      std::string deed = kind;
      // What is made is told by its values, for its id is another one each time.
      if (line.Text("op") != "create") deed += " " + line.Text("id");
      if (line.Has("to")) deed += " " + line.Text("to");
      for (const auto& [name, value] : line["properties"].AsObject()) {
        deed += " " + name + "=" + value.AsString();
      }
      ++by_kind[kind];
      ++deeds[deed];
    }
    for (const auto& [deed, times] : deeds) {
      CAPTURE(deed);
      CHECK(times == 1);
    }
    std::map<std::string, int> wanted;
    for (const Kind& kind : kKinds) {
      const int rows = rows_[kind.name];
      const auto ways = static_cast<int>(kind.deeds.size());
      for (const std::string& deed : kind.deeds) wanted[deed] += rows / ways;
    }
    CHECK(by_kind == wanted);
    for (const auto& [object, property] :
         {std::pair("contacts", "city"), {"companies", "name"}, {"deals", "dealname"}}) {
      CAPTURE(object);
      const std::string different =
          std::string("SELECT string_agg(o.key, ' ') FROM acme.outbox o LEFT JOIN acme.") + object +
          " r ON r.id = o.result_id AND NOT r.archived WHERE o.object = '" + object +
          "' AND o.properties IS NOT NULL AND r." + property +
          " IS DISTINCT FROM o.properties->>'" + property + "'";
      CHECK(it.world.Sql(different).empty());
    }
    CHECK(
        it.world.Sql("SELECT count(*) FROM acme.outbox o JOIN acme.contacts c ON c.id = o.record_id"
                     " WHERE o.op = 'archive' AND NOT c.archived") == "0");
    CHECK(it.world.Sql("SELECT count(*) FROM acme.outbox o JOIN public.chosen c ON c.contact ="
                       " o.record_id WHERE o.op = 'associate' AND NOT EXISTS (SELECT FROM"
                       " acme.associations a WHERE a.from_type = 'contacts' AND a.to_type = 'deals'"
                       " AND a.from_id = c.contact AND a.to_id = c.deal AND a.label ="
                       " 'Decision maker' AND a.removed_at IS NULL)") == "0");
    CHECK(it.world.Sql("SELECT count(*) FROM acme.outbox o JOIN public.chosen c ON c.contact ="
                       " o.record_id JOIN acme.associations a ON a.from_type = 'contacts' AND"
                       " a.to_type = 'companies' AND a.from_id = c.contact AND a.to_id = c.company"
                       " WHERE o.op = 'disassociate' AND a.removed_at IS NULL") == "0");
  }

 private:
  int used_ = 0;
  int doubts_ = 0;
  std::map<std::string, int> rows_;
};

/// Starts a daemon that is to be killed, or stopped, when it comes to `point`.
void LaunchFor(DaemonProcess& daemon, const NamedCrashPoint& point, const std::string& how) {
  daemon.SetVariable("HUBMIRROR_CRASH_AT", std::string(point.name));
  daemon.SetVariable("HUBMIRROR_CRASH_HOW", how);
  daemon.Launch();
  daemon.SetVariable("HUBMIRROR_CRASH_AT", "");
}

/// Rows of each kind, and a death at each of `points`; and, if asked for, at each while what is in
/// doubt is looked into.
void DieWhileWriting(uint64_t seed, std::span<const NamedCrashPoint> points, bool again) {
  CrashingWriter writer(seed);
  DaemonProcess& daemon = writer.it.world.daemon;
  daemon.Kill();
  for (const Kind& kind : kKinds) {
    CAPTURE(kind.name);
    // From the last to the first: what a death leaves behind comes to none that follows.
    for (const NamedCrashPoint& point : points | std::views::reverse) {
      CAPTURE(point.name);
      writer.Insert(kind, 2);
      LaunchFor(daemon, point, "");
      const auto end = daemon.process().Wait(60s);
      CHECK(end == ProcessEnd{.signal = SIGKILL});
      if (!end) daemon.Kill();
    }
    daemon.Start();
    Await("the rows that nothing happened to", 60s, [&] { return writer.Rests(); });
    daemon.Kill();
  }
  CHECK(writer.it.Rows("state IN ('sending', 'unknown')") > 0);
  writer.PassDoubt();
  for (const NamedCrashPoint& point : points | std::views::reverse) {
    if (!again) break;
    CAPTURE(point.name);
    LaunchFor(daemon, point, "");
    Await("a death, or the end of all rows", 60s, [&] {
      return !daemon.running() || (writer.Rests() && writer.it.Rows("state = 'sending'") == 0);
    });
    if (daemon.running()) daemon.Kill();
    writer.PassDoubt();
  }
  daemon.Start();
  Await("an end of every row", 60s, [&] { return writer.AllEnded(); });
  writer.ResolveDoubts();
  Await("an end of every row in doubt", 60s,
        [&] { return writer.AllEnded() && writer.it.Rows("reason = 'doubt'") == 0; });
  CHECK(writer.resolved > writer.found);
  CHECK(writer.found > 0);
  writer.ExpectEachOnce();
  writer.it.world.ExpectEqual();
}

TEST_CASE("write crashes: killed around the request of each kind of row, each is done once") {
  const size_t first = static_cast<size_t>(CrashPoint::kWriteClaimed);
  DieWhileWriting(961, std::span(kCrashPoints).subspan(first, 3), false);
}

TEST_CASE("long write crashes: killed at each step of each kind of row, each is done once") {
  DieWhileWriting(962, kWritingCrashPoints, true);
}

TEST_CASE(
    "long write crashes: a daemon that is held while another takes over sends nothing twice") {
  CrashingWriter writer(963);
  World& world = writer.it.world;
  DaemonProcess& first = world.daemon;
  DaemonProcess second(first.settings());
  const auto passive = [](const DaemonProcess& daemon) {
    return daemon.Stream("acme", "contacts").Text("state") == "passive";
  };
  // A minute later:
  const auto expire = [&] {
    world.Sql("UPDATE acme._owner SET renewed_at = now() - interval '61 s' RETURNING 1");
  };
  second.Start();
  Await("the second daemon to wait beside the first", 120s, [&] {
    return passive(second) && world.Sql("SELECT count(*) FROM acme._write_instances") == "2";
  });
  second.Terminate();
  for (const CrashPoint where : {CrashPoint::kWritePlanned, CrashPoint::kWriteClaimed,
                                 CrashPoint::kWriteAnswered, CrashPoint::kWriteShown}) {
    const NamedCrashPoint& point = kCrashPoints[static_cast<size_t>(where)];
    CAPTURE(point.name);
    first.Terminate();
    expire();
    LaunchFor(first, point, "stop");
    Await("the first daemon to own the portal", 60s, [&] {
      return first.StatusCodeOf("/api/v1/status") == 200 &&
             first.Stream("acme", "contacts").Text("state") == "current";
    });
    for (const Kind& kind : kKinds) writer.Insert(kind, 4);
    Await("the first daemon to be held", 60s, [&] { return IsStopped(first.process().pid()); });
    const auto held_at = std::chrono::steady_clock::now();
    second.Start();
    // The first one may hold its lock for as long as PostgreSQL lets a silent session.
    expire();
    Await("the rows that nothing happened to", 180s, [&] { return writer.Rests(); });
    writer.PassDoubt();
    Await("an end of every row", 60s, [&] { return writer.AllEnded(); });
    // What it has claimed may leave for 20 s (W23), while HubSpot's clock has gone on for longer.
    std::this_thread::sleep_until(held_at + 21s);
    first.process().Signal(SIGCONT);
    Await("the first daemon to know that it owns nothing", 120s, [&] { return passive(first); });
    writer.ResolveDoubts();
    Await("an end of every row in doubt", 60s,
          [&] { return writer.AllEnded() && writer.it.Rows("reason = 'doubt'") == 0; });
    CHECK(second.Terminate() == ProcessEnd{.exit_code = 0});
  }
  writer.ExpectEachOnce();
  expire();
  // Whoever wakes up asks on until it knows, beside the other one: the limits are not looked at.
  world.mirror.Settle();
  world.ExpectNoDifferences();
}

}  // namespace
}  // namespace hubmirror::testing
