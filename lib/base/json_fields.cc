#include "base/json_fields.h"

#include <rapidjson/document.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

namespace hubmirror {

struct JsonFieldWriter::State {
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> writer{buffer};

  rapidjson::Writer<rapidjson::StringBuffer>& Named(std::string_view name) {
    writer.Key(name.data(), static_cast<rapidjson::SizeType>(name.size()));
    return writer;
  }
};

JsonFieldWriter::JsonFieldWriter() : state_(std::make_unique<State>()) {
  state_->writer.StartObject();
}
JsonFieldWriter::~JsonFieldWriter() = default;

void JsonFieldWriter::Put(std::string_view name, std::string_view text) {
  state_->Named(name).String(text.data(), static_cast<rapidjson::SizeType>(text.size()));
}

void JsonFieldWriter::Put(std::string_view name, int64_t number) {
  state_->Named(name).Int64(number);
}

void JsonFieldWriter::Put(std::string_view name, bool flag) {
  state_->Named(name).Bool(flag);
}

void JsonFieldWriter::Put(std::string_view name, TimePoint time) {
  Put(name, int64_t{time.time_since_epoch().count()});
}

void JsonFieldWriter::Put(std::string_view name, const std::optional<int64_t>& number) {
  if (number) Put(name, *number);
}

void JsonFieldWriter::Put(std::string_view name, const std::optional<TimePoint>& time) {
  if (time) Put(name, *time);
}

void JsonFieldWriter::Put(std::string_view name, const std::optional<RecordId>& id) {
  if (id) Put(name, id->value);
}

void JsonFieldWriter::Put(std::string_view name, const std::vector<RecordId>& ids) {
  BeginArray(name);
  for (const RecordId id : ids) state_->writer.Int64(id.value);
  EndArray();
}

void JsonFieldWriter::Put(std::string_view name, const std::vector<std::string>& texts) {
  state_->Named(name).StartArray();
  for (const std::string& text : texts) {
    state_->writer.String(text.data(), static_cast<rapidjson::SizeType>(text.size()));
  }
  state_->writer.EndArray();
}
void JsonFieldWriter::Put(std::string_view name, const std::map<std::string, std::string>& texts) {
  state_->Named(name).StartObject();
  for (const auto& [key, text] : texts) Put(key, std::string_view(text));
  state_->writer.EndObject();
}

void JsonFieldWriter::BeginArray(std::string_view name) {
  state_->Named(name).StartArray();
}
void JsonFieldWriter::BeginObject() {
  state_->writer.StartObject();
}
void JsonFieldWriter::EndObject() {
  state_->writer.EndObject();
}
void JsonFieldWriter::EndArray() {
  state_->writer.EndArray();
}

std::string JsonFieldWriter::Text() const {
  return std::string(state_->buffer.GetString(), state_->buffer.GetSize()) + "}";
}

struct JsonFields::Node {
  std::shared_ptr<const rapidjson::Document> document;  ///< keeps `object` alive
  const rapidjson::Value* object;

  const rapidjson::Value* Find(std::string_view name) const {
    const rapidjson::Value key(
        rapidjson::StringRef(name.data(), static_cast<rapidjson::SizeType>(name.size())));
    const auto found = object->FindMember(key);
    return found == object->MemberEnd() ? nullptr : &found->value;
  }
};

std::optional<JsonFields> JsonFields::Parse(std::string_view text) {
  const auto document = std::make_shared<rapidjson::Document>();
  document->Parse(text.data(), text.size());
  if (document->HasParseError() || !document->IsObject()) return std::nullopt;
  return JsonFields(std::make_shared<const Node>(Node{document, document.get()}));
}

std::optional<int64_t> JsonFields::Number(std::string_view name) const {
  const rapidjson::Value* value = node_->Find(name);
  if (value == nullptr || !value->IsInt64()) return std::nullopt;
  return value->GetInt64();
}

std::string JsonFields::Text(std::string_view name) const {
  const rapidjson::Value* value = node_->Find(name);
  if (value == nullptr || !value->IsString()) return {};
  return {value->GetString(), value->GetStringLength()};
}

bool JsonFields::Flag(std::string_view name) const {
  const rapidjson::Value* value = node_->Find(name);
  return value != nullptr && value->IsBool() && value->GetBool();
}

std::optional<TimePoint> JsonFields::Time(std::string_view name) const {
  const auto number = Number(name);
  if (!number) return std::nullopt;
  return TimePoint{std::chrono::milliseconds{*number}};
}

std::optional<RecordId> JsonFields::Id(std::string_view name) const {
  const auto number = Number(name);
  if (!number) return std::nullopt;
  return RecordId{*number};
}

std::optional<std::vector<RecordId>> JsonFields::Ids(std::string_view name) const {
  const rapidjson::Value* value = node_->Find(name);
  if (value == nullptr || !value->IsArray()) return std::nullopt;
  std::vector<RecordId> ids;
  for (const rapidjson::Value& item : value->GetArray()) {
    if (!item.IsInt64()) return std::nullopt;
    ids.push_back(RecordId{item.GetInt64()});
  }
  return ids;
}

std::optional<std::map<std::string, std::string>> JsonFields::Texts(std::string_view name) const {
  const rapidjson::Value* value = node_->Find(name);
  if (value == nullptr || !value->IsObject()) return std::nullopt;
  std::map<std::string, std::string> texts;
  for (const auto& [key, text] : value->GetObject()) {
    if (!text.IsString()) return std::nullopt;
    texts.emplace(std::string(key.GetString(), key.GetStringLength()),
                  std::string(text.GetString(), text.GetStringLength()));
  }
  return texts;
}

std::optional<std::vector<JsonFields>> JsonFields::Objects(std::string_view name) const {
  const rapidjson::Value* value = node_->Find(name);
  if (value == nullptr || !value->IsArray()) return std::nullopt;
  std::vector<JsonFields> objects;
  for (const rapidjson::Value& item : value->GetArray()) {
    if (!item.IsObject()) return std::nullopt;
    objects.push_back(JsonFields(std::make_shared<const Node>(Node{node_->document, &item})));
  }
  return objects;
}

}  // namespace hubmirror
