#pragma once

#include <doctest/doctest.h>

#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "support/await.h"
#include "support/http_json.h"
#include "support/sql_session.h"
#include "world.h"

namespace hubmirror::testing {

/// A loaded mirror that a role may write to, and what the portal was asked to write.
class WriteWorld {
 public:
  static constexpr const char* kWriter = "crm_writer";

  /// `write` as in the configuration; `prepare` is done to the portal before it is mirrored.
  template <typename Prepare>
  WriteWorld(const std::string& write, std::vector<std::string> objects,
             const PortalOptions& portal, const Prepare& prepare,
             std::map<std::string, std::string> defaults = {})
      : world(portal, Asking(write, std::move(objects), std::move(defaults))) {
    prepare(world);
    world.Sql(std::string("CREATE ROLE ") + kWriter + " LOGIN");
    world.Load();
  }

  World world;

  /// As the role of an application.
  std::string AsWriter(const std::string& sql) const {
    return RunSql(world.database.Dsn(kWriter, World::kDatabase), sql);
  }
  int64_t Rows(const std::string& which) const {
    return std::stoll(world.Sql("SELECT count(*) FROM acme.outbox WHERE " + which));
  }
  /// The next request whose path holds `path` meets a fault.
  void Fault(const std::string& path, const std::string& kind) const {
    world.portal.Control("faults", R"({"faults":[{"match":")" + path + R"(","count":1,"kind":")" +
                                       kind + R"(","seconds":5}]})");
  }
  /// Of the requests whose path holds `path`, the answer to one that carries rows of `first` is
  /// lost, and the daemon is killed while one that carries rows of `second` is under way.
  void LoseAndKill(const std::string& path, const std::function<void()>& first,
                   const std::function<void()>& second) {
    using namespace std::chrono_literals;
    Fault(path, "lost_answer");
    first();
    Await("the loss of an answer", 30s, [&] { return Rows("state = 'unknown'") > 0; });
    Fault(path, "slow");
    second();
    Await("a request under way", 30s, [&] { return Rows("state = 'sending'") > 0; });
    world.daemon.Kill();
    world.daemon.Start();
  }
  /// Nothing is sent of what is in doubt before HubSpot's clock has gone on for two minutes.
  void EndDoubts() const { world.portal.Control("settings", R"({"clock_offset":"125s"})"); }
  /// What the portal has written, in its order: one object of the journal each.
  std::vector<compare::Json> Journal() const { return Lines("writes/1234567?after=0"); }
  /// What HubSpot holds of each live record of a type, by id.
  std::map<std::string, compare::Json> Truth(const std::string& object) const {
    std::map<std::string, compare::Json> records;
    for (const compare::Json& line : Lines("truth/1234567/" + object + "?limit=0")) {
      if (line.Text("state") == "live") records.emplace(line.Text("id"), line["properties"]);
    }
    return records;
  }

 private:
  static DaemonSettings Asking(const std::string& write, std::vector<std::string> objects,
                               std::map<std::string, std::string> defaults) {
    DaemonSettings settings;
    settings.defaults = std::move(defaults);
    settings.portals[0].objects = std::move(objects);
    settings.portals[0].write = write;
    return settings;
  }
  /// One JSON object a line.
  std::vector<compare::Json> Lines(const std::string& path) const {
    std::vector<compare::Json> lines;
    const HttpAnswer answer = HttpGet(world.portal.url(), "/_control/" + path);
    REQUIRE(answer.status == 200);
    for (size_t begin = 0; begin < answer.body.size();) {
      const size_t end = std::min(answer.body.find('\n', begin), answer.body.size());
      if (end > begin) {
        lines.push_back(
            compare::Json::Parse(std::string_view(answer.body).substr(begin, end - begin)));
      }
      begin = end + 1;
    }
    return lines;
  }
};

}  // namespace hubmirror::testing
