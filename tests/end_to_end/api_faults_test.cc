// What HubSpot, or a machine on the way to it, may answer: each fault that docs/reliability.md
// numbers and no other program meets. The cases share one mirror, which each leaves equal.

#include <doctest/doctest.h>
#include <zlib.h>

#include <atomic>
#include <string>
#include <utility>
#include <vector>

#include "faulty_world.h"
#include "support/await.h"

namespace hubmirror::testing {
namespace {

using namespace std::chrono_literals;

constexpr int64_t kMemoryLimit = 200'000'000;

/// `"results":[{...` -> where the first result begins and ends.
std::pair<size_t, size_t> FirstResult(const std::string& body) {
  const std::string open = "\"results\":[{";
  size_t at = body.find(open);
  if (at == std::string::npos) return {0, 0};
  const size_t begin = at + open.size() - 1;
  int depth = 0;
  bool quoted = false;
  for (size_t i = begin; i < body.size(); ++i) {
    if (quoted) {
      if (body[i] == '\\')
        ++i;
      else if (body[i] == '"')
        quoted = false;
      continue;
    }
    if (body[i] == '"') quoted = true;
    if (body[i] == '{') ++depth;
    if (body[i] == '}' && --depth == 0) return {begin, i + 1};
  }
  return {0, 0};
}

void ReplaceAll(std::string& text, const std::string& from, const std::string& to) {
  for (size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
}

bool OfRecords(const HttpProxy::Asked& asked) {
  return asked.path.find("/crm/objects/") != std::string::npos;
}

TEST_CASE("fault 1: truncated JSON is an answer that did not come") {
  FaultyWorld& faulty = FaultyWorld::OfThisProgram();
  // Of the length that it says, so that only its end tells.
  faulty.proxy.Set([](const HttpProxy::Asked& asked, HttpProxy::Answer& answer) {
    if (OfRecords(asked)) answer.body.resize(answer.body.size() / 2);
  });
  faulty.Change();
  faulty.ExpectSaid("failing", "cannot be read");
  faulty.proxy.Set([struck = 0](const HttpProxy::Asked& asked, HttpProxy::Answer& answer) mutable {
    if (OfRecords(asked) && ++struck % 3 == 0) answer.body.resize(answer.body.size() - 1);
  });
  faulty.Change();
  faulty.ExpectNothingLost();
}

TEST_CASE("fault 2: a page of HTML with 200 is no answer") {
  FaultyWorld& faulty = FaultyWorld::OfThisProgram();
  faulty.proxy.Set([](const HttpProxy::Asked& asked, HttpProxy::Answer& answer) {
    if (!OfRecords(asked)) return;
    answer.headers["content-type"] = "text/html";
    answer.body = "<!DOCTYPE html><html><body>We will be back soon</body></html>";
  });
  faulty.Change();
  faulty.ExpectSaid("failing", "an answer without JSON where JSON was due");
  faulty.ExpectNothingLost();
}

TEST_CASE("fault 3: whatever Retry-After says, a 429 or 503 is waited for a moment") {
  FaultyWorld& faulty = FaultyWorld::OfThisProgram();
  const auto strike = [&](int status, const std::string& retry_after) {
    faulty.Strike(
        status == 429
            ? R"({"match":"/crm/objects/*/search","kind":"throttle","count":2})"
            : R"({"match":"/crm/objects/*/search","kind":"status","status":503,"count":1})");
    faulty.proxy.Set([=](const HttpProxy::Asked&, HttpProxy::Answer& answer) {
      if (answer.status != status) return;
      answer.headers.erase("retry-after");
      if (!retry_after.empty()) answer.headers["retry-after"] = retry_after;
    });
  };
  for (const int status : {429, 503}) {
    for (const char* form :
         {"1", "Thu, 01 Jan 1970 00:00:00 GMT", "-5", "", "soon", "1e3", "99999999999999999999"}) {
      CAPTURE(status);
      CAPTURE(form);
      strike(status, form);
      faulty.ExpectOneToArrive(40s);
    }
  }
  faulty.ExpectNothingLost();
}

TEST_CASE("fault 4: bursts of 500, 502, 503, 504, 522 and 524 are asked again") {
  FaultyWorld& faulty = FaultyWorld::OfThisProgram();
  std::string faults;
  for (const char* status : {"500", "502", "503", "504", "522", "524"}) {
    faults += std::string(faults.empty() ? "" : ",") +
              R"({"match":"/crm/*","kind":"status","chance":0.5,"count":3,"status":)" + status +
              "}";
  }
  faulty.Strike(faults);
  faulty.Change();
  CHECK(faulty.world.daemon.Cli({"backfill", "acme"}).end.exit_code == 0);
  faulty.Change();
  faulty.ExpectNothingLost();
}

TEST_CASE("fault 5: a 401 in the middle of a list, from one server of many, ends nothing") {
  FaultyWorld& faulty = FaultyWorld::OfThisProgram();
  faulty.Strike(R"({"match":"/crm/objects/*/0-1","method":"GET","kind":"unauthorized","count":1,
    "after":2})");
  CHECK(faulty.world.daemon.Cli({"backfill", "acme/contacts", "--wait", "60s"}).end.exit_code == 0);
  CHECK(faulty.world.portal.Requests("list", 401) == 1);
  CHECK(faulty.world.daemon.Log().find("blocked/auth") == std::string::npos);
  faulty.Change();
  faulty.ExpectNothingLost();
}

TEST_CASE("fault 8: more than 10,000 changes on one millisecond all arrive") {
  World world({.scenario_json = R"({"portals":[{"portal_id":1234567,"seed":801,"limits":false,
                "objects":{"contacts":10600},"tokens":[{"token":"pat-na1-simulated-token"}]}]})"},
              [] {
                DaemonSettings settings;
                settings.portals[0].objects = {"contacts"};
                return settings;
              }());
  world.Load();
  world.portal.Control("mutate", R"({"object":"contacts","kind":"import","count":10300,
    "properties":{"city":"Imported"}})");
  // By search alone: nobody asks for a sweep.
  CHECK(Happens(180s, [&] {
    return world.Sql("SELECT count(*)::text FROM acme.contacts_live WHERE city = 'Imported'") ==
           "10300";
  }));
  world.ExpectEqual();
}

