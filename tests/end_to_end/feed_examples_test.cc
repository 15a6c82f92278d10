#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>
#include <mutex>
#include <sstream>
#include <thread>

#include "support/await.h"
#include "support/document.h"
#include "support/loopback_server.h"
#include "world.h"

namespace hubmirror::testing {
namespace {

using namespace std::chrono_literals;

/// What an example reads at once, and may so do again when it is started again.
constexpr int64_t kAtOnce = 100;

/// The service of the example: it notes the `seq` of each deal that it is told of, and now and then
/// answers with an error after it has done so.
class Service {
 public:
  std::string url() const { return server_.url() + "/won"; }
  std::vector<int64_t> told() const {
    const std::lock_guard lock(mutex_);
    return told_;
  }
  /// Those that it noted and answered with an error: they come again.
  int64_t refused() const {
    const std::lock_guard lock(mutex_);
    return refused_;
  }

 private:
  void Answer(LoopbackServer::Connection& connection) {
    const std::string request = connection.ReadRequest();
    constexpr std::string_view kSeq = "\"seq\": ";
    const size_t at = request.find(kSeq);
    if (at == std::string::npos) return;
    bool refuse = false;
    {
      const std::lock_guard lock(mutex_);
      told_.push_back(std::stoll(request.substr(at + kSeq.size())));
      refuse = told_.size() % 11 == 3;
      if (refuse) ++refused_;
    }
    connection.Write(refuse ? "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n"
                            : "HTTP/1.1 204 No Content\r\n\r\n");
  }

  mutable std::mutex mutex_;
  std::vector<int64_t> told_;
  int64_t refused_ = 0;
  LoopbackServer server_{{[this](auto& connection) { Answer(connection); }},
                         LoopbackServer::Then::kRepeatLast};
};

/// A portal with a feed, and an example of docs/feed.md that reads it as the role `billing`, kept
/// running as systemd would.
struct ExampleWorld : World {
  ExampleWorld()
      : World({.seed = 54, .records = 400, .index_delay = "1s"},
              {.defaults = {{"feed", "{enabled: true, roles: [billing]}"}}}) {
    Sql("CREATE ROLE billing LOGIN");
    Load();
  }

  void Write(const std::filesystem::path& file, const std::string& language) {
    const auto blocks = BlocksOf(std::string(PROJECT_DIR) + "/docs/feed.md", language);
    REQUIRE(blocks.size() == 1);
    std::ofstream(file) << blocks[0];
  }
  void KeepRunning(std::vector<std::string> command,
                   std::map<std::string, std::string> environment) {
    environment.insert({{"PGHOST", database.socket_directory()},
                        {"PGPORT", std::to_string(database.port())},
                        {"PGDATABASE", kDatabase},
                        {"PGUSER", "billing"}});
    options_ = {.command = std::move(command), .environment = environment, .log = log()};
  }
  /// Starts it again where it has ended.
  void Look() {
    if (program_ && program_->running()) return;
    program_ = std::make_unique<Process>(options_);
    ++starts_;
  }
  void Kill() {
    program_->Kill();
    program_.reset();
  }
  std::string StandOf(const std::string& consumer) const {
    return Sql("SELECT seq FROM acme.feed_consumers WHERE name = '" + consumer + "'");
  }
  void AwaitStart(const std::string& consumer) {
    Await("the consumer", 60s, [&] {
      Look();
      return !StandOf(consumer).empty();
    });
  }
  void AwaitAll(const std::string& consumer) {
    Await("the consumer to have all", 120s, [&] {
      Look();
      return StandOf(consumer) == Sql("SELECT max(seq) FROM acme.changes");
    });
  }
  std::vector<int64_t> Numbers(const std::string& where) const {
    std::istringstream text(
        Sql("SELECT string_agg(seq::text, ' ' ORDER BY seq) FROM acme.changes WHERE " + where));
    std::vector<int64_t> numbers;
    for (int64_t number = 0; text >> number;) numbers.push_back(number);
    return numbers;
  }
  /// All that were to come came, in order where they came first, and few of them again.
  void ExpectAtLeastOnce(std::vector<int64_t> came, const std::vector<int64_t>& expected,
                         int64_t refused = 0) const {
    MESSAGE(expected.size() << " entries, " << came.size() << " times, " << starts_ << " starts");
    CHECK(static_cast<int64_t>(came.size() - expected.size()) <= kAtOnce * (starts_ - 1) + refused);
    std::vector<int64_t> first;
    for (const int64_t number : came) {
      if (first.empty() || number > first.back()) first.push_back(number);
    }
    CHECK(first == expected);
  }
  std::filesystem::path log() const { return directory_.path() / "log"; }
  const TempDirectory& directory() const { return directory_; }

