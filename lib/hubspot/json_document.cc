#include "hubspot/json_document.h"

#include <rapidjson/document.h>
#include <rapidjson/error/en.h>
#include <rapidjson/reader.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <charconv>

#include "hubspot/text_repair.h"

namespace hubmirror {
namespace {

using Node = rapidjson::Value;

// Our answers nest at most six deep; the parser recurses, and the stack must not be theirs to use.
constexpr int kMaxDepth = 64;
constexpr unsigned kFlags = rapidjson::kParseInsituFlag | rapidjson::kParseNumbersAsStringsFlag;

/// Passes parser events on to the tree and stops at kMaxDepth.
class DepthGuard {
 public:
  explicit DepthGuard(rapidjson::Document& tree) : tree_(tree) {}

  bool Null() { return tree_.Null(); }
  bool Bool(bool value) { return tree_.Bool(value); }
  bool Int(int value) { return tree_.Int(value); }
  bool Uint(unsigned value) { return tree_.Uint(value); }
  bool Int64(int64_t value) { return tree_.Int64(value); }
  bool Uint64(uint64_t value) { return tree_.Uint64(value); }
  bool Double(double value) { return tree_.Double(value); }
  bool RawNumber(const char* text, rapidjson::SizeType length, bool copy) {
    return tree_.RawNumber(text, length, copy);
  }
  bool String(const char* text, rapidjson::SizeType length, bool copy) {
    return tree_.String(text, length, copy);
  }
  bool Key(const char* text, rapidjson::SizeType length, bool copy) {
    return tree_.Key(text, length, copy);
  }
  bool StartObject() { return ++depth_ <= kMaxDepth && tree_.StartObject(); }
  bool EndObject(rapidjson::SizeType members) { return --depth_, tree_.EndObject(members); }
  bool StartArray() { return ++depth_ <= kMaxDepth && tree_.StartArray(); }
  bool EndArray(rapidjson::SizeType items) { return --depth_, tree_.EndArray(items); }

 private:
  rapidjson::Document& tree_;
  int depth_ = 0;
};

const Node& At(const void* node) {
  return *static_cast<const Node*>(node);
}

std::string_view TextOf(const Node& node) {
  return {node.GetString(), node.GetStringLength()};
}

}  // namespace

struct JsonDocument::Tree {
  rapidjson::Document document;
  uint64_t repaired = 0;
};

JsonDocument::JsonDocument(std::unique_ptr<Tree> tree) : tree_(std::move(tree)) {}
JsonDocument::JsonDocument(JsonDocument&&) noexcept = default;
JsonDocument& JsonDocument::operator=(JsonDocument&&) noexcept = default;
JsonDocument::~JsonDocument() = default;

Result<JsonDocument, std::string> JsonDocument::Parse(std::string& text) {
  auto tree = std::make_unique<Tree>();
  const auto repaired = RepairSurrogates(text);
  if (!repaired) return std::string("the text is not UTF-8");
  tree->repaired = *repaired;

  rapidjson::InsituStringStream stream(text.data());
  rapidjson::Reader reader;
  const auto generator = [&](rapidjson::Document& document) {
    DepthGuard guard(document);
    return !reader.Parse<kFlags>(stream, guard).IsError();
  };
  tree->document.Populate(generator);
  if (reader.HasParseError()) {
    return "not valid JSON at byte " + std::to_string(reader.GetErrorOffset()) + " of " +
           std::to_string(text.size()) + ": " +
           rapidjson::GetParseError_En(reader.GetParseErrorCode());
  }
  if (stream.Tell() != text.size()) return std::string("a NUL byte stands after the JSON");
  return JsonDocument(std::move(tree));
}

JsonValue JsonDocument::root() const {
  return JsonValue(static_cast<const Node*>(&tree_->document));
}

uint64_t JsonDocument::repaired() const {
  return tree_->repaired;
}

bool JsonValue::is_null() const {
  return node_ != nullptr && At(node_).IsNull();
}
bool JsonValue::is_object() const {
  return node_ != nullptr && At(node_).IsObject();
}
bool JsonValue::is_array() const {
  return node_ != nullptr && At(node_).IsArray();
}
bool JsonValue::is_true() const {
  return node_ != nullptr && At(node_).IsTrue();
}

std::optional<std::string_view> JsonValue::Text() const {
  if (node_ == nullptr) return std::nullopt;
  const Node& node = At(node_);
  if (node.IsString()) return TextOf(node);
  if (node.IsBool()) return node.GetBool() ? "true" : "false";
  return std::nullopt;
}

std::string JsonValue::String() const {
  return std::string(Text().value_or(""));
}

std::optional<int64_t> JsonValue::Integer() const {
  const auto text = Text();
  if (!text) return std::nullopt;
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), number);
  if (error != std::errc() || end != text->data() + text->size()) return std::nullopt;
  return number;
}

JsonValue JsonValue::operator[](std::string_view name) const {
  if (!is_object()) return {};
  for (const auto& member : At(node_).GetObject()) {
    if (TextOf(member.name) == name) return JsonValue(&member.value);
  }
  return {};
}

size_t JsonValue::size() const {
  if (is_object()) return At(node_).MemberCount();
  return is_array() ? At(node_).Size() : 0;
}

JsonMember JsonValue::Member(size_t index) const {
  const auto& member = At(node_).MemberBegin()[static_cast<std::ptrdiff_t>(index)];
  return {TextOf(member.name), JsonValue(&member.value)};
}

JsonValue JsonValue::Item(size_t index) const {
  return JsonValue(&At(node_)[static_cast<rapidjson::SizeType>(index)]);
}

std::string JsonValue::Serialize() const {
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> writer(buffer);
  if (node_ != nullptr) At(node_).Accept(writer);
  return {buffer.GetString(), buffer.GetSize()};
}

}  // namespace hubmirror
