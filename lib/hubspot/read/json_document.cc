#include "hubspot/read/json_document.h"

#include <rapidjson/document.h>
#include <rapidjson/error/en.h>
#include <rapidjson/reader.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <array>
#include <charconv>
#include <utility>

#include "hubspot/read/text_repair.h"

namespace hubmirror {
namespace {

using Node = rapidjson::Value;

// Our answers nest at most six deep; the parser recurses, and the stack must not be theirs to use.
constexpr size_t kMaxDepth = 64;
constexpr unsigned kFlags = rapidjson::kParseInsituFlag | rapidjson::kParseNumbersAsStringsFlag;

// `{"results":[{"properties":{`: what stands within a property's value is the portal's.
constexpr size_t kRecordDepth = 4;

/// Builds the tree from the parser's events, stops at kMaxDepth and leaves null members out of all
/// objects down to a depth.
class TreeBuilder {
 public:
  TreeBuilder(rapidjson::Document& tree, size_t nulls_out_to)
      : tree_(tree), nulls_out_to_(nulls_out_to) {}

  bool Null() {
    if (key_ == nullptr || depth_ > nulls_out_to_) return PutKey() && tree_.Null();
    key_ = nullptr;
    ++nulls_[depth_];
    return true;
  }
  bool Bool(bool value) { return PutKey() && tree_.Bool(value); }
  bool RawNumber(const char* text, rapidjson::SizeType length, bool copy) {
    return PutKey() && tree_.RawNumber(text, length, copy);
  }
  bool String(const char* text, rapidjson::SizeType length, bool copy) {
    return PutKey() && tree_.String(text, length, copy);
  }
  bool Key(const char* text, rapidjson::SizeType length, bool) {
    key_ = text;
    key_length_ = length;
    return true;
  }
  bool StartObject() { return PutKey() && Descend() && tree_.StartObject(); }
  bool EndObject(rapidjson::SizeType members) {
    return tree_.EndObject(members - nulls_[depth_--]);
  }
  bool StartArray() { return PutKey() && Descend() && tree_.StartArray(); }
  bool EndArray(rapidjson::SizeType items) {
    --depth_;
    return tree_.EndArray(items);
  }

  // Numbers come as RawNumber (kParseNumbersAsStringsFlag); the parser names these all the same.
  bool Int(int) { return false; }
  bool Uint(unsigned) { return false; }
  bool Int64(int64_t) { return false; }
  bool Uint64(uint64_t) { return false; }
  bool Double(double) { return false; }

 private:
  bool PutKey() {
    if (key_ == nullptr) return true;
    const char* const key = std::exchange(key_, nullptr);
    return tree_.Key(key, key_length_, false);
  }
  bool Descend() {
    if (depth_ == kMaxDepth) return false;
    nulls_[++depth_] = 0;
    return true;
  }

  rapidjson::Document& tree_;
  const size_t nulls_out_to_;
  const char* key_ = nullptr;  // the key whose value comes next
  rapidjson::SizeType key_length_ = 0;
  size_t depth_ = 0;
  std::array<rapidjson::SizeType, kMaxDepth + 1> nulls_{};  // left out, per level
};

/// Writes numbers as numbers. The tree holds them as strings; but a string of it stands in the body
/// behind its quotation mark, and a number never does. (A number has something before it: only
/// members of the body's root are ever written.)
class Spelling : public rapidjson::Writer<rapidjson::StringBuffer> {
 public:
  using Writer::Writer;
  bool String(const char* text, rapidjson::SizeType length, bool copy = false) {
    if (text[-1] == '"') return Writer::String(text, length, copy);
    return RawValue(text, length, rapidjson::kNumberType);
  }
};

/// In the manner of our messages: lowercase, without a full stop.
std::string Problem(rapidjson::ParseErrorCode code) {
  std::string text = rapidjson::GetParseError_En(code);
  if (text.ends_with('.')) text.pop_back();
  if (!text.empty() && text[0] >= 'A' && text[0] <= 'Z') text[0] = static_cast<char>(text[0] + 32);
  return "not valid JSON (" + text + ")";
}

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

Result<JsonDocument, std::string> JsonDocument::Parse(std::string& text, Nulls nulls) {
  auto tree = std::make_unique<Tree>();
  const auto repaired = RepairText(text);
  if (!repaired) return std::string("the text is not UTF-8");
  tree->repaired = *repaired;

  rapidjson::InsituStringStream stream(text.data());
  rapidjson::Reader reader;
  const auto generator = [&](rapidjson::Document& document) {
    TreeBuilder builder(document, nulls == Nulls::kKeep ? 0 : kRecordDepth);
    return !reader.Parse<kFlags>(stream, builder).IsError();
  };
  tree->document.Populate(generator);
  if (reader.HasParseError()) {
    return Problem(reader.GetParseErrorCode()) + " at byte " +
           std::to_string(reader.GetErrorOffset()) + " of " + std::to_string(text.size());
  }
  if (stream.Tell() != text.size()) return std::string("there is a NUL byte after the JSON");
  return JsonDocument(std::move(tree));
}

JsonValue JsonDocument::root() const {
  return JsonValue(static_cast<const Node*>(&tree_->document));
}

uint64_t JsonDocument::repaired() const {
  return tree_->repaired;
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
    if (TextOf(member.name) != name) continue;
    return member.value.IsNull() ? JsonValue() : JsonValue(&member.value);
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
  Spelling writer(buffer);
  if (node_ != nullptr) At(node_).Accept(writer);
  return {buffer.GetString(), buffer.GetSize()};
}

}  // namespace hubmirror
