#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace hubmirror::compare {

/// A JSON value, for the tests' own reading of what the simulated portal and the daemon say.
/// Nothing here is shared with the daemon. Unpaired surrogate escapes become three bytes each, as
/// if they were code points (WTF-8), so that a caller can still see them. Immutable.
class Json {
 public:
  using Array = std::vector<Json>;
  using Object = std::map<std::string, Json, std::less<>>;

  Json() = default;

  /// One whole document. Throws std::runtime_error with the place of the first error.
  static Json Parse(std::string_view text);

  bool is_null() const { return std::holds_alternative<std::monostate>(value_); }
  bool is_string() const { return std::holds_alternative<std::string>(value_); }
  bool is_bool() const { return std::holds_alternative<bool>(value_); }
  bool is_array() const { return std::holds_alternative<Array>(value_); }
  bool is_object() const { return std::holds_alternative<Object>(value_); }

  /// The value as that type; throws std::runtime_error when it is another.
  bool AsBool() const;
  double AsNumber() const;
  int64_t AsInteger() const;
  const std::string& AsString() const;
  const Array& AsArray() const;
  const Object& AsObject() const;

  bool Has(std::string_view key) const;
  /// A member of an object; throws std::runtime_error when there is none.
  const Json& operator[](std::string_view key) const;
  /// The string of a member, or "" when it is missing or null.
  std::string Text(std::string_view key) const;
  /// The flag of a member, or false when it is missing or null.
  bool Flag(std::string_view key) const;

 private:
  friend class JsonReader;

  std::variant<std::monostate, bool, double, std::string, Array, Object> value_;
};

/// `text` as a JSON string with its quotes.
std::string JsonQuoted(std::string_view text);

}  // namespace hubmirror::compare
