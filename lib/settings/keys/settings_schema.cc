#include "settings/keys/settings_schema.h"

#include <rapidjson/prettywriter.h>
#include <rapidjson/stringbuffer.h>

#include <array>
#include <string_view>
#include <variant>
#include <vector>

#include "base/check.h"
#include "model/portal/custom_type.h"
#include "settings/keys/key_table.h"
#include "settings/keys/object_choice.h"
#include "settings/yaml/yaml_document.h"

namespace hubmirror {
namespace {

/// Custom objects, which only their portal knows.
constexpr std::string_view kCustomPattern = "^([02]-[1-9][0-9]*|p[0-9]+_.+)$";

constexpr std::string_view kSecretPattern =
    "^(credential:[^/]+|file:/.+|env:[A-Za-z_][A-Za-z0-9_]*)$";

/// The value that an example of the table, which is YAML, stands for.
ConfigValue ExampleOf(const KeyRule& rule) {
  ConfigProblems problems;
  const auto node = ReadYaml(rule.example, problems);
  CHECK_THAT(node);
  const auto value = ReadValue(*node, rule, std::string(rule.path), problems);
  CHECK_THAT(value);
  return *value;
}

/// Writes the schema as one JSON document.
class SchemaWriter {
 public:
  std::string Write() {
    json_.SetIndent(' ', 2);
    json_.StartObject();
    Text("$schema", "http://json-schema.org/draft-07/schema#");
    Text("title", "Configuration of hubmirror");
    MapBody(Place::kTop, "", false);
    json_.Key("definitions");
    json_.StartObject();
    Definition("defaults", Place::kDefaults);
    Definition("portal", Place::kPortal);
    Definition("object", Place::kObject);
    Definition("write_object", Place::kWriteObject);
    json_.Key("object_name");
    json_.StartObject();
    Key("anyOf");
    json_.StartArray();
    json_.StartObject();
    Enumeration(ObjectWords());
    json_.EndObject();
    json_.StartObject();
    Pattern(kCustomPattern);
    json_.EndObject();
    json_.EndArray();
    json_.EndObject();
    json_.EndObject();
    json_.EndObject();
    return std::string(buffer_.GetString(), buffer_.GetSize()) + "\n";
  }

 private:
  void Key(std::string_view key) {
    json_.Key(key.data(), static_cast<rapidjson::SizeType>(key.size()));
  }
  void String(std::string_view text) {
    json_.String(text.data(), static_cast<rapidjson::SizeType>(text.size()));
  }
  void Null() { json_.Null(); }
  void Text(std::string_view key, std::string_view text) {
    Key(key);
    String(text);
  }
  void Reference(std::string_view definition) {
    Text("$ref", "#/definitions/" + std::string(definition));
  }
  template <class Words>
  void Enumeration(const Words& words) {
    Key("enum");
    json_.StartArray();
    for (const auto& word : words) String(word);
    json_.EndArray();
  }

  /// What YAML reads as a truth value is one for a schema.
  void Choices(std::span<const std::string_view> words) {
    Key("enum");
    json_.StartArray();
    for (const std::string_view word : words) {
      if (word == "true" || word == "false") {
        json_.Bool(word == "true");
      } else {
        String(word);
      }
    }
    json_.EndArray();
  }

  /// Names and ids of the object types, both of which the file may use.
  static std::vector<std::string> ObjectWords() {
    std::vector<std::string> words;
    for (const std::string_view name : ObjectTypeNames()) {
      words.emplace_back(name);
      words.push_back(FindObjectType(name)->type_id);
    }
    words.emplace_back(kCustomObjects);
    return words;
  }

  void Definition(std::string_view name, Place place) {
    Key(name);
    json_.StartObject();
    MapBody(place, "", place != Place::kPortal);
    if (place == Place::kPortal) TokenOrOAuth();
    json_.EndObject();
  }

  void TokenOrOAuth() {
    Key("oneOf");
    json_.StartArray();
    for (const std::string_view key : {"token", "oauth"}) {
      json_.StartObject();
      Key("required");
      json_.StartArray();
      String(key);
      json_.EndArray();
      json_.EndObject();
    }
    json_.EndArray();
  }

