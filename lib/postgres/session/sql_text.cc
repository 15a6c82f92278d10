#include "postgres/session/sql_text.h"

#include <array>
#include <charconv>

#include "base/time_text.h"

namespace hubmirror {
namespace {

std::string Doubled(std::string_view text, char quote) {
  std::string quoted(1, quote);
  for (const char c : text) {
    if (c == quote) quoted += quote;
    quoted += c;
  }
  quoted += quote;
  return quoted;
}

}  // namespace

std::string QuoteName(std::string_view name) {
  return Doubled(name, '"');
}

std::string QuoteName(std::string_view schema, std::string_view name) {
  return QuoteName(schema) + "." + QuoteName(name);
}

std::string QuoteLiteral(std::string_view text) {
  // A backslash means itself only while standard_conforming_strings is on; E'' says it either way.
  if (text.find('\\') == std::string_view::npos) return Doubled(text, '\'');
  std::string escaped;
  for (const char c : text) {
    if (c == '\\') escaped += '\\';
    escaped += c;
  }
  return "E" + Doubled(escaped, '\'');
}

Param TimeParam(std::optional<TimePoint> time) {
  if (!time) return std::nullopt;
  return FormatRfc3339(*time);
}

Param TextParam(const std::string& text) {
  if (text.empty()) return std::nullopt;
  return text;
}

// Arrays, and not a parameter for each value: a statement takes 65,535 parameters
// (https://www.postgresql.org/docs/current/limits.html), and each number of them would be a
// statement of its own to plan.
void ArrayText::Separate() {
  if (text_.size() > 1) text_ += ',';
}

void ArrayText::Add(std::string_view text) {
  Separate();
  text_ += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') text_ += '\\';
    text_ += c;
  }
  text_ += '"';
}

void ArrayText::Add(int64_t number) {
  Separate();
  std::array<char, 24> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number);
  text_.append(digits.data(), end.ptr);
}

void ArrayText::AddFlag(bool flag) {
  Separate();
  text_ += flag ? 't' : 'f';
}

void ArrayText::AddParam(const Param& value) {
  if (value) {
    Add(std::string_view(*value));
  } else {
    AddNull();
  }
}

void ArrayText::AddNull() {
  Separate();
  text_ += "NULL";
}

std::string ArrayText::Take() {
  std::string taken = std::move(text_);
  taken += '}';
  text_ = "{";
  return taken;
}

std::string IdArray(const std::vector<RecordId>& ids) {
  ArrayText array;
  for (const RecordId id : ids) array.Add(id.value);
  return array.Take();
}

std::string NameArray(const std::vector<std::string>& names) {
  ArrayText array;
  for (const std::string& name : names) array.Add(name);
  return array.Take();
}

std::string Join(const std::vector<std::string>& parts, std::string_view separator) {
  std::string joined;
  for (const std::string& part : parts) {
    if (!joined.empty()) joined += separator;
    joined += part;
  }
  return joined;
}

// A number: the text of a timestamptz follows the DateStyle and TimeZone of the session.
std::string EpochOf(std::string_view expression) {
  return "floor(extract(epoch FROM " + std::string(expression) + ") * 1000)::bigint";
}

}  // namespace hubmirror