TEST_CASE("fault 9: an index that is late and in disorder hides no change") {
  FaultyWorld& faulty = FaultyWorld::OfThisProgram();
  const auto index = [&](const char* settings) {
    faulty.world.portal.Control("settings", R"({"portal":1234567,)" + std::string(settings) + "}");
  };
  index(R"("index_delay":"4s","index_late_share":0.3,"index_late_delay":"15s")");
  for (int i = 0; i < 4; ++i) faulty.Change();
  faulty.ExpectNothingLost();
  index(R"("index_delay":"0ms","index_late_share":0)");
}

TEST_CASE("fault 10: records that change, are archived and merged while their page is read") {
  FaultyWorld& faulty = FaultyWorld::OfThisProgram();
  const auto pace = [&](const char* latency) {
    faulty.world.portal.Control("settings",
                                R"({"portal":1234567,"latency":")" + std::string(latency) + "\"}");
  };
  pace("120ms");
  faulty.world.portal.StartScript(R"({"events":500,"seconds":5,"seed":77,"weights":{"create":10,
    "update":40,"archive":18,"restore":12,"merge":12,"erase":2,"calculate":6}})");
  while (faulty.world.portal.script_running()) {
    faulty.world.daemon.Cli({"backfill", "acme", "--wait", "10s"});
  }
  pace("0ms");
  faulty.ExpectNothingLost();
}

