#include "endpoints/json_fields.h"

#include <rapidjson/error/en.h>

#include <stdexcept>

namespace simulated_portal {

rapidjson::Document ParseJsonObject(std::string_view text) {
  rapidjson::Document document;
  document.Parse(text.data(), text.size());
  if (document.HasParseError()) {
    throw std::runtime_error(std::string("not JSON: ") +
                             rapidjson::GetParseError_En(document.GetParseError()) + " at byte " +
                             std::to_string(document.GetErrorOffset()));
  }
  if (!document.IsObject()) throw std::runtime_error("not a JSON object");
  return document;
}

JsonFields::JsonFields(const rapidjson::Value& object, std::string where)
    : object_(object), where_(std::move(where)) {
  if (!object.IsObject()) throw std::runtime_error(where_ + ": not an object");
}

void JsonFields::Fail(std::string_view name, std::string_view problem) const {
  std::string message = where_;
  if (!message.empty()) message += '.';
  throw std::runtime_error(message.append(name).append(": ").append(problem));
}

const rapidjson::Value* JsonFields::Take(const char* name) {
  known_.emplace(name);
  const auto member = object_.FindMember(name);
  return member == object_.MemberEnd() ? nullptr : &member->value;
}

void JsonFields::RefuseOthers() const {
  for (const auto& member : object_.GetObject()) {
    const std::string_view name(member.name.GetString(), member.name.GetStringLength());
    if (!known_.contains(name)) Fail(name, "unknown key");
  }
}

bool JsonFields::Read(const char* name, std::string& target) {
  const rapidjson::Value* value = Take(name);
  if (value == nullptr) return false;
  if (value->IsInt64()) {  // Ids are welcome as numbers too.
    target = std::to_string(value->GetInt64());
    return true;
  }
  if (!value->IsString()) Fail(name, "not a string");
  target.assign(value->GetString(), value->GetStringLength());
  return true;
}

bool JsonFields::Read(const char* name, int64_t& target) {
  const rapidjson::Value* value = Take(name);
  if (value == nullptr) return false;
  if (!value->IsInt64()) Fail(name, "not a whole number");
  target = value->GetInt64();
  return true;
}

bool JsonFields::Read(const char* name, uint64_t& target) {
  const rapidjson::Value* value = Take(name);
  if (value == nullptr) return false;
  if (!value->IsUint64()) Fail(name, "not a whole number");
  target = value->GetUint64();
  return true;
}

bool JsonFields::Read(const char* name, double& target) {
  const rapidjson::Value* value = Take(name);
  if (value == nullptr) return false;
  if (!value->IsNumber()) Fail(name, "not a number");
  target = value->GetDouble();
  return true;
}

bool JsonFields::Read(const char* name, bool& target) {
  const rapidjson::Value* value = Take(name);
  if (value == nullptr) return false;
  if (!value->IsBool()) Fail(name, "neither true nor false");
  target = value->GetBool();
  return true;
}

bool JsonFields::Read(const char* name, std::vector<std::string>& target) {
  const rapidjson::Value* value = Take(name);
  if (value == nullptr) return false;
  if (!value->IsArray()) Fail(name, "not a list");
  target.clear();
  for (const auto& item : value->GetArray()) {
    if (!item.IsString()) Fail(name, "not a list of strings");
    target.emplace_back(item.GetString(), item.GetStringLength());
  }
  return true;
}

bool JsonFields::ReadDuration(const char* name, Duration& target) {
  const rapidjson::Value* value = Take(name);
  if (value == nullptr) return false;
  std::optional<Duration> parsed;
  if (value->IsString()) parsed = ParseDuration(value->GetString());
  if (value->IsInt64()) parsed = value->GetInt64();
  if (!parsed || *parsed < -1000 * kDay) Fail(name, "not a duration such as 250ms, 20s, 2m or 1h");
  target = *parsed;
  return true;
}

bool JsonFields::ReadObject(const char* name, const Visit& visit) {
  const rapidjson::Value* value = Take(name);
  if (value == nullptr) return false;
  visit(JsonFields(*value, where_.empty() ? name : where_ + "." + name));
  return true;
}

bool JsonFields::ReadObjects(const char* name, const Visit& visit) {
  const rapidjson::Value* value = Take(name);
  if (value == nullptr) return false;
  if (!value->IsArray()) Fail(name, "not a list");
  const std::string where = where_.empty() ? name : where_ + "." + name;
  for (rapidjson::SizeType i = 0; i < value->Size(); ++i) {
    visit(JsonFields((*value)[i], where + "[" + std::to_string(i) + "]"));
  }
  return true;
}

bool JsonFields::ReadTexts(const char* name, const VisitText& visit) {
  const rapidjson::Value* value = Take(name);
  if (value == nullptr) return false;
  if (!value->IsObject()) Fail(name, "not an object");
  for (const auto& member : value->GetObject()) {
    if (!member.value.IsString() && !member.value.IsNull()) Fail(name, "has a value not a string");
    const std::string text = member.value.IsNull() ? std::string()
                                                   : std::string(member.value.GetString(),
                                                                 member.value.GetStringLength());
    visit(std::string(member.name.GetString(), member.name.GetStringLength()), text);
  }
  return true;
}

}  // namespace simulated_portal
