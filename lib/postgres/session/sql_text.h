#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"

namespace hubmirror {

/// A value for `$1`, `$2`, ... as text; absent is NULL.
using Param = std::optional<std::string>;
using Params = std::vector<Param>;

/// `name` as an SQL identifier: `"na""me"`.
std::string QuoteName(std::string_view name);
/// `"schema"."name"`.
std::string QuoteName(std::string_view schema, std::string_view name);
/// `text` as an SQL string: `'it''s'`. For texts without parameters (DDL) only.
std::string QuoteLiteral(std::string_view text);

/// Milliseconds precision; NULL when absent.
Param TimeParam(std::optional<TimePoint> time);
/// NULL when empty.
Param TextParam(const std::string& text);

/// Builds an array literal for a parameter: `{1,"a\"b",NULL}`. Owned by one thread.
class ArrayText {
 public:
  void Add(std::string_view text);
  void Add(int64_t number);
  void AddFlag(bool flag);
  void AddParam(const Param& value);
  void AddNull();
  /// The finished literal; the object is empty again.
  std::string Take();

 private:
  void Separate();

  std::string text_ = "{";
};

std::string IdArray(const std::vector<RecordId>& ids);
std::string NameArray(const std::vector<std::string>& names);

/// `a, b, c`.
std::string Join(const std::vector<std::string>& parts, std::string_view separator = ", ");

/// SQL for the milliseconds since 1970 of a timestamptz, which Rows::Time reads. Rounds down, as
/// the mirror's values have whole milliseconds and a hand-made one must not look newer than it is.
std::string EpochOf(std::string_view expression);

}  // namespace hubmirror
