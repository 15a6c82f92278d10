#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace hubmirror::compare {

/// The kinds of property column; each has one PostgreSQL type.
enum class ValueKind { kText, kNumeric, kBoolean, kDate, kInstant, kId };

/// The kind a HubSpot property type calls for: number, bool, date and datetime have their own, the
/// id of an owner is one whatever its type, everything else is text.
ValueKind KindOfProperty(std::string_view hubspot_type, bool owner_id = false);
/// The kind of a column, by PostgreSQL's name for its type (`timestamp with time zone`); nothing
/// for a type that no property column may have.
std::optional<ValueKind> KindOfColumn(std::string_view postgres_type);
/// PostgreSQL's name for it.
std::string_view PostgresType(ValueKind kind);

/// What a mirror must hold of one raw value.
struct ExpectedValue {
  /// The cell in canonical text: numbers as PostgreSQL shows them (their scale counts), `true` and
  /// `false`, `YYYY-MM-DD`, instants to the millisecond. Nothing for NULL.
  std::optional<std::string> cell;
  /// What `_rejected` keeps: the raw text of a value that does not parse.
  std::optional<std::string> rejected;

  friend bool operator==(const ExpectedValue&, const ExpectedValue&) = default;
};

/// The tests' own reading of raw values. An empty one (HubSpot's way to say that there is none) is
/// NULL. number `[+-]?\d+(\.\d+)?([eE][+-]?\d{1,3})?`; bool true, false, yes, no in any case; date
/// `YYYY-MM-DD` or whole epoch milliseconds; datetime RFC 3339 or epoch milliseconds, also as a
/// decimal number; years 1 to 9999; an id has up to 18 digits. Anything else is rejected.
ExpectedValue Expect(ValueKind kind, std::string_view raw);

/// A cell as PostgreSQL shows it, in the same canonical text; nothing when it is not of the kind.
std::optional<std::string> CanonicalCell(ValueKind kind, std::string_view shown);

}  // namespace hubmirror::compare
