#include "compare/json.h"

#include <charconv>
#include <cmath>
#include <cstdio>
#include <stdexcept>
#include <utility>

#include "compare/utf8.h"

namespace hubmirror::compare {
namespace {

constexpr int kDeepest = 100;

template <typename T, typename Variant>
const T& Get(const Variant& value, const char* name) {
  const T* held = std::get_if<T>(&value);
  if (held == nullptr) throw std::runtime_error(std::string("the JSON value is no ") + name);
  return *held;
}

}  // namespace

class JsonReader {
 public:
  explicit JsonReader(std::string_view text) : text_(text) {}

  Json ReadDocument() {
    Json value = ReadValue(0);
    SkipBlanks();
    if (at_ != text_.size()) Fail("something follows the value");
    return value;
  }

 private:
  [[noreturn]] void Fail(const std::string& what) const {
    throw std::runtime_error("bad JSON at byte " + std::to_string(at_) + ": " + what);
  }

  char Peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }

  void SkipBlanks() {
    while (at_ < text_.size() && std::string_view(" \t\r\n").find(text_[at_]) != text_.npos) ++at_;
  }

  bool Accept(char wanted) {
    SkipBlanks();
    if (Peek() != wanted) return false;
    ++at_;
    return true;
  }

  void Expect(char wanted) {
    if (!Accept(wanted)) Fail(std::string("expected ") + wanted);
  }

  void ExpectWord(std::string_view word) {
    if (text_.substr(at_, word.size()) != word) Fail("unknown word");
    at_ += word.size();
  }

  Json ReadValue(int depth) {
    if (depth > kDeepest) Fail("nested too deeply");
    SkipBlanks();
    Json result;
    switch (Peek()) {
      case '{':
        result.value_ = ReadObject(depth);
        break;
      case '[':
        result.value_ = ReadArray(depth);
        break;
      case '"':
        result.value_ = ReadString();
        break;
      case 't':
        ExpectWord("true");
        result.value_ = true;
        break;
      case 'f':
        ExpectWord("false");
        result.value_ = false;
        break;
      case 'n':
        ExpectWord("null");
        break;
      default:
        result.value_ = ReadNumber();
    }
    return result;
  }

  Json::Object ReadObject(int depth) {
    Json::Object object;
    Expect('{');
    if (Accept('}')) return object;
    do {
      SkipBlanks();
      std::string key = ReadString();
      Expect(':');
      if (!object.emplace(key, ReadValue(depth + 1)).second) Fail("key " + key + " twice");
    } while (Accept(','));
    Expect('}');
    return object;
  }

  Json::Array ReadArray(int depth) {
    Json::Array array;
    Expect('[');
    if (Accept(']')) return array;
    do {
      array.push_back(ReadValue(depth + 1));
    } while (Accept(','));
    Expect(']');
    return array;
  }

  double ReadNumber() {
    double number = 0;
    const char* begin = text_.data() + at_;
    const auto [end, error] = std::from_chars(begin, text_.data() + text_.size(), number);
    if (error != std::errc() || end == begin) Fail("expected a value");
    at_ += static_cast<size_t>(end - begin);
    return number;
  }

  std::string ReadString() {
    if (Peek() != '"') Fail("expected a string");
    ++at_;
    std::string out;
    while (true) {
      const size_t stop = text_.find_first_of("\"\\", at_);
      if (stop == text_.npos) Fail("the string does not end");
      out += text_.substr(at_, stop - at_);
      at_ = stop + 1;
      if (text_[stop] == '"') return out;
      ReadEscape(out);
    }
  }

  void ReadEscape(std::string& out) {
    static constexpr std::string_view kLetters = "\"\\/bfnrt";
    static constexpr std::string_view kMeanings = "\"\\/\b\f\n\r\t";
    const char letter = Peek();
    ++at_;
    if (letter == 'u') {
      AppendUtf8(out, ReadCodePoint());
      return;
    }
    const size_t known = kLetters.find(letter);
    if (known == kLetters.npos) Fail("unknown escape");
    out += kMeanings[known];
  }

  uint32_t ReadCodePoint() {
    const uint32_t first = ReadUnit();
    if (first < 0xD800 || first > 0xDBFF || text_.substr(at_, 2) != "\\u") return first;
    const size_t before = at_;
    at_ += 2;
    const uint32_t second = ReadUnit();
    if (second >= 0xDC00 && second <= 0xDFFF) {
      return 0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00);
    }
    at_ = before;  // The first one stands alone.
    return first;
  }

  uint32_t ReadUnit() {
    uint32_t unit = 0;
    const std::string_view digits = text_.substr(std::min(at_, text_.size()), 4);
    const char* end = digits.data() + digits.size();
    const auto read = std::from_chars(digits.data(), end, unit, 16);
    if (digits.size() != 4 || read.ptr != end) Fail("expected four hex digits");
    at_ += 4;
    return unit;
  }

  const std::string_view text_;
  size_t at_ = 0;
};

Json Json::Parse(std::string_view text) {
  return JsonReader(text).ReadDocument();
}

bool Json::AsBool() const {
  return Get<bool>(value_, "boolean");
}
double Json::AsNumber() const {
  return Get<double>(value_, "number");
}
int64_t Json::AsInteger() const {
  return std::llround(AsNumber());
}
const std::string& Json::AsString() const {
  return Get<std::string>(value_, "string");
}
const Json::Array& Json::AsArray() const {
  return Get<Array>(value_, "array");
}
const Json::Object& Json::AsObject() const {
  return Get<Object>(value_, "object");
}

bool Json::Has(std::string_view key) const {
  const Object* object = std::get_if<Object>(&value_);
  return object != nullptr && object->find(key) != object->end();
}

const Json& Json::operator[](std::string_view key) const {
  const Object& object = AsObject();
  const auto found = object.find(key);
  if (found == object.end()) throw std::runtime_error("no JSON member " + std::string(key));
  return found->second;
}

std::string Json::Text(std::string_view key) const {
  if (!Has(key) || (*this)[key].is_null()) return "";
  return (*this)[key].AsString();
}

bool Json::Flag(std::string_view key) const {
  return Has(key) && !(*this)[key].is_null() && (*this)[key].AsBool();
}

std::string JsonQuoted(std::string_view text) {
  std::string out = "\"";
  for (const char letter : text) {
    if (letter == '"' || letter == '\\') {
      out += '\\';
      out += letter;
    } else if (static_cast<unsigned char>(letter) < 0x20) {
      char escape[8];
      std::snprintf(escape, sizeof(escape), "\\u%04x", static_cast<unsigned>(letter));
      out += escape;
    } else {
      out += letter;
    }
  }
  return out + '"';
}

}  // namespace hubmirror::compare