  /// The members of a map: what may stand below `section`. `may_be_empty`: nothing counts as well.
  void MapBody(Place place, const std::string& section, bool may_be_empty) {
    Key("type");
    if (may_be_empty) {
      json_.StartArray();
      String("object");
      String("null");
      json_.EndArray();
    } else {
      String("object");
    }
    Key("additionalProperties");
    json_.Bool(false);
    const auto words = KeysBelow(place, section);
    std::vector<std::string_view> required;
    Key("properties");
    json_.StartObject();
    for (const std::string_view word : words) {
      const std::string path = PathOf(section, std::string(word));
      const KeyRule& rule = *FindRule(place, path);
      if (rule.required) required.push_back(word);
      Key(word);
      json_.StartObject();
      Property(rule, place, path);
      json_.EndObject();
    }
    json_.EndObject();
    if (required.empty()) return;
    Key("required");
    json_.StartArray();
    for (const std::string_view word : required) String(word);
    json_.EndArray();
  }

  void Property(const KeyRule& rule, Place place, const std::string& path) {
    // Editors of draft 7 ignore what stands beside a $ref.
    if (rule.path == "defaults") return Reference("defaults");
    Text("description", rule.meaning);
    switch (rule.type) {
      case KeyType::kSection:
        // Only with nothing missing in it may a section be left empty.
        return MapBody(place, path, !rule.required && rule.path != "oauth");
      case KeyType::kPortals:
        return Portals();
      case KeyType::kObjects:
        return rule.items ? ObjectMap("write_object") : Objects();
      case KeyType::kMapList:
        return Maps(rule);
      default:
        break;
    }
    if (rule.takes_auto) {
      Key("anyOf");
      json_.StartArray();
      json_.StartObject();
      Enumeration(std::vector<std::string_view>{"auto"});
      json_.EndObject();
      json_.StartObject();
      TypeOf(rule);
      json_.EndObject();
      json_.EndArray();
    } else {
      TypeOf(rule);
    }
    if (!rule.preset.empty()) {
      Key("default");
      Value(ReadPreset(rule, rule.preset), rule);
    }
    Key("examples");
    json_.StartArray();
    Value(ExampleOf(rule), rule);
    json_.EndArray();
  }

  void Portals() {
    Text("type", "object");
    Key("minProperties");
    json_.Int(1);
    Key("propertyNames");
    json_.StartObject();
    Text("pattern", kPortalKeyPattern);
    json_.EndObject();
    Key("additionalProperties");
    json_.StartObject();
    Reference("portal");
    json_.EndObject();
  }

  void Maps(const KeyRule& rule) {
    Text("type", "array");
    Key("items");
    json_.StartObject();
    MapBody(*rule.items, "", false);
    json_.EndObject();
  }

  void Objects() {
    Key("anyOf");
    json_.StartArray();
    json_.StartObject();
    Enumeration(std::array{kAllObjects});
    json_.EndObject();
    json_.StartObject();
    Text("type", "array");
    Key("minItems");
    json_.Int(1);
    Key("uniqueItems");
    json_.Bool(true);
    Key("items");
    json_.StartObject();
    Reference("object_name");
    json_.EndObject();
    json_.EndObject();
    json_.StartObject();
    ObjectMap("object");
    json_.EndObject();
    json_.EndArray();
  }

  /// A map from object types to what `definition` says.
  void ObjectMap(std::string_view definition) {
    Text("type", "object");
    Key("minProperties");
    json_.Int(1);
    Key("additionalProperties");
    json_.Bool(false);
    Key("properties");
    json_.StartObject();
    for (const std::string& word : ObjectWords()) {
      Key(word);
      json_.StartObject();
      Reference(definition);
      json_.EndObject();
    }
    json_.EndObject();
    Key("patternProperties");
    json_.StartObject();
    Key(kCustomPattern);
    json_.StartObject();
    Reference(definition);
    json_.EndObject();
    json_.EndObject();
  }