TEST_CASE("fault 11: a property that is deleted and made anew with another type") {
  FaultyWorld& faulty = FaultyWorld::OfThisProgram();
  World& world = faulty.world;
  const auto make = [&](const char* type, const char* value) {
    world.portal.Mutate(R"({"object":"contacts","kind":"property_add","name":"grade","type":")" +
                        std::string(type) + R"(","field_type":"text","label":"Grade","fill":0.3})");
    world.portal.Mutate(R"({"object":"contacts","kind":"create","properties":{"grade":")" +
                        std::string(value) + "\"}}");
    Await("the column", 60s, [&] {
      return world.Sql(
                 "SELECT state || (NOT archived)::text FROM acme.properties WHERE object = "
                 "'contacts' AND name = 'grade' AND type = '" +
                 std::string(type) + "'") == "currenttrue";
    });
  };
  make("number", "17");
  faulty.ExpectNothingLost();
  world.portal.Mutate(R"({"object":"contacts","kind":"property_delete","name":"grade"})");
  make("datetime", "2026-03-01T10:00:00Z");
  faulty.ExpectNothingLost();
  CHECK(world.Sql("SELECT count(*) > 0 FROM acme.contacts_live WHERE grade IS NOT NULL") == "t");
  CHECK(world.Sql("SELECT format_type(atttypid, NULL) FROM pg_attribute WHERE attrelid = "
                  "'acme.contacts'::regclass AND attname = 'grade'") == "timestamp with time zone");
}

TEST_CASE("fault 13: values that no column can hold as they are") {
  FaultyWorld& faulty = FaultyWorld::OfThisProgram();
  World& world = faulty.world;
  for (const char* one :
       {"text string", "figure number", "moment datetime", "day date", "flag bool"}) {
    const std::string both = one;
    const size_t gap = both.find(' ');
    world.portal.Mutate(R"({"object":"contacts","kind":"property_add","name":"odd_)" +
                        both.substr(0, gap) + R"(","type":")" + both.substr(gap + 1) +
                        R"(","field_type":"text","label":"Odd"})");
  }
  const std::vector<std::string> rows = {
      R"("odd_text":"nul \u0000 inside","odd_figure":"1e400","odd_moment":"0000-01-01T00:00:00Z")",
      R"("odd_text":"a pair \ud83d\ude00","odd_figure":"-1E+400","odd_day":"0000-00-00")",
      R"("odd_figure":"NaN","odd_moment":"9999-12-31T23:59:59.999Z")",
      R"("odd_moment":"1767225600000","odd_day":"1767225600000","odd_flag":"on")",
      R"("odd_moment":"2026-01-01T00:00:00.123456789Z","odd_day":"2026-02-30","odd_flag":"TRUE")",
      R"("odd_moment":"infinity","odd_day":"now","odd_figure":"Infinity","odd_flag":"")",
      R"("odd_moment":"99999999999999999","odd_day":"9999-12-31","odd_figure":"0x10")",
      R"("odd_moment":"-62135596800001","odd_figure":"1_000","odd_text":"\\x41 ${IFS} '; --")",
      // Halves of pairs; the portal writes them as the escapes \ud83d and \udc00.
      "\"odd_text\":\"high \xED\xA0\xBD and low \xED\xB0\x80 alone\"",
  };
  for (const std::string& row : rows) {
    world.portal.Mutate(R"({"object":"contacts","kind":"create","properties":{)" + row + "}}");
  }
  faulty.ExpectNothingLost();
  CHECK(world.Sql("SELECT count(*) >= 8 FROM acme.contacts WHERE _rejected <> '{}' AND "
                  "(_rejected ?| array['odd_figure', 'odd_moment', 'odd_day', 'odd_flag'])") ==
        "t");
  CHECK(world.Sql("SELECT count(*)::text FROM acme.contacts WHERE odd_text = "
                  "'high \xEF\xBF\xBD and low \xEF\xBF\xBD alone'") == "1");
}

/// Gzip of zeros that goes on: 1 KiB of it is 1 MiB.
std::string Bomb(size_t mebibytes) {
  std::string plain(1U << 20U, '\0');
  std::string block(1U << 16U, '\0');
  z_stream stream{};
  constexpr int kRaw = -15;
  REQUIRE(deflateInit2(&stream, 9, Z_DEFLATED, kRaw, 9, Z_DEFAULT_STRATEGY) == Z_OK);
  stream.next_in = reinterpret_cast<Bytef*>(plain.data());
  stream.avail_in = static_cast<uInt>(plain.size());
  stream.next_out = reinterpret_cast<Bytef*>(block.data());
  stream.avail_out = static_cast<uInt>(block.size());
  REQUIRE(deflate(&stream, Z_FULL_FLUSH) == Z_OK);
  block.resize(stream.total_out);
  deflateEnd(&stream);
  std::string bomb("\x1f\x8b\x08\0\0\0\0\0\0\x03", 10);
  for (size_t i = 0; i < mebibytes; ++i) bomb += block;
  return bomb;
}

