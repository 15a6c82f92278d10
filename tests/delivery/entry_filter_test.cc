#include "delivery/entry_filter.h"

#include <doctest/doctest.h>

namespace hubmirror {
namespace {

WebhookEntry Won() {
  return {.seq = 5,
          .object = "deals",
          .id = "7",
          .op = "update",
          .pipeline = "default",
          .before = R"({"dealstage":"open","amount":null})",
          .after = R"({"dealstage":"closedwon","amount":"12.50"})"};
}

TEST_CASE("filter: a webhook without rules is sent every change, but no announcement") {
  CHECK(IsNamed({}, Won()));
  CHECK(IsNamed({}, {.object = "contacts", .id = "1", .op = "erase"}));
  CHECK_FALSE(IsNamed({}, {.op = "epoch"}));
  CHECK_FALSE(IsNamed({}, {.object = "deals", .op = "loaded"}));
}

TEST_CASE("filter: all words of a rule must hold, and one rule of several") {
  const WebhookRule won{.object = "deals",
                        .property = "dealstage",
                        .to = {"closedwon", "closedlost"},
                        .pipeline = "default"};
  const WebhookRule erased{.object = "*", .op = {"merge", "erase"}};
  CHECK(IsNamed({{won}}, Won()));
  CHECK(IsNamed({{erased, won}}, Won()));
  CHECK_FALSE(IsNamed({{erased}}, Won()));
  for (const auto& change : std::vector<std::function<void(WebhookEntry&)>>{
           [](WebhookEntry& e) { e.object = "tickets"; }, [](WebhookEntry& e) { e.pipeline = "2"; },
           [](WebhookEntry& e) { e.after = R"({"dealstage":"open2"})"; },
           [](WebhookEntry& e) {
             e.after = R"({"amount":"closedwon"})";
             e.before = "{}";
           },
           [](WebhookEntry& e) { e.before = e.after = ""; }}) {
    WebhookEntry entry = Won();
    change(entry);
    CHECK_FALSE(IsNamed({{won}}, entry));
  }
}

TEST_CASE("filter: own changes stay away from who does not want them, those in part do not") {
  WebhookEntry entry = Won();
  for (const auto& [origin, sent] :
       {std::pair("own", false), std::pair("mixed", true), std::pair("hubspot", true)}) {
    entry.origin = origin;
    CHECK(IsNamed({}, entry));
    CHECK(IsNamed({.rules = {}, .own = false}, entry) == sent);
    CHECK(IsNamed({.rules = {{.object = "deals"}}, .own = false}, entry) == sent);
  }
}

TEST_CASE("filter: announcements come only to who names them") {
  CHECK(IsNamed({{{.op = {"loaded"}}}}, {.object = "deals", .op = "loaded"}));
  CHECK(IsNamed({{{.object = "deals", .op = {"loaded"}}}}, {.object = "deals", .op = "loaded"}));
  CHECK_FALSE(IsNamed({{{.object = "deals"}}}, {.object = "deals", .op = "loaded"}));
  CHECK(IsNamed({{{.op = {"epoch"}}}}, {.op = "epoch", .after = R"({"follows":7})"}));
}

TEST_CASE("filter: a property that became empty or full has changed, and none is an empty text") {
  CHECK(IsNamed({{{.changed = {"owner", "amount"}}}}, Won()));
  CHECK_FALSE(IsNamed({{{.changed = {"owner"}}}}, Won()));
  CHECK(IsNamed({{{.property = "amount", .from = {""}}}}, Won()));
  CHECK_FALSE(IsNamed({{{.property = "amount", .to = {""}}}}, Won()));
}

TEST_CASE("filter: a new record changes every property that it has") {
  const WebhookEntry created{
      .object = "deals", .id = "8", .op = "create", .after = R"({"dealstage":"closedwon"})"};
  CHECK(IsNamed({{{.property = "dealstage", .to = {"closedwon"}}}}, created));
  CHECK(IsNamed({{{.property = "dealstage", .from = {""}, .to = {"closedwon"}}}}, created));
  CHECK_FALSE(IsNamed({{{.property = "dealstage", .from = {"open"}}}}, created));
  CHECK_FALSE(IsNamed({{{.changed = {"amount"}}}}, created));
}

TEST_CASE("filter: what nobody knows how it was, was not empty") {
  const WebhookEntry filled{.object = "deals",
                            .id = "8",
                            .op = "update",
                            .before = "{}",
                            .after = R"({"dealstage":"closedwon"})"};
  CHECK(IsNamed({{{.property = "dealstage", .to = {"closedwon"}}}}, filled));
  CHECK_FALSE(IsNamed({{{.property = "dealstage", .from = {""}}}}, filled));
}

TEST_CASE("filter: a value that was cut has changed and equals nothing") {
  const WebhookEntry cut{.object = "notes",
                         .id = "9",
                         .op = "update",
                         .before = R"({"body":null})",
                         .after = R"({"body":{"cut":true,"bytes":9000,"sha256":"ab"}})"};
  CHECK(IsNamed({{{.changed = {"body"}}}}, cut));
  CHECK(IsNamed({{{.property = "body"}}}, cut));
  CHECK_FALSE(IsNamed({{{.property = "body", .to = {""}}}}, cut));
}

TEST_CASE("filter: what is no JSON object holds no value") {
  for (const char* const text : {"", "null", "[]", "{", "\"x\"", "{\"a\":\"b\"} x"}) {
    CAPTURE(text);
    CHECK(ReadEntryValues(text).texts.empty());
  }
}

}  // namespace
}  // namespace hubmirror
