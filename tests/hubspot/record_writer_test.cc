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

  static WriteInput Input(int64_t id, std::string city = "Ulm") {
    return {
        .id = {id}, .values = {{"city", std::move(city)}}, .trace_id = "t" + std::to_string(id)};
  }
  static WriteInput New(std::string email) {
    return {.id = {},
            .values = {{"email", email}},
            .trace_id = "t" + email,
            .unique = {"email", email}};
  }
  WriteAnswer Update(const std::vector<WriteInput>& inputs) {
    return writer.Write(WriteOp::kUpdate, contacts, inputs, clock.BootNow() + 20s);
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

  const auto answer = writer.Write(
      WriteOp::kUpdate, contacts,
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
  CHECK(exchanges.all[0].endpoint == Endpoint::kBatchWrite);
  CHECK_FALSE(exchanges.all[0].failure);
}

TEST_CASE_FIXTURE(RecordWriterFixture, "record writer: a create names no record") {
  hubspot.Answer(201, R"({"results":[]})");

  writer.Write(WriteOp::kCreate, contacts, {New("a@x.de")}, clock.BootNow() + 20s);

  CHECK(hubspot.last().target == "/crm/objects/2026-09/0-1/batch/create");
  CHECK(hubspot.last().body == R"({"inputs":[{"properties":{"email":"a@x.de"},"associations":[],)"
                               R"("objectWriteTraceId":"ta@x.de"}]})");
  CHECK(exchanges.all[0].endpoint == Endpoint::kBatchWrite);
}

TEST_CASE_FIXTURE(RecordWriterFixture,
                  "record writer: new records are told apart by trace id, else by a unique value") {
  const std::vector<WriteInput> inputs = {New("A@x.de"), New("b@x.de"), New("c@x.de")};
  const auto create = [&](const std::string& results) {
    hubspot.Answer(201, R"({"results":[)" + results + "]}");
    return writer.Write(WriteOp::kCreate, contacts, inputs, clock.BootNow() + 20s);
  };
  auto answer = create(R"({"id":"12","properties":{"email":"b@x.de"}},
                          {"id":"11","properties":{"email":"a@x.de"}})");
  CHECK(FatesOf(answer) == std::vector{W, W, U});
  CHECK(answer.outcomes[0].id == RecordId{11});
  CHECK(answer.outcomes[1].id == RecordId{12});

  answer = create(R"({"id":"13","objectWriteTraceId":"tc@x.de","properties":{"email":"a@x.de"}},
                     {"id":"14","objectWriteTraceId":"other","properties":{"email":"b@x.de"}},
                     {"id":"15","properties":{}})");
  CHECK(FatesOf(answer) == std::vector{U, U, W});
  CHECK(answer.outcomes[2].id == RecordId{13});
}

TEST_CASE_FIXTURE(RecordWriterFixture,
                  "record writer: the one result of the one new record is its own") {
  const auto create = [&](const std::string& results) {
    hubspot.Answer(201, R"({"results":[)" + results + "]}");
    return writer.Write(WriteOp::kCreate, contacts,
                        {{.id = {}, .values = {{"city", "Ulm"}}, .trace_id = "t"}},
                        clock.BootNow() + 20s);
  };
  const auto answer = create(R"({"id":"12","properties":{}})");
  CHECK(FatesOf(answer) == std::vector{W});
  CHECK(answer.outcomes[0].id == RecordId{12});
  CHECK(FatesOf(create(R"({"id":"12","properties":{}},{"id":"13","properties":{}})")) ==
        std::vector{U});
  CHECK(FatesOf(create(R"({"id":"12","objectWriteTraceId":"x","properties":{}})")) ==
        std::vector{U});
}

TEST_CASE_FIXTURE(RecordWriterFixture, "record writer: an upsert names records by a unique value") {
  hubspot.Answer(200, R"({"results":[{"id":"12","new":true,"properties":{"email":"b@x.de"}},
                                     {"id":"11","new":false,"properties":{"email":"a@x.de"}}]})");
  const auto input = [](std::string email) {
    return WriteInput{
        .id = {}, .values = {{"city", "Ulm"}}, .trace_id = "t" + email, .unique = {"email", email}};
  };

  const auto answer = writer.Write(WriteOp::kUpsert, contacts, {input("A@x.de"), input("b@x.de")},
                                   clock.BootNow() + 20s);

  CHECK(hubspot.last().target == "/crm/objects/2026-09/0-1/batch/upsert");
  CHECK(hubspot.last().body ==
        R"({"inputs":[{"id":"A@x.de","idProperty":"email","properties":{"city":"Ulm"},)"
        R"("objectWriteTraceId":"tA@x.de"},{"id":"b@x.de","idProperty":"email",)"
        R"("properties":{"city":"Ulm"},"objectWriteTraceId":"tb@x.de"}]})");
  REQUIRE(FatesOf(answer) == std::vector{W, W});
  CHECK(answer.outcomes[0].id == RecordId{11});
  CHECK(answer.outcomes[1].id == RecordId{12});
}

