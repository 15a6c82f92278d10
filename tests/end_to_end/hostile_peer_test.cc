// Peers that send without an end, to the daemon and to a verb: the transport's own tests prove the
// bounds, these that nothing around it takes them away.

#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "support/await.h"
#include "support/loopback_server.h"
#include "world.h"

namespace hubmirror::testing {
namespace {

using namespace std::chrono_literals;

constexpr auto kRequestLimit = 5s;
constexpr int64_t kMemoryLimit = 150'000'000;
const std::string kHead = "HTTP/1.1 200 OK\r\n";
const std::string kChunked = kHead + "Transfer-Encoding: chunked\r\n\r\n";

struct Row {
  std::string key;    ///< of the portal that meets it; its token ends with it
  std::string words;  ///< what is said of it
  std::string begin;  ///< sent once
  std::string again;  ///< sent for ever
  std::chrono::milliseconds pause = 0ms;
};

const std::vector<Row>& Rows() {
  static const std::vector<Row> rows = {
      {"long_status_line", "a line of it is longer than",
       "HTTP/1.1 200 " + std::string(50'000, 'x') + "\r\n", ""},
      {"endless_status_line", "a line of it is longer than", "HTTP/1.1 200 ",
       std::string(65'536, 'x')},
      {"endless_header_line", "a line of it is longer than",
       kHead + "X: ", std::string(65'536, 'x')},
      {"endless_header", "its header is longer than", kHead,
       "X: " + std::string(4000, 'x') + "\r\n"},
      {"endless_short_fields", "its header has more than", kHead, "X: y\r\n"},
      {"endless_interim_answers", "interim answers", "", "HTTP/1.1 100 Continue\r\n\r\n"},
      {"endless_chunk_extension", "a line of it is longer than", kChunked + "5;",
       std::string(65'536, 'x')},
      {"endless_trailers", "its header has more than", kChunked + "0\r\n", "X: y\r\n"},
      {"endless_body", "the answer is larger than", kHead + "\r\n", std::string(65'536, 'x')},
      {"byte_now_and_then", "limits.request", kHead + "X: ", "x", 100ms},
      {"other_protocol", "does not begin with a status line", "SSH-2.0-OpenSSH_9.2\r\n", ""},
  };
  return rows;
}

std::string TokenOf(const Row& row) {
  return "pat-na1-" + row.key;
}

/// Sends the row that the token asks for until the client has had enough.
void Misbehave(LoopbackServer::Connection& connection) {
  const std::string request = connection.ReadRequest();
  for (const Row& row : Rows()) {
    if (request.find("Bearer " + TokenOf(row) + "\r\n") == std::string::npos) continue;
    connection.Write(row.begin);
    std::string piece = row.again;
    // Pieces that a system call is worth, but for a row that is about waiting.
    while (row.pause == 0ms && !piece.empty() && piece.size() < 60'000) piece += piece;
    while (!piece.empty() && connection.Write(piece)) std::this_thread::sleep_for(row.pause);
    connection.WaitForClose();
  }
}

/// One portal per row, so that one daemon meets all of them at once.
DaemonSettings OnePortalPerRow(const LoopbackServer& server) {
  DaemonSettings settings;
  settings.base_url = server.url();
  settings.dsn = "dbname=none";
  settings.limits = "{shutdown: 20s, request: " + std::to_string(kRequestLimit.count()) + "s}";
  settings.portals.clear();
  for (const Row& row : Rows()) {
    settings.portals.push_back({.key = row.key,
                                .portal_id = static_cast<int64_t>(settings.portals.size()) + 1,
                                .schema = row.key,
                                .token = TokenOf(row),
                                .objects = {"contacts"}});
  }
  return settings;
}

TEST_CASE("hostile peer: the daemon stays up, stays small and says what it met") {
  const LoopbackServer server({Misbehave}, LoopbackServer::Then::kRepeatLast);
  DaemonSettings settings = OnePortalPerRow(server);
  settings.dsn.clear();  // That of the world's database.
  World world({}, settings);
  world.daemon.Start();

  for (const Row& row : Rows()) {
    CAPTURE(row.key);
    std::string message;
    const bool said = Happens(20s, [&] {
      const auto stream = world.daemon.Stream(row.key, "contacts");
      message = stream.Text("message");
      return stream.Text("state") == "failing" && message.find(row.words) != std::string::npos;
    });
    CAPTURE(message);
    CHECK(said);
    CHECK(message.size() < 400);
    CHECK(message.find("xxxx") == std::string::npos);
  }
  CHECK(world.daemon.running());
  CHECK(world.daemon.process().PeakMemoryBytes() < kMemoryLimit);
  CHECK(world.daemon.Terminate() == ProcessEnd{.exit_code = 0});
}

TEST_CASE("hostile peer: a verb ends in time, with a next step") {
  const LoopbackServer server({Misbehave}, LoopbackServer::Then::kRepeatLast);
  const DaemonProcess unstarted(OnePortalPerRow(server));

  for (const Row& row : Rows()) {
    CAPTURE(row.key);
    const auto begin = std::chrono::steady_clock::now();
    // Without a configuration the limit is the default, which only a peer that waits reaches.
    const ProgramResult result =
        row.pause > 0ms
            ? unstarted.Cli({"portal", "test", row.key}, 60s)
            : unstarted.Cli(
                  {"portal", "test", "--base-url", server.url(), "--token",
                   "file:" + (unstarted.secret_directory() / (row.key + ".token")).string()},
                  60s);
    const auto took = std::chrono::steady_clock::now() - begin;
    CAPTURE(result.output);
    // HubSpot was not reached; what it says is too large until somebody raises the limit.
    const int exit_code = row.key == "endless_body" ? 1 : 69;
    CHECK(result.end == ProcessEnd{.exit_code = exit_code});
    CHECK(result.output.find(row.words) != std::string::npos);
    CHECK(result.output.find("Next: ") != std::string::npos);
    CHECK(took < kRequestLimit + 5s);
  }
}

}  // namespace
}  // namespace hubmirror::testing
