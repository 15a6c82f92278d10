#include "hubspot/record_writer.h"

#include <doctest/doctest.h>

#include "base/time_text.h"
#include "hubspot/auth/static_token.h"
#include "hubspot/scripted_transport.h"
#include "support/fake_clock.h"

namespace hubmirror {
namespace {

using namespace std::chrono_literals;
using Fate = WriteOutcome::Fate;
using testing::FakeClock;
using testing::ScriptedTransport;

/// One portal that is written to and whose HubSpot answers by script.
struct RecordWriterFixture {
  struct Exchanges final : ExchangeObserver {
    void OnExchange(const Exchange& exchange) override { all.push_back(exchange); }
    std::vector<Exchange> all;
  };

  ScriptedTransport hubspot;
  FakeClock clock;
  SourceClock source_clock;
  Exchanges exchanges;
  StaticToken token{[] { return Secret("pat-na1-x"); }};
  RecordWriter writer{"acme", "2026-09", Wire{hubspot, clock, source_clock}, token, exchanges};
  ObjectType contacts = *FindObjectType("contacts");

  static RecordUpdate Input(int64_t id, std::string city = "Ulm") {
    return {
        .id = {id}, .values = {{"city", std::move(city)}}, .trace_id = "t" + std::to_string(id)};
  }
  WriteAnswer Update(const std::vector<RecordUpdate>& inputs) {
    return writer.Update(contacts, inputs, clock.BootNow() + 20s);
  }
  /// What becomes of three inputs 1, 2 and 3 when HubSpot answers so.
  std::vector<Fate> Fates(int status, std::string body) {
    hubspot.Answer(status, std::move(body));
    return FatesOf(Update({Input(1), Input(2), Input(3)}));
  }
  static std::vector<Fate> FatesOf(const WriteAnswer& answer) {
    std::vector<Fate> fates;
    for (const WriteOutcome& outcome : answer.outcomes) fates.push_back(outcome.fate);
    return fates;
  }
};

constexpr Fate W = Fate::kWritten;
constexpr Fate R = Fate::kRefused;
constexpr Fate B = Fate::kReturned;
constexpr Fate U = Fate::kUnknown;

TEST_CASE_FIXTURE(RecordWriterFixture, "record writer: an update says what it is, and goes once") {
  hubspot.Answer(200,
                 R"({"status":"COMPLETE","results":[{"id":"1","properties":{"city":"Ulm"}}]})");

  const auto answer = writer.Update(
      contacts,
      {{.id = {1}, .values = {{"city", "Ulm \"a\""}, {"score", ""}}, .trace_id = "7.1"},
       {.id = {2}, .values = {{"city", "Bonn"}}, .trace_id = "8.1"}},
      clock.BootNow() + 20s);

  const ClientRequest request = hubspot.last();
  CHECK(request.target == "/crm/objects/2026-09/0-1/batch/update");
  CHECK(request.body == R"({"inputs":[{"id":"1","properties":{"city":"Ulm \"a\"","score":""},)"
                        R"("objectWriteTraceId":"7.1"},)"
                        R"({"id":"2","properties":{"city":"Bonn"},"objectWriteTraceId":"8.1"}]})");
  CHECK(request.content_type == "application/json");
  CHECK(request.bearer.Reveal() == "pat-na1-x");
  REQUIRE(request.once);
  CHECK(request.once->deadline == 100s);
  CHECK(request.once->leave_by == clock.BootNow() + 20s);
  CHECK(answer.times.date == *ParseRfc3339("2026-09-01T10:00:00Z"));
  REQUIRE(exchanges.all.size() == 1);
  CHECK(exchanges.all[0].endpoint == Endpoint::kBatchUpdate);
  CHECK_FALSE(exchanges.all[0].failure);
}

