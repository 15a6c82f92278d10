#include "control/control_message.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace hubmirror {
namespace {

TEST_CASE("control message: every verb survives the wire") {
  const std::vector<ControlRequest> requests = {
      {.verb = ControlVerb::kStatus},
      {.verb = ControlVerb::kPoll, .portal = "acme"},
      {.verb = ControlVerb::kPause, .portal = "acme", .object = "contacts"},
      {.verb = ControlVerb::kResume, .portal = "acme"},
      {.verb = ControlVerb::kBackfill, .portal = "acme", .object = "deals"},
      {.verb = ControlVerb::kResolve, .portal = "acme", .object = "deals", .accept = true},
      {.verb = ControlVerb::kRefresh, .portal = "acme", .object = "deals", .id = RecordId{42}},
      {.verb = ControlVerb::kSettle, .portal = "acme", .wait = std::chrono::seconds{90}},
      {.verb = ControlVerb::kPoll, .portal = "acme", .wait = std::chrono::seconds{5}},
      {.verb = ControlVerb::kVerify, .portal = "acme", .repair = true},
      {.verb = ControlVerb::kBackfill, .portal = "acme", .dry_run = true},
      {.verb = ControlVerb::kApplySchema, .portal = "acme", .object = "deals"},
      {.verb = ControlVerb::kReload},
  };
  for (const ControlRequest& request : requests) {
    CAPTURE(FormatControlRequest(request));
    const auto parsed = ParseControlRequest(FormatControlRequest(request));
    REQUIRE(parsed);
    CHECK(parsed->verb == request.verb);
    CHECK(parsed->portal == request.portal);
    CHECK(parsed->object == request.object);
    CHECK(parsed->id == request.id);
    CHECK(parsed->accept == request.accept);
    CHECK(parsed->repair == request.repair);
    CHECK(parsed->dry_run == request.dry_run);
    CHECK(parsed->wait == request.wait);
  }
}

TEST_CASE("control message: requests that make no sense are refused with a reason") {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"", "the request is not a JSON object"},
      {"[]", "the request is not a JSON object"},
      {"{\"verb\":\"poll\"", "the request is not a JSON object"},
      {"{\"verb\":\"poll\"} x", "the request is not a JSON object"},
      {"{}", "the request names no verb"},
      {"{\"verb\":7}", "the request names no verb"},
      {"{\"verb\":\"drop\"}", "the request names an unknown verb"},
      {"{\"verb\":\"poll\"}", "the request names no portal"},
      {"{\"verb\":\"poll\",\"portal\":\"\"}", "the request has an unknown or malformed member"},
      {"{\"verb\":\"poll\",\"portal\":\"a b\"}", "the request has an unknown or malformed member"},
      {"{\"verb\":\"poll\",\"portal\":\"a\\n\"}", "the request has an unknown or malformed member"},
      {"{\"verb\":\"poll\",\"portal\":\"a\",\"x\":1}",
       "the request has an unknown or malformed member"},
      {"{\"verb\":\"poll\",\"portal\":\"a\",\"accept\":true}", "only resolve takes accept"},
      {"{\"verb\":\"pause\",\"portal\":\"a\",\"wait_ms\":1}", "this verb takes no wait"},
      {"{\"verb\":\"pause\",\"portal\":\"a\",\"dry_run\":true}", "this verb takes no dry_run"},
      {"{\"verb\":\"settle\",\"portal\":\"a\",\"wait_ms\":-1}",
       "the request has an unknown or malformed member"},
      {"{\"verb\":\"settle\",\"portal\":\"a\",\"wait_ms\":9223372036854775807}",
       "the request has an unknown or malformed member"},
      {"{\"verb\":\"poll\",\"portal\":\"a\",\"id\":1}", "only refresh takes a record id"},
      {"{\"verb\":\"refresh\",\"portal\":\"a\",\"object\":\"deals\"}",
       "refresh needs an object and a record id"},
      {"{\"verb\":\"refresh\",\"portal\":\"a\",\"object\":\"deals\",\"id\":0}",
       "the request has an unknown or malformed member"},
      {"{\"verb\":\"refresh\",\"portal\":\"a\",\"object\":\"deals\",\"id\":\"1\"}",
       "the request has an unknown or malformed member"},
      {"{\"verb\":\"reload\",\"portal\":\"a\"}", "status and reload take no portal"},
      {"{\"verb\":\"status\",\"object\":\"deals\"}", "status and reload take no portal"},
  };
  for (const auto& [line, reason] : cases) {
    CAPTURE(line);
    const auto parsed = ParseControlRequest(line);
    REQUIRE_FALSE(parsed);
    CHECK(parsed.error() == reason);
  }
}

TEST_CASE("control message: hostile bytes are refused, never fatal") {
  const std::vector<std::string> hostile = {
      std::string(65536, '['),
      std::string(65536, '{'),
      "{\"verb\":" + std::string(60000, '['),
      std::string(1000, '\0'),
      "{\"verb\":\"poll\",\"portal\":\"\xff\xfe\"}",
      "{\"verb\":\"poll\",\"portal\":\"\\ud800\"}",
      "{\"verb\":\"poll\",\"portal\":\"" + std::string(121, 'a') + "\"}",
      "{\"verb\":\"refresh\",\"portal\":\"a\",\"object\":\"b\",\"id\":1e400}",
  };
  for (const std::string& line : hostile) CHECK_FALSE(ParseControlRequest(line));
}

TEST_CASE("control message: a result carries its code, its words and its next step") {
  const std::string line =
      FormatResult({ControlCode::kTryLater, "not \"now\"\nor then", "ask again"});

  CHECK(line.find('\n') == line.size() - 1);
  const auto parsed = ParseControlLine(line);
  REQUIRE(parsed);
  REQUIRE(parsed->result);
  CHECK(parsed->result->code == ControlCode::kTryLater);
  CHECK(parsed->result->message == "not \"now\"\nor then");
  CHECK(parsed->result->next == "ask again");
  CHECK(parsed->status.empty());
}

TEST_CASE("control message: a status document comes through as it was") {
  const auto parsed =
      ParseControlLine(FormatResult({}, {"status", R"({"portals":{"acme":{"rows":12.5}}})"}));
  REQUIRE(parsed);
  CHECK(parsed->status == R"({"portals":{"acme":{"rows":12.5}}})");
}

TEST_CASE("control message: progress is told from a result") {
  OperationProgress progress;
  progress.jobs_left = 3;
  progress.pending = 12;

  const auto parsed = ParseControlLine(FormatProgress(progress));

  REQUIRE(parsed);
  CHECK_FALSE(parsed->result);
  REQUIRE(parsed->progress);
  CHECK(parsed->progress->jobs_left == 3);
  CHECK(parsed->progress->pending == 12);
}

TEST_CASE("control message: an answer that is neither is an error") {
  CHECK_FALSE(ParseControlLine("{}"));
  CHECK_FALSE(ParseControlLine("HTTP/1.1 400 Bad Request"));
  CHECK_FALSE(ParseControlLine("{\"code\":\"0\"}"));
}

}  // namespace
}  // namespace hubmirror
