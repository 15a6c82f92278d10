#pragma once

#include <rapidjson/prettywriter.h>
#include <rapidjson/stringbuffer.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace hubmirror {

/// One JSON document that a verb writes for programs: indented, ended by a newline. The calls are
/// those of a writer, each with the name of its member first, or without one inside an array. Owned
/// by one thread.
class JsonPage {
 public:
  JsonPage() { writer_.SetIndent(' ', 2); }
  JsonPage(const JsonPage&) = delete;
  JsonPage& operator=(const JsonPage&) = delete;

  void BeginObject() { writer_.StartObject(); }
  void BeginObject(std::string_view name) {
    Name(name);
    writer_.StartObject();
  }
  void EndObject() { writer_.EndObject(); }
  void BeginArray() { writer_.StartArray(); }
  void BeginArray(std::string_view name) {
    Name(name);
    writer_.StartArray();
  }
  void EndArray() { writer_.EndArray(); }

  void Item(std::string_view text) { writer_.String(text.data(), Size(text)); }
  void Put(std::string_view name, std::string_view text) {
    Name(name);
    Item(text);
  }
  // Without it a literal would be taken for a flag.
  void Put(std::string_view name, const char* text) { Put(name, std::string_view(text)); }
  void Put(std::string_view name, int64_t number) {
    Name(name);
    writer_.Int64(number);
  }
  void Put(std::string_view name, bool flag) {
    Name(name);
    writer_.Bool(flag);
  }
  void PutNull(std::string_view name) {
    Name(name);
    writer_.Null();
  }
  /// A value that is JSON already.
  void PutJson(std::string_view name, std::string_view json) {
    Name(name);
    writer_.RawValue(json.data(), json.size(), rapidjson::kObjectType);
  }

  std::string Text() const { return std::string(buffer_.GetString(), buffer_.GetSize()) + "\n"; }

 private:
  static rapidjson::SizeType Size(std::string_view text) {
    return static_cast<rapidjson::SizeType>(text.size());
  }
  void Name(std::string_view name) { writer_.Key(name.data(), Size(name)); }

  rapidjson::StringBuffer buffer_;
  rapidjson::PrettyWriter<rapidjson::StringBuffer> writer_{buffer_};
};

}  // namespace hubmirror