TEST_CASE_FIXTURE(RecordWriterFixture, "record writer: results are told apart by record id") {
  hubspot.Answer(200, R"({"status":"COMPLETE","results":[
      {"id":"2","properties":{"city":"Bonn","other":"x"},"updatedAt":"2026-09-01T10:00:01Z"},
      {"id":"1","properties":{"city":"ulm"},"updatedAt":"2026-09-01T10:00:02Z"}]})");

  const auto answer = Update({Input(1), Input(2, "Bonn")});

  REQUIRE(FatesOf(answer) == std::vector{W, W});
  CHECK(answer.outcomes[0].id == RecordId{1});
  CHECK(answer.outcomes[0].shown == std::vector<PropertyText>{{"city", "ulm"}});
  CHECK(answer.outcomes[0].updated_at == ParseRfc3339("2026-09-01T10:00:02Z"));
  CHECK(answer.outcomes[1].shown == std::vector<PropertyText>{{"city", "Bonn"}});
  CHECK_FALSE(answer.failure);
}

TEST_CASE_FIXTURE(RecordWriterFixture, "record writer: a trace id finds a record of another id") {
  hubspot.Answer(200, R"({"results":[{"id":"42","objectWriteTraceId":"t1","properties":{}}]})");

  const auto answer = Update({Input(1), Input(2)});

  CHECK(FatesOf(answer) == std::vector{W, U});
  CHECK(answer.outcomes[0].id == RecordId{42});
}

TEST_CASE_FIXTURE(RecordWriterFixture, "record writer: what is in neither list is unknown") {
  CHECK(Fates(200, R"({"results":[{"id":"2","properties":{}}]})") == std::vector{U, W, U});
  CHECK(Fates(200, R"({"results":[]})") == std::vector{U, U, U});
  CHECK(Fates(207, R"({"results":[{"id":"42","properties":{}},{"properties":{}}]})") ==
        std::vector{U, U, U});
  CHECK(Fates(207, R"({"results":[{"id":"1","objectWriteTraceId":"t9","properties":{}}]})") ==
        std::vector{U, U, U});
}

TEST_CASE_FIXTURE(RecordWriterFixture,
                  "record writer: told two things of an input, it knows none") {
  CHECK(Fates(207, R"({"results":[{"id":"1","properties":{}}],"errors":[
      {"category":"X","context":{"objectWriteTraceId":["t1"]}}]})") == std::vector{U, U, U});
}

TEST_CASE_FIXTURE(RecordWriterFixture, "record writer: a 207 names the inputs that were refused") {
  hubspot.Answer(
      207,
      R"({"status":"COMPLETE","results":[{"id":"2","properties":{}}],"numErrors":2,"errors":[
      {"status":"error","category":"VALIDATION_ERROR","message":"Property values were not valid: [{\"isValid\":false,\"message\":\"x was not one of the allowed options: [a]\",\"error\":\"INVALID_OPTION\",\"name\":\"city\"}]","context":{"objectWriteTraceId":["t1"]}},
      {"status":"error","category":"OBJECT_NOT_FOUND","message":"no","context":{"ids":["3"]}}]})",
      {{"X-HubSpot-Correlation-Id", "abc-1"}});

  const auto answer = Update({Input(1), Input(2), Input(3)});

  REQUIRE(FatesOf(answer) == std::vector{R, W, R});
  const WriteRefusal& refusal = *answer.outcomes[0].refusal;
  CHECK(refusal.status == 207);
  CHECK(refusal.category == "VALIDATION_ERROR");
  CHECK(refusal.code == "INVALID_OPTION");
  CHECK(refusal.property == "city");
  CHECK(refusal.message == "x was not one of the allowed options: [a]");
  CHECK(refusal.correlation_id == "abc-1");
  CHECK(answer.outcomes[2].refusal->category == "OBJECT_NOT_FOUND");
  CHECK_FALSE(answer.failure);
}