TEST_CASE("fault 14: a gzip bomb, one byte a second and a body in chunks") {
  FaultyWorld& faulty = FaultyWorld::OfThisProgram();
  const auto lists_only = [](const HttpProxy::Asked& asked) {
    return OfRecords(asked) && asked.method == "POST";
  };
  faulty.proxy.Set(
      [&, bomb = Bomb(2048)](const HttpProxy::Asked& asked, HttpProxy::Answer& answer) {
        if (!lists_only(asked)) return;
        // A type that the proxy does not compress once more.
        answer.headers["content-type"] = "application/octet-stream";
        answer.headers["content-encoding"] = "gzip";
        answer.body = bomb;
      });
  faulty.Change();
  faulty.ExpectSaid("failing", "larger than");
  CHECK(faulty.world.daemon.process().PeakMemoryBytes() < kMemoryLimit);

  faulty.Heal();
  faulty.Strike(R"({"match":"/crm/objects/*/search","kind":"drip","seconds":60,"chance":1})");
  faulty.Change();
  faulty.ExpectSaid("failing", "limits.request");

  faulty.Heal();
  faulty.proxy.Set(
      [](const HttpProxy::Asked&, HttpProxy::Answer& answer) { answer.without_length = true; });
  faulty.Change();
  INFO(faulty.world.mirror.StreamStates());
  faulty.ExpectOneToArrive(60s);
  faulty.ExpectNothingLost();
}

TEST_CASE("fault 15: records twice, fields nobody knows and JSON of the wrong type") {
  FaultyWorld& faulty = FaultyWorld::OfThisProgram();
  const auto backfill = [&] { faulty.world.daemon.Cli({"backfill", "acme", "--wait", "10s"}); };
  faulty.proxy.Set([](const HttpProxy::Asked& asked, HttpProxy::Answer& answer) {
    if (!OfRecords(asked)) return;
    const auto [begin, end] = FirstResult(answer.body);
    if (end != 0) answer.body.insert(end, "," + answer.body.substr(begin, end - begin));
  });
  faulty.Change();
  backfill();
  faulty.world.mirror.Settle(60s);
  faulty.world.ExpectNoDifferences();

  faulty.proxy.Set([](const HttpProxy::Asked& asked, HttpProxy::Answer& answer) {
    if (!OfRecords(asked)) return;
    ReplaceAll(answer.body, R"({"id":")", R"({"unknown":{"a":[1,null,{"b":1e9}]},"id":")");
    ReplaceAll(answer.body, R"("results":[)", R"("novelty":[[]],"results":[)");
  });
  faulty.Change();
  backfill();
  faulty.world.mirror.Settle(60s);
  faulty.world.ExpectNoDifferences();

  const std::vector<std::pair<std::string, std::string>> wrong = {
      {R"("properties":{)", R"("properties":[],"other":{)"},
      {R"("archived":false)", R"("archived":"maybe")"},
      {R"("createdAt":")", R"("createdAt":{"at":1},"was":")"},
      {R"({"id":")", R"({"id":[],"was":")"},
      {R"("results":[)", R"("results":{},"were":[)"}};
  for (const auto& [from, to] : wrong) {
    CAPTURE(to);
    std::atomic<int> spoiled = 0;
    faulty.proxy.Set([&](const HttpProxy::Asked& asked, HttpProxy::Answer& answer) {
      if (!OfRecords(asked) || spoiled >= 4) return;
      const std::string before = answer.body;
      ReplaceAll(answer.body, from, to);
      if (answer.body != before) ++spoiled;
    });
    faulty.Change();
    backfill();
    CHECK(Happens(20s, [&] { return spoiled == 4; }));
    faulty.Heal();
  }
  faulty.ExpectNothingLost();
}

}  // namespace
}  // namespace hubmirror::testing
