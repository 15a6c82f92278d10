#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <string>

#include "support/document.h"
#include "support/temp_directory.h"
#include "write_world.h"

namespace hubmirror::testing {
namespace {

using namespace std::chrono_literals;

/// A portal with the contact of the examples of docs/writing.md, and a program of theirs that ran.
struct Example {
  WriteWorld it{
      "{enabled: true, writers: [crm_writer], objects: {contacts: {create: true, update: [city]}}}",
      {"contacts"},
      {.seed = 98, .records = 60},
      [](World& world) {
        world.portal.Mutate(
            R"({"kind":"create","object":"contacts","properties":{"email":"jo@example.com"}})");
      }};

  /// Runs the block of `language` as it is printed; what it says.
  std::string Run(const std::string& language, const std::string& program,
                  const std::filesystem::path& file) {
    const auto blocks = BlocksOf(std::string(PROJECT_DIR) + "/docs/writing.md", language,
                                 "From an ORM or a query builder");
    REQUIRE(blocks.size() == 1);
    std::ofstream(file) << blocks[0];
    const ProgramResult ran = RunProgram({program, file.string()},
                                         {{"PGHOST", it.world.database.socket_directory()},
                                          {"PGPORT", std::to_string(it.world.database.port())},
                                          {"PGDATABASE", World::kDatabase},
                                          {"PGUSER", WriteWorld::kWriter}},
                                         300s);
    REQUIRE_MESSAGE(ran.end.exit_code == 0, ran.output);
    return ran.output;
  }
  /// That the rows are done, each once, and that HubSpot has what they say.
  void ExpectDone(const std::string& said) {
    const auto id = [&](const std::string& email) {
      return it.world.Sql("SELECT id FROM acme.contacts_live WHERE email = '" + email + "'");
    };
    const std::string bob = it.world.Sql("SELECT id FROM acme.outbox WHERE op = 'upsert'");
    CHECK(said == bob + " queued\nann done " + id("ann@example.com") + "\nbob done " +
                      id("bob@example.com") + "\n");
    Await("the update", 120s, [&] { return it.Rows("state = 'done'") == 3; });
    CHECK(it.Rows("true") == 3);
    std::map<std::string, std::string> cities;
    for (const auto& [record, properties] : it.Truth("contacts")) {
      cities[properties.Text("email")] += properties.Text("city");
    }
    CHECK(cities["jo@example.com"] == "Ulm");
    CHECK(cities["ann@example.com"] == "Bonn");
    CHECK(cities["bob@example.com"] == "Kiel");
    it.world.ExpectEqual();
  }
};

TEST_CASE_FIXTURE(Example, "write: SQLAlchemy inserts rows, into the outbox and a view") {
  const TempDirectory directory("example");
  ExpectDone(Run("python", PYTHON, directory.path() / "write.py"));
}

TEST_CASE_FIXTURE(Example, "write: knex inserts rows, into the outbox and a view") {
  const ProgramResult installed =
      RunProgram({std::string(PROJECT_DIR) + "/tests/support/npm_install.sh",
                  std::string(PROJECT_DIR) + "/tests/write_examples", PACKAGES},
                 {}, 300s);
  REQUIRE_MESSAGE(installed.end.exit_code == 0, installed.output);
  ExpectDone(Run("js", NODE, std::filesystem::path(PACKAGES) / "write.mjs"));
}

}  // namespace
}  // namespace hubmirror::testing