 private:
  TempDirectory directory_{"example"};
  Process::Options options_;
  std::unique_ptr<Process> program_;
  int64_t starts_ = 0;
};

TEST_CASE_FIXTURE(ExampleWorld,
                  "feed examples: in Python, a service hears of each deal that is won, in order, "
                  "whatever ends the program") {
  Service service;
  Write(directory().path() / "won.py", "python");
  KeepRunning({PYTHON, (directory().path() / "won.py").string()}, {{"SERVICE", service.url()}});
  AwaitStart("billing");
  const std::string start = StandOf("billing");
  std::istringstream ids(
      Sql("SELECT string_agg(id::text, ' ') FROM (SELECT id FROM acme.deals_live WHERE dealstage IS"
          " DISTINCT FROM 'closedwon' ORDER BY id LIMIT 40) d"));

  int deals = 0;
  for (std::string id; ids >> id; ++deals) {
    portal.Mutate(R"({"kind":"update","object":"deals","id":")" + id +
                  R"(","properties":{"dealstage":"closedwon"}})");
    portal.Mutate(R"({"kind":"update","object":"contacts"})");
    if (deals % 5 == 4) std::this_thread::sleep_for(1s);
    if (deals % 10 == 9) Kill();
    Look();
  }
  ExpectEqual();
  AwaitAll("billing");

  const auto won = Numbers("seq > " + start +
                           " AND object = 'deals' AND op <> 'seen' AND after ->>"
                           " 'dealstage' = 'closedwon'");
  CHECK(won.size() >= 20);
  ExpectAtLeastOnce(service.told(), won, service.refused());
}

TEST_CASE_FIXTURE(
    ExampleWorld,
    "feed examples: in Node, a consumer has every entry, in order, whatever ends it") {
  const ProgramResult installed =
      RunProgram({std::string(PROJECT_DIR) + "/tests/support/npm_install.sh",
                  std::string(PROJECT_DIR) + "/tests/feed_examples", PACKAGES},
                 {}, 300s);
  REQUIRE_MESSAGE(installed.end.exit_code == 0, installed.output);
  const std::filesystem::path file = std::filesystem::path(PACKAGES) / "follow.mjs";
  Write(file, "js");
  KeepRunning({NODE, file.string()}, {});
  AwaitStart("search");
  const std::string start = StandOf("search");

  portal.StartScript(R"({"events":500,"seconds":12,"seed":5})");
  while (portal.script_running()) {
    std::this_thread::sleep_for(1500ms);
    Kill();
    Look();
  }
  ExpectEqual();
  AwaitAll("search");

  std::vector<int64_t> came;
  std::ifstream lines(log());
  for (std::string line; std::getline(lines, line);) {
    REQUIRE_MESSAGE(line.find_first_not_of("0123456789") == 15, line);
    came.push_back(std::stoll(line));
  }
  const auto entries = Numbers("seq > " + start);
  CHECK(entries.size() > 300);
  ExpectAtLeastOnce(std::move(came), entries);
}

}  // namespace
}  // namespace hubmirror::testing
