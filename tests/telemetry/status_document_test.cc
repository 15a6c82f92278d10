#include "telemetry/page/status_document.h"

#include <doctest/doctest.h>
#include <rapidjson/document.h>
#include <rapidjson/schema.h>
#include <rapidjson/stringbuffer.h>

#include <string>

#include "support/hostile_text.h"
#include "telemetry/golden_file.h"
#include "telemetry/samples.h"

namespace hubmirror {
namespace {

using namespace std::chrono_literals;

/// Readers must accept fields they do not know; for the test every field must be described.
void ForbidUndescribedFields(rapidjson::Value& node, rapidjson::Document& schema) {
  if (!node.IsObject()) return;
  // By count: RapidJSON's iterators compare ambiguously in C++20.
  auto member = node.MemberBegin();
  for (rapidjson::SizeType i = 0; i < node.MemberCount(); ++i, ++member) {
    ForbidUndescribedFields(member->value, schema);
  }
  if (node.HasMember("properties") && !node.HasMember("additionalProperties")) {
    node.AddMember("additionalProperties", false, schema.GetAllocator());
  }
}

/// What of the document the published schema does not allow; empty when it fits. `definition`: the
/// part of the schema it must fit, or empty for the whole.
std::string Violation(const std::string& document, const std::string& definition = "") {
  rapidjson::Document schema;
  schema.Parse(ReadProjectFile("docs/status.schema.json"));
  REQUIRE_FALSE(schema.HasParseError());
  ForbidUndescribedFields(schema, schema);
  if (!definition.empty()) {
    for (const char* const word : {"type", "required", "properties", "additionalProperties"}) {
      schema.RemoveMember(word);
    }
    rapidjson::Value reference("#/definitions/" + definition, schema.GetAllocator());
    rapidjson::Value whole(rapidjson::kArrayType);
    rapidjson::Value part(rapidjson::kObjectType);
    part.AddMember("$ref", reference, schema.GetAllocator());
    whole.PushBack(part, schema.GetAllocator());
    schema.AddMember("allOf", whole, schema.GetAllocator());
  }
  const rapidjson::SchemaDocument compiled(schema);
  rapidjson::SchemaValidator validator(compiled);
  rapidjson::Document parsed;
  parsed.Parse(document);
  if (parsed.HasParseError()) return "not JSON";
  if (parsed.Accept(validator)) return "";
  rapidjson::StringBuffer where;
  validator.GetInvalidDocumentPointer().StringifyUriFragment(where);
  return std::string(validator.GetInvalidSchemaKeyword()) + " at " + where.GetString();
}

rapidjson::Document Parsed(const std::string& document) {
  rapidjson::Document parsed;
  parsed.Parse(document);
  REQUIRE_FALSE(parsed.HasParseError());
  return parsed;
}

bool CaughtUp(const StatusSnapshot& snapshot, std::optional<TimePoint> since = std::nullopt) {
  const auto document = Parsed(StatusDocument(snapshot, since));
  return document["portals"]["acme"]["streams"]["deals"]["caught_up"].GetBool();
}

}  // namespace

TEST_CASE("status document: it fits its published schema, field by field") {
  StatusSnapshot snapshot = HealthySnapshot();
  StreamStatus& loading = snapshot.portals["acme"].streams["contacts"].status;
  loading.state = StreamState::kBackfilling;
  loading.watermark.reset();
  loading.load_running = true;
  loading.load_done = 1000;
  loading.load_expected = 46000;
  loading.load_eta = 125s;
  loading.jobs[JobKind::kSweep].last_error = "HTTP 500";
  loading.jobs[JobKind::kSweep].last_error_at = kNow - 1min;
  snapshot.portals["empty"];
  FeedStatus& feed = snapshot.portals["acme"].status.feed.emplace();
  feed.consumers = {{.name = "billing", .waits_since = kNow}, {.name = "old", .lost = true}};
  feed.webhooks = {{.name = "won", .seq = 7, .delivered_at = kNow},
                   {.name = "ill", .failing = true, .reason = "it answered HTTP 503"},
                   {.name = "gone", .stopped = true, .dead = 2},
                   {.name = "slow", .lost = true, .waits_since = kNow}};
  snapshot.portals["acme"].status.write = WriteStatus{
      .objects = {{.object = "contacts", .rows = {{"queued", 3}}, .oldest_queued_at = kNow},
                  {.object = "deals", .holds = {{.reason = "mass", .message = "too many"}}}}};

  CHECK(Violation(StatusDocument(snapshot, std::nullopt)) == "");
  CHECK(Violation(StatusDocument(StatusSnapshot{}, std::nullopt)) == "");
  CHECK(Violation(*PortalDocument(snapshot, "acme", std::nullopt), "portal") == "");
}

TEST_CASE("status document: the schema does refuse what is not described") {
  CHECK(Violation(R"({"portals":{}})") != "");
  CHECK(Violation(*PortalDocument(HealthySnapshot(), "acme", std::nullopt)) != "");
}

TEST_CASE("status document: it carries what a check from outside relies on") {
  StatusSnapshot snapshot = HealthySnapshot();
  StreamSnapshot& deals = snapshot.portals["acme"].streams["deals"];
  deals.status.state = StreamState::kFailing;
  deals.status.reason = "api";
  deals.status.message = "HubSpot answers 502; tried again";
  deals.status.pending = 4;
  deals.status.load_done = 7;
  deals.status.load_expected = 9;
  deals.status.jobs[JobKind::kChanges].last_error = "HTTP 502";

  const auto document = Parsed(StatusDocument(snapshot, std::nullopt));

  const auto& stream = document["portals"]["acme"]["streams"]["deals"];
  CHECK(stream["state"].GetString() == std::string("failing"));
  CHECK(stream["reason"].GetString() == std::string("api"));
  CHECK(stream["message"].GetString() == std::string("HubSpot answers 502; tried again"));
  CHECK(stream["caught_up"].GetBool() == false);
  CHECK(stream["rows"].GetInt64() == 1200);
  CHECK(stream["pending"].GetInt64() == 4);
  CHECK(stream["verified_until"].GetString() == std::string("2026-03-01T11:59:48.000Z"));
  CHECK(stream["age_s"].GetInt64() == 12);
  CHECK(stream["freshness_target_s"].GetInt64() == 300);
  CHECK(stream["backfill"]["done"].GetInt64() == 7);
  CHECK(stream["backfill"]["expected"].GetInt64() == 9);
  CHECK(stream["backfill"]["eta_s"].IsNull());
  CHECK(stream["jobs"]["changes"]["last_error"].GetString() == std::string("HTTP 502"));
  CHECK(stream["jobs"]["changes"]["next_at"].GetString() ==
        std::string("2026-03-01T12:01:00.000Z"));
  CHECK(stream["jobs"]["sweep"]["last_complete_at"].IsNull());
  const auto& portal = document["portals"]["acme"];
  CHECK(portal["portal_id"].GetInt64() == 1234567);
  CHECK(portal["auth_valid"].GetBool() == true);
  CHECK(portal["quota"]["daily"]["share"].GetInt64() == 325000);
  CHECK(portal["quota"]["daily"]["used_by_others"].GetInt64() == 45800);
}

TEST_CASE("caught up: the last poll drained and nothing pending") {
  StatusSnapshot snapshot = HealthySnapshot();
  StreamSnapshot& deals = snapshot.portals["acme"].streams["deals"];
  CHECK(CaughtUp(snapshot));

  SUBCASE("not while ids wait for resolve") {
    deals.status.pending = 1;
  }
  SUBCASE("not while a full load runs") {
    deals.status.load_running = true;
  }
  SUBCASE("not before a poll was drained") {
    deals.status.watermark.reset();
  }
  SUBCASE("not when the last poll failed") {
    deals.last_poll_failed = true;
  }

  CHECK_FALSE(CaughtUp(snapshot));
}

TEST_CASE("caught up: since asks for a watermark that is not older") {
  const StatusSnapshot snapshot = HealthySnapshot();

  CHECK(CaughtUp(snapshot, kNow - 13s));
  CHECK(CaughtUp(snapshot, kNow - 12s));
  CHECK_FALSE(CaughtUp(snapshot, kNow - 11s));
}

TEST_CASE("status document: a watermark ahead of our clock has age 0") {
  StatusSnapshot snapshot = HealthySnapshot();
  snapshot.portals["acme"].streams["deals"].status = CurrentStream(-5s);

  const auto document = Parsed(StatusDocument(snapshot, std::nullopt));

  CHECK(document["portals"]["acme"]["streams"]["deals"]["age_s"].GetInt64() == 0);
}

TEST_CASE("status document: broken UTF-8 and quotes do not break the document") {
  StatusSnapshot snapshot = HealthySnapshot();
  snapshot.portals["acme"].status.message = "bad \xFF byte, \"quote\" and \n newline";

  const auto document = Parsed(StatusDocument(snapshot, std::nullopt));

  CHECK(document["portals"]["acme"]["message"].GetString() ==
        std::string("bad \xEF\xBF\xBD byte, \"quote\" and \n newline"));
}

TEST_CASE("status document: what a terminal would obey stands there as an escape") {
  StatusSnapshot snapshot = HealthySnapshot();
  const std::string message = "a\u202eb\u009bc\x7f";
  snapshot.portals["acme"].status.message = message;
  snapshot.portals["acme"].status.warnings = {HostileText()};
  snapshot.portals["acme"].streams[HostileText()] = {.status = CurrentStream(), .reported = true};

  const std::string document = StatusDocument(snapshot, std::nullopt);

  CHECK(ObeyedIn(document) == "");
  CHECK(Parsed(document)["portals"]["acme"]["message"].GetString() == message);
}

TEST_CASE("portal document: an unknown portal has none") {
  CHECK_FALSE(PortalDocument(HealthySnapshot(), "globex", std::nullopt).has_value());
}

}  // namespace hubmirror