TEST_CASE_FIXTURE(RecordWriterFixture, "record writer: an archive is answered by nothing") {
  const auto archive = [&](int status, std::string body) {
    hubspot.Answer(status, std::move(body));
    return FatesOf(writer.Write(WriteOp::kArchive, contacts, {{.id = {1}}, {.id = {2}}},
                                clock.BootNow() + 20s));
  };
  CHECK(archive(204, "") == std::vector{W, W});
  CHECK(hubspot.last().target == "/crm/objects/2026-09/0-1/batch/archive");
  CHECK(hubspot.last().body == R"({"inputs":[{"id":"1"},{"id":"2"}]})");
  // As HubSpot sends it: without a word on its type.
  hubspot.AnswerWith(ClientAnswer{.status = 204, .headers = {}, .body = ""});
  CHECK(FatesOf(writer.Write(WriteOp::kArchive, contacts, {{.id = {1}}}, clock.BootNow() + 20s)) ==
        std::vector{W});
  hubspot.AnswerWith(ClientAnswer{.status = 204, .headers = {}, .body = ""});
  CHECK(FatesOf(Update({Input(1)})) == std::vector{U});
  CHECK(archive(207, R"({"results":[],"errors":[{"category":"OBJECT_NOT_FOUND",)"
                     R"("context":{"ids":["2"]}}]})") == std::vector{U, R});
  CHECK(archive(502, "<html>") == std::vector{U, U});
}

TEST_CASE_FIXTURE(RecordWriterFixture,
                  "record writer: a refusal tells which record is in the way") {
  hubspot.Answer(409, R"({"status":"error","category":"CONFLICT",)"
                      R"("message":"Contact already exists. Existing ID: 4711"})");

  const auto answer =
      writer.Write(WriteOp::kCreate, contacts, {New("a@x.de")}, clock.BootNow() + 20s);

  REQUIRE(FatesOf(answer) == std::vector{R});
  CHECK(answer.outcomes[0].refusal->existing == RecordId{4711});
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

TEST_CASE_FIXTURE(RecordWriterFixture, "record writer: links go by pairs, in four ways") {
  const LinkPair pair{contacts, *FindObjectType("companies")};
  const LinkType primary{"HUBSPOT_DEFINED", 1, "Primary"};
  const auto sent = [&](LinkDeed deed, std::vector<LinkType> types) {
    hubspot.Answer(204, "");
    const auto answer =
        writer.WriteLinks(deed, pair, {{{17}, {9}, std::move(types)}}, clock.BootNow() + 20s);
    CHECK(FatesOf(answer) == std::vector{W});
    REQUIRE(hubspot.last().once);
    return hubspot.last().target + " " + hubspot.last().body;
  };
  const std::string path = "/crm/associations/2026-09/0-1/0-2/batch/";
  const std::string types = R"("types":[{"associationCategory":"HUBSPOT_DEFINED",)"
                            R"("associationTypeId":1}]}]})";
  CHECK(sent(LinkDeed::kLink, {}) ==
        path + R"(associate/default {"inputs":[{"from":{"id":"17"},"to":{"id":"9"}}]})");
  CHECK(sent(LinkDeed::kLabel, {primary}) ==
        path + R"(create {"inputs":[{"from":{"id":"17"},"to":{"id":"9"},)" + types);
  CHECK(sent(LinkDeed::kUnlabel, {primary}) ==
        path + R"(labels/archive {"inputs":[{"from":{"id":"17"},"to":{"id":"9"},)" + types);
  CHECK(sent(LinkDeed::kUnlink, {}) ==
        path + R"(archive {"inputs":[{"from":{"id":"17"},"to":[{"id":"9"}]}]})");
  CHECK(exchanges.all[0].endpoint == Endpoint::kLinkWrite);
  CHECK(LaneOf(Endpoint::kLinkWrite) == Lane::kAssociations);
}

TEST_CASE_FIXTURE(RecordWriterFixture, "record writer: links are told apart by their two ends") {
  const LinkPair pair{contacts, *FindObjectType("companies")};
  const auto fates = [&](int status, std::string body) {
    hubspot.Answer(status, std::move(body));
    return FatesOf(writer.WriteLinks(LinkDeed::kLink, pair, {{{1}, {9}}, {{2}, {9}}, {{3}, {9}}},
                                     clock.BootNow() + 20s));
  };
  CHECK(fates(200, R"({"status":"COMPLETE","results":[]})") == std::vector{W, W, W});
  const std::string one = R"({"fromObjectId":1,"toObjectId":"9","labels":[]})";
  CHECK(fates(200, R"({"results":[)" + one + "]}") == std::vector{W, B, B});
  CHECK(fates(207, R"({"results":[)" + one +
                       R"(],"errors":[{"category":"OBJECT_NOT_FOUND","context":{)"
                       R"("fromObjectId":["2"],"toObjectId":["9"]}}]})") == std::vector{W, R, B});
  CHECK(fates(207, R"({"errors":[{"category":"VALIDATION_ERROR"}]})") == std::vector{B, B, B});
  CHECK(fates(502, "") == std::vector{U, U, U});
  CHECK(fates(400, R"({"category":"VALIDATION_ERROR","message":"no"})") == std::vector{B, B, B});
  CHECK(fates(200, "not json") == std::vector{U, U, U});
}

}  // namespace
}  // namespace hubmirror
