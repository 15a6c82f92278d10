#include "settings/json_of_yaml.h"

#include <doctest/doctest.h>
#include <rapidjson/document.h>
#include <rapidjson/schema.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <charconv>

#include "settings/keys/settings_schema.h"
#include "settings/yaml/yaml_document.h"

namespace hubmirror::testing {
namespace {

using Json = rapidjson::Writer<rapidjson::StringBuffer>;

template <class Number>
bool Reads(const std::string& text, Number& number) {
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  return read.ec == std::errc() && read.ptr == text.data() + text.size();
}

void WriteScalar(const ConfigNode& node, Json& json) {
  int64_t whole = 0;
  double number = 0;
  if (!node.quoted && (node.text == "true" || node.text == "false")) {
    json.Bool(node.text == "true");
  } else if (!node.quoted && Reads(node.text, whole)) {
    json.Int64(whole);
  } else if (!node.quoted && node.text[0] != 'i' && node.text[0] != 'n' &&
             Reads(node.text, number)) {
    json.Double(number);
  } else {
    json.String(node.text);
  }
}

void Write(const ConfigNode& node, Json& json) {
  switch (node.kind) {
    case ConfigNode::Kind::kNothing:
      json.Null();
      return;
    case ConfigNode::Kind::kScalar:
      WriteScalar(node, json);
      return;
    case ConfigNode::Kind::kList:
      json.StartArray();
      for (const ConfigNode& item : node.items) Write(item, json);
      json.EndArray();
      return;
    case ConfigNode::Kind::kMap:
      json.StartObject();
      for (const ConfigEntry& entry : node.entries) {
        json.Key(entry.key.text.c_str());
        Write(entry.value, json);
      }
      json.EndObject();
      return;
  }
}

}  // namespace

std::string JsonOfYaml(const std::string& yaml) {
  ConfigProblems problems;
  const auto root = ReadYaml(yaml, problems);
  REQUIRE_MESSAGE(root.has_value(), yaml);
  rapidjson::StringBuffer buffer;
  Json json(buffer);
  Write(*root, json);
  return {buffer.GetString(), buffer.GetSize()};
}

std::string SchemaViolation(const std::string& yaml) {
  rapidjson::Document schema;
  schema.Parse(SettingsSchema());
  REQUIRE(!schema.HasParseError());
  rapidjson::Document document;
  document.Parse(JsonOfYaml(yaml));
  const rapidjson::SchemaDocument compiled(schema);
  rapidjson::SchemaValidator validator(compiled);
  if (document.Accept(validator)) return {};
  rapidjson::StringBuffer where;
  validator.GetInvalidDocumentPointer().StringifyUriFragment(where);
  return std::string(where.GetString()) + ": " + validator.GetInvalidSchemaKeyword();
}

}  // namespace hubmirror::testing