TEST_CASE_FIXTURE(
    RecordWriterFixture,
    "record writer: a batch refused for its content comes back, one input is refused") {
  const std::string body = R"({"status":"error","category":"VALIDATION_ERROR",
      "message":"Property values were not valid: nonsense","errors":[
      {"message":"m","code":"PROPERTY_DOESNT_EXIST","context":{"propertyName":["city"]}}]})";
  for (const int status : {400, 409, 413, 415, 422}) {
    CAPTURE(status);
    CHECK(Fates(status, body) == std::vector{B, B, B});

    hubspot.Answer(status, body);
    const auto answer = Update({Input(1)});
    REQUIRE(FatesOf(answer) == std::vector{R});
    CHECK(answer.outcomes[0].refusal->status == status);
    CHECK(answer.outcomes[0].refusal->code == "PROPERTY_DOESNT_EXIST");
    CHECK(answer.outcomes[0].refusal->property == "city");
    CHECK_FALSE(answer.failure);
    CHECK(exchanges.all.back().failure == ApiErrorKind::kBadRequest);
  }
  CHECK(Fates(404, R"({"category":"OBJECT_NOT_FOUND"})") == std::vector{B, B, B});
}

TEST_CASE_FIXTURE(RecordWriterFixture, "record writer: who may not write now has written nothing") {
  struct Line {
    int status;
    ApiErrorKind kind;
  };
  for (const Line& line :
       {Line{401, ApiErrorKind::kUnauthorized}, Line{403, ApiErrorKind::kForbidden},
        Line{423, ApiErrorKind::kLocked}, Line{429, ApiErrorKind::kBurstLimit},
        Line{477, ApiErrorKind::kMigrating}, Line{404, ApiErrorKind::kNotFound}}) {
    CAPTURE(line.status);
    hubspot.Answer(line.status, R"({"status":"error","category":"X"})");
    const auto answer = Update({Input(1)});
    CHECK(FatesOf(answer) == std::vector{B});
    REQUIRE(answer.failure);
    CHECK(answer.failure->kind == line.kind);
    CHECK(exchanges.all.back().failure == line.kind);
  }
}

TEST_CASE_FIXTURE(RecordWriterFixture, "record writer: after trouble, nobody knows what was done") {
  for (const int status : {500, 502, 503, 504, 520, 521, 522, 523, 524, 301, 408}) {
    CAPTURE(status);
    hubspot.Answer(status, "{}");
    const auto answer = Update({Input(1), Input(2)});
    CHECK(FatesOf(answer) == std::vector{U, U});
    CHECK(answer.failure);
  }
  CHECK(Fates(200, R"({"results":[{"id":"1","pro)") == std::vector{U, U, U});
  CHECK(Fates(200, R"({"what":1})") == std::vector{U, U, U});
  hubspot.AnswerWith(
      ClientAnswer{.status = 403, .headers = {{"Content-Type", "text/html"}}, .body = "<p>"});
  CHECK(FatesOf(Update({Input(1)})) == std::vector{U});
}

TEST_CASE_FIXTURE(RecordWriterFixture, "record writer: without an answer it counts what had left") {
  hubspot.AnswerWith(HttpFailure{.kind = HttpFailure::Kind::kConnect, .message = "refused"});
  CHECK(FatesOf(Update({Input(1)})) == std::vector{B});

  hubspot.AnswerWith(
      HttpFailure{.kind = HttpFailure::Kind::kConnect, .message = "closed", .left = true});
  const auto answer = Update({Input(1)});
  CHECK(FatesOf(answer) == std::vector{U});
  CHECK(answer.failure->kind == ApiErrorKind::kConnect);
  CHECK(exchanges.all.back().failure == ApiErrorKind::kConnect);
}

TEST_CASE_FIXTURE(RecordWriterFixture, "record writer: no error says the token") {
  hubspot.Answer(403, R"({"category":"X","message":"pat-na1-x may not"})");

  const auto answer = Update({Input(1)});

  CHECK(answer.failure->message.find("pat-na1-x") == std::string::npos);
}

}  // namespace
}  // namespace hubmirror
