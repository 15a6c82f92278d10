#include "settings/keys/key_table.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <set>
#include <string>

#include "settings/json_of_yaml.h"
#include "settings/no_environment.h"
#include "settings/reading/check_report.h"

namespace hubmirror::testing {
namespace {

/// `a.b` and a value as a line of maps: `a: {b: value}`.
std::string Nested(std::string_view path, const std::string& value) {
  const size_t dot = path.find('.');
  if (dot == std::string_view::npos) return std::string(path) + ": " + value;
  return std::string(path.substr(0, dot)) + ": {" + Nested(path.substr(dot + 1), value) + "}";
}

/// A list with one webhook in it, which has `line` itself or in its rule.
std::string WebhooksWith(std::string_view path, Place place, const std::string& line) {
  const bool in_rule = place == Place::kWebhookRule;
  std::string webhook;
  if (in_rule || path != "name") webhook += "name: w, ";
  if (in_rule || path != "url") webhook += "url: \"https://x.example\", ";
  if (in_rule || path != "secret") webhook += "secret: env:S, ";
  if (!in_rule) return "feed: {webhooks: [{" + webhook + line + "}]}";
  // Values are those of a property.
  const bool of_property = path == "from" || path == "to";
  return "feed: {webhooks: [{" + webhook + "when: [{" +
         (of_property ? "property: dealstage, " : "") + line + "}]}]}";
}

/// What may be written of an object, with `line` in it.
std::string WritesWith(std::string_view path, const std::string& line) {
  // A create needs something that tells its record from others.
  const std::string beside = path == "update"   ? ""
                             : path == "create" ? "unguarded: true, "
                                                : "update: [amount], ";
  return "write: {objects: {deals: {" + beside + line + "}}}";
}

bool IsOfWebhook(Place place) {
  return place == Place::kWebhook || place == Place::kWebhookRule;
}

/// A configuration in which `rule` has `value` at `place`, and that is else as small as can be.
std::string FileWith(const KeyRule& rule, Place place, const std::string& value) {
  const std::string line = Nested(rule.path, value);
  const bool top = place == Place::kTop;
  std::string text = rule.path == "version" ? line + "\n" : "version: 1\n";
  if (rule.path == "database.dsn") {
    text += line + "\n";
  } else if (top && rule.path.starts_with("database.")) {
    // The section has one line; the key goes in beside the dsn.
    text += "database: {dsn: \"dbname=crm\", " + line.substr(line.find('{') + 1) + "\n";
  } else {
    text += "database: {dsn: \"dbname=crm\"}\n";
    if (top && rule.path != "version") text += line + "\n";
  }
  if (place == Place::kDefaults) text += "defaults: {" + line + "}\n";

  const bool oauth = place == Place::kPortal && rule.path.starts_with("oauth.");
  std::string portal = rule.path == "portal_id" ? "" : "portal_id: 1, ";
  if (oauth) {
    portal += "daily: 1000, oauth: {";
    if (rule.path != "oauth.client_id") portal += "client_id: app, ";
    if (rule.path != "oauth.client_secret") portal += "client_secret: env:S, ";
    portal += line.substr(line.find('{') + 1);
  } else {
    if (rule.path != "token") portal += "token: env:T, ";
    if (rule.path == "properties.hash") portal += "hash_key: env:H, ";
    if (place == Place::kPortal) portal += line + ", ";
    if (place == Place::kWriteObject) portal += WritesWith(rule.path, line) + ", ";
    if (IsOfWebhook(place)) portal += WebhooksWith(rule.path, place, line) + ", ";
    portal += place == Place::kObject ? "objects: {contacts: {" + line + "}}"
                                      : "objects: [contacts, deals]";
  }
  return text + "portals: {acme: {" + portal + "}}\n";
}

constexpr Place kPlaces[] = {Place::kTop,        Place::kDefaults, Place::kPortal,
                             Place::kObject,     Place::kWebhook,  Place::kWebhookRule,
                             Place::kWriteObject};

TEST_CASE("the example of every key is accepted, by the parser and by the schema") {
  for (const KeyRule& rule : KeyTable()) {
    if (!rule.HoldsValue()) continue;
    REQUIRE(!rule.example.empty());
    for (const Place place : kPlaces) {
      if (!rule.StandsIn(place)) continue;
      std::string text = FileWith(rule, place, std::string(rule.example));
      // The example of one may need another to go with it.
      if (rule.path == "interval") text = FileWith(rule, place, "1m");
      const auto reading = ReadSettings(text, NoEnvironment);
      INFO(text);
      INFO(CheckText(reading, "file"));
      CHECK(reading.settings.has_value());
      CHECK(SchemaViolation(text).empty());
    }
  }
}

TEST_CASE("a map in place of the value of any key is refused, by the parser and by the schema") {
  for (const KeyRule& rule : KeyTable()) {
    if (!rule.HoldsValue()) continue;
    for (const Place place : kPlaces) {
      if (!rule.StandsIn(place)) continue;
      const std::string text = FileWith(rule, place, "{x: 1}");
      INFO(text);
      CHECK(!ReadSettings(text, NoEnvironment).settings.has_value());
      CHECK(!SchemaViolation(text).empty());
    }
  }
}

TEST_CASE("nothing in place of the value of any key is refused, by the parser and by the schema") {
  for (const KeyRule& rule : KeyTable()) {
    if (!rule.HoldsValue()) continue;
    for (const Place place : kPlaces) {
      if (!rule.StandsIn(place)) continue;
      const std::string text = FileWith(rule, place, "~");
      INFO(text);
      CHECK(!ReadSettings(text, NoEnvironment).settings.has_value());
      CHECK(!SchemaViolation(text).empty());
    }
  }
}

TEST_CASE("a key where it does not belong is refused, by the parser and by the schema") {
  for (const KeyRule& rule : KeyTable()) {
    if (!rule.HoldsValue()) continue;
    for (const Place place : kPlaces) {
      if (rule.StandsIn(place)) continue;
      const std::string text =
          "version: 1\ndatabase: {dsn: \"dbname=crm\"}\n" +
          std::string(place == Place::kTop ? Nested(rule.path, "1") : "") + "\ndefaults: {" +
          (place == Place::kDefaults ? Nested(rule.path, "1") : "") +
          "}\nportals: {acme: {portal_id: 1, token: env:T" +
          (place == Place::kPortal ? ", " + Nested(rule.path, "1") : "") +
          (IsOfWebhook(place) ? ", " + WebhooksWith(rule.path, place, Nested(rule.path, "1"))
                              : "") +
          (place == Place::kWriteObject ? ", " + WritesWith(rule.path, Nested(rule.path, "1"))
                                        : "") +
          ", objects: {deals: {" + (place == Place::kObject ? Nested(rule.path, "1") : "") +
          "}}}}\n";
      INFO(text);
      CHECK(!ReadSettings(text, NoEnvironment).settings.has_value());
      CHECK(!SchemaViolation(text).empty());
    }
  }
}

TEST_CASE("a required key that is left out is missed, by the parser and by the schema") {
  for (const std::string text :
       {"database: {dsn: \"dbname=crm\"}\nportals: {a: {portal_id: 1, token: env:T}}\n",
        "version: 1\nportals: {a: {portal_id: 1, token: env:T}}\n",
        "version: 1\ndatabase: {}\nportals: {a: {portal_id: 1, token: env:T}}\n",
        "version: 1\ndatabase: {dsn: \"dbname=crm\"}\n",
        "version: 1\ndatabase: {dsn: \"dbname=crm\"}\nportals: {}\n",
        "version: 1\ndatabase: {dsn: \"dbname=crm\"}\nportals: {a: {token: env:T}}\n",
        "version: 1\ndatabase: {dsn: \"dbname=crm\"}\nportals: {a: {portal_id: 1}}\n",
        "version: 1\ndatabase: {dsn: \"dbname=crm\"}\nportals: {a: {portal_id: 1, oauth: }}\n",
        "version: 1\ndatabase: {dsn: \"dbname=crm\"}\nportals: {a: {portal_id: 1, token: env:T, "
        "feed: {webhooks: [{name: w, url: \"https://x.example\"}]}}}\n"}) {
    INFO(text);
    CHECK(!ReadSettings(text, NoEnvironment).settings.has_value());
    CHECK(!SchemaViolation(text).empty());
  }
}

TEST_CASE("no key stands in the table twice, and each says what it means") {
  std::set<std::string_view> paths;
  for (const KeyRule& rule : KeyTable()) {
    CAPTURE(rule.path);
    CHECK(paths.insert(rule.path).second);
    CHECK(rule.meaning.ends_with('.'));
    CHECK(rule.places != 0);
    CHECK(rule.HoldsValue() == (rule.field.index() != 0));
    CHECK((rule.form != nullptr) ==
          (rule.type == KeyType::kText || rule.type == KeyType::kTextList ||
           rule.type == KeyType::kChoiceMap));
  }
}

TEST_CASE("every default and bound of the table reads by its own rule") {
  for (const KeyRule& rule : KeyTable()) {
    CAPTURE(rule.path);
    if (!rule.HoldsValue()) continue;
    for (const std::string_view text : {rule.preset, rule.least, rule.most}) {
      if (!text.empty()) CHECK(WriteValue(ReadPreset(rule, text), rule).size() >= 1);
    }
  }
}

TEST_CASE("object types mirrored by default are known, and all of them are sorted by name") {
  for (const std::string& name : PresetObjects()) {
    INFO(name);
    CHECK(FindObjectType(name));
  }
  CHECK(std::ranges::is_sorted(ObjectTypeNames()));
}

}  // namespace
}  // namespace hubmirror::testing
