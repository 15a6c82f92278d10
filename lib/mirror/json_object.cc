#include "mirror/json_object.h"

#include "mirror/copy_text.h"

namespace hubmirror {
namespace {

constexpr std::string_view kHex = "0123456789abcdef";

}  // namespace

void JsonObject::Add(std::string_view key, std::string_view value) {
  text_ += text_.empty() ? '{' : ',';
  AppendString(key);
  text_ += ':';
  AppendString(value);
}

void JsonObject::Clear() {
  text_.clear();
  replaced_ = 0;
}

void JsonObject::AppendString(std::string_view value) {
  text_ += '"';
  for (const char letter : value) {
    const auto byte = static_cast<unsigned char>(letter);
    if (letter == '"' || letter == '\\') {
      text_ += '\\';
      text_ += letter;
    } else if (byte >= 0x20) {
      text_ += letter;
    } else if (byte == 0) {
      text_ += "\xEF\xBF\xBD";
      ++replaced_;
    } else {
      text_ += "\\u00";
      text_ += kHex[byte >> 4];
      text_ += kHex[byte & 15];
    }
  }
  text_ += '"';
}

void JsonObject::AppendCopy(std::string& out) const {
  if (text_.empty()) {
    out += kCopyNull;
    return;
  }
  AppendCopyText(text_, out);
  out += '}';
}

}  // namespace hubmirror