  void TypeOf(const KeyRule& rule) {
    switch (rule.type) {
      case KeyType::kWholeNumber:
        Text("type", "integer");
        return Bounds(rule);
      case KeyType::kNumber:
        Text("type", "number");
        return Bounds(rule);
      case KeyType::kTruth:
        return Text("type", "boolean");
      case KeyType::kChoice:
        return Choices(rule.choices);
      case KeyType::kDuration:
        return Pattern("^[0-9]+(ms|s|m|h|d)$");
      case KeyType::kSize:
        return Pattern("^[0-9]+(KiB|MiB|GiB)$");
      case KeyType::kText:
        return Pattern(rule.form->pattern);
      case KeyType::kSecret:
        return Pattern(kSecretPattern);
      case KeyType::kSecretList:
        return OneOrMore(kSecretPattern);
      case KeyType::kChoiceMap:
        Text("type", "object");
        Key("propertyNames");
        json_.StartObject();
        Pattern(rule.form->pattern);
        json_.EndObject();
        Key("additionalProperties");
        json_.StartObject();
        Choices(rule.choices);
        json_.EndObject();
        return;
      case KeyType::kTextList:
        Text("type", "array");
        Key("uniqueItems");
        json_.Bool(true);
        Key("items");
        json_.StartObject();
        rule.takes_null ? NullOrPattern(rule.form->pattern) : Pattern(rule.form->pattern);
        json_.EndObject();
        return;
      default:
        CHECK_THAT(false);
    }
  }

  void Pattern(std::string_view pattern) {
    Text("type", "string");
    Text("pattern", pattern);
  }

  void NullOrPattern(std::string_view pattern) {
    Key("type");
    json_.StartArray();
    String("string");
    String("null");
    json_.EndArray();
    Text("pattern", pattern);
  }

  void OneOrMore(std::string_view pattern) {
    Key("anyOf");
    json_.StartArray();
    json_.StartObject();
    Pattern(pattern);
    json_.EndObject();
    json_.StartObject();
    Text("type", "array");
    Key("minItems");
    json_.Int(1);
    Key("items");
    json_.StartObject();
    Pattern(pattern);
    json_.EndObject();
    json_.EndObject();
    json_.EndArray();
  }

  void Bounds(const KeyRule& rule) {
    if (!rule.least.empty()) {
      Key("minimum");
      Value(ReadPreset(rule, rule.least), rule);
    }
    if (!rule.most.empty()) {
      Key("maximum");
      Value(ReadPreset(rule, rule.most), rule);
    }
  }

  void Value(const ConfigValue& value, const KeyRule& rule) {
    if (const auto* truth = std::get_if<bool>(&value)) {
      json_.Bool(*truth);
    } else if (const auto* number = std::get_if<double>(&value)) {
      json_.Double(*number);
    } else if (const auto* text = std::get_if<std::string>(&value)) {
      String(*text);
    } else if (const auto* items = std::get_if<std::vector<std::string>>(&value)) {
      json_.StartArray();
      for (const std::string& item : *items) item.empty() ? Null() : String(item);
      json_.EndArray();
    } else if (const auto* ref = std::get_if<SecretRef>(&value)) {
      String(ref->Text());
    } else if (const auto* refs = std::get_if<std::vector<SecretRef>>(&value)) {
      String(refs->front().Text());
    } else if (const auto* words = std::get_if<std::map<std::string, std::string>>(&value)) {
      json_.StartObject();
      for (const auto& [name, word] : *words) {
        Key(name);
        String(word);
      }
      json_.EndObject();
    } else if (rule.type == KeyType::kWholeNumber && std::holds_alternative<int64_t>(value)) {
      json_.Int64(std::get<int64_t>(value));
    } else {
      String(WriteValue(value, rule));
    }
  }

  rapidjson::StringBuffer buffer_;
  rapidjson::PrettyWriter<rapidjson::StringBuffer> json_{buffer_};
};

}  // namespace

std::string SettingsSchema() {
  return SchemaWriter().Write();
}

}  // namespace hubmirror
