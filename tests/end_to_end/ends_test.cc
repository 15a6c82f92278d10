// Archived, restored, merged, erased, purged: what becomes of records, under both settings of what
// HubSpot leaves open.

#include <doctest/doctest.h>

#include <string>

#include "world.h"

namespace hubmirror::testing {
namespace {

using Switches = std::map<std::string, std::string>;

/// A portal whose records meet every kind of end after they were mirrored.
class Ends {
 public:
  explicit Ends(uint64_t seed, Switches switches)
      : world_({.seed = seed, .records = 600, .switches = std::move(switches)}) {
    world_.Load();
  }

  World& world() { return world_; }

  std::string Create(const std::string& object, const std::string& name) {
    return Mutate(object, "create", R"("properties":{)" + Property(object) + ":\"" + name + "\"}");
  }
  std::string Mutate(const std::string& object, const std::string& kind, const std::string& rest) {
    return world_.portal.Mutate(R"({"object":")" + object + R"(","kind":")" + kind + "\"," + rest +
                                "}");
  }
  void On(const std::string& object, const std::string& kind, const std::string& id) {
    Mutate(object, kind, "\"id\":\"" + id + "\"");
  }
  std::string Merge(const std::string& object, const std::string& id, const std::string& loser) {
    return Mutate(object, "merge", "\"id\":\"" + id + "\",\"loser\":\"" + loser + "\"");
  }
  void Settle() { world_.mirror.Settle(); }

  std::string Cell(const std::string& object, const std::string& id, const std::string& what) {
    return world_.Sql("SELECT (" + what + ")::text FROM acme." + object + " WHERE id = " + id);
  }

 private:
  static std::string Property(const std::string& object) {
    return object == "deals" ? "\"dealname\"" : "\"firstname\"";
  }

  World world_;
};

void ArchiveAndRestore(Ends& ends) {
  const std::string kept = ends.Create("deals", "kept");
  const std::string back = ends.Create("deals", "back");
  ends.Settle();

  ends.On("deals", "archive", kept);
  ends.On("deals", "archive", back);
  ends.Settle();
  CHECK(ends.Cell("deals", kept, "archived AND archived_at IS NOT NULL AND dealname = 'kept'") ==
        "true");

  ends.On("deals", "restore", back);
  ends.Settle();
  CHECK(ends.Cell("deals", back, "NOT archived AND archived_at IS NULL") == "true");
  CHECK(ends.Cell("deals", kept, "archived") == "true");
}

void MergeChain(Ends& ends, const std::string& object) {
  const std::string first = ends.Create(object, "first");
  const std::string second = ends.Create(object, "second");
  const std::string third = ends.Create(object, "third");
  ends.Settle();

  const std::string middle = ends.Merge(object, first, second);
  ends.Settle();
  CHECK(ends.Cell(object, second, "merged_into = " + middle) == "true");

  const std::string last = ends.Merge(object, third, middle);
  ends.Settle();
  CHECK(ends.Cell(object, second, "merged_into = " + last) == "true");
  CHECK(ends.Cell(object, middle, "merged_into = " + last) == "true");
  CHECK(ends.Cell(object, last, "merged_into IS NULL AND NOT archived") == "true");
}

void EraseAndPurge(Ends& ends) {
  const std::string person = ends.Create("contacts", "Forget Me Please");
  const std::string deal = ends.Create("deals", "gone");
  const std::string archived = ends.Create("deals", "archived, then gone");
  ends.Settle();
  ends.On("deals", "archive", archived);
  ends.Settle();

  ends.On("contacts", "erase", person);
  ends.On("deals", "purge", deal);
  ends.On("deals", "purge", archived);
  ends.Settle();

  CHECK(ends.Cell("contacts", person, "erased_at IS NOT NULL AND firstname IS NULL") == "true");
  CHECK(ends.Cell("deals", deal, "purged_at IS NOT NULL AND dealname = 'gone'") == "true");
  CHECK(ends.Cell("deals", archived, "purged_at IS NOT NULL AND archived") == "true");
  // The schema can be dumped; the name must not be in the dump.
  const ProgramResult dump = RunProgram(
      {FindPostgresProgram("pg_dump"), "--schema=acme", "--data-only", ends.world().AdminDsn()}, {},
      std::chrono::minutes{1});
  CHECK(dump.end == ProcessEnd{.exit_code = 0});
  CHECK(dump.output.find("archived, then gone") != std::string::npos);
  CHECK(dump.output.find("Forget Me Please") == std::string::npos);
}

void MeetEveryEnd(uint64_t seed, Switches switches) {
  Ends ends(seed, std::move(switches));

  ArchiveAndRestore(ends);
  MergeChain(ends, "contacts");
  MergeChain(ends, "deals");
  EraseAndPurge(ends);

  ends.world().ExpectEqual();
}

TEST_CASE("ends: each is shown when merges make new ids and losers hide") {
  MeetEveryEnd(31, {{"merge_id", "new"},
                    {"merge_losers", "hidden"},
                    {"merged_list", "direct"},
                    {"restore_stamp", "stays"},
                    {"batch_failures", "silent"},
                    {"updated_at", "any_change"}});
}

TEST_CASE("ends: each is shown when merges keep the primary and losers look archived") {
  MeetEveryEnd(32, {{"merge_id", "primary"},
                    {"merge_losers", "archived"},
                    {"merged_list", "flat"},
                    {"restore_stamp", "moves"},
                    {"batch_failures", "multi_status"},
                    {"missing_record", "html"}});
}

TEST_CASE("ends: many records vanishing at once wait for an operator") {
  World world({.seed = 33, .records = 2000, .limits = false});
  world.Load();
  world.mirror.Settle();
  const auto purge_one = R"({"object":"contacts","kind":"purge"})";
  for (int i = 0; i < 510; ++i) world.portal.Mutate(purge_one);

  const ProgramResult held = world.daemon.Cli({"settle", "acme", "--wait", "120s"});
  CHECK(held.end == ProcessEnd{.exit_code = 1});
  CHECK(world.daemon.Stream("acme", "contacts").Text("state") == "suspicious");
  CHECK(world.daemon.Stream("acme", "contacts").Text("reason") == "mass_change");
  CHECK(world.Sql("SELECT count(*)::text FROM acme.contacts WHERE erased_at IS NOT NULL") == "0");

  CHECK(world.daemon.Cli({"resolve", "acme/contacts", "--accept"}).end ==
        ProcessEnd{.exit_code = 0});
  world.ExpectEqual();
}

}  // namespace
}  // namespace hubmirror::testing
