#include "compare/value.h"

#include <array>

#include "compare/decimal.h"
#include "compare/instant_text.h"
#include "compare/utf8.h"

namespace hubmirror::compare {
namespace {

constexpr std::array<std::string_view, 6> kPostgresTypes = {
    "text", "numeric", "boolean", "date", "timestamp with time zone", "bigint"};

std::string Lowered(std::string_view text) {
  std::string out(text);
  for (char& letter : out) {
    if (letter >= 'A' && letter <= 'Z') letter = static_cast<char>(letter - 'A' + 'a');
  }
  return out;
}

std::optional<std::string> ReadNumber(std::string_view raw) {
  const auto number = Decimal::Parse(raw);
  if (!number || !number->FitsNumeric()) return std::nullopt;
  return number->Shown();
}

std::optional<std::string> ReadBoolean(std::string_view raw) {
  const std::string word = Lowered(raw);
  if (word == "true" || word == "yes") return "true";
  if (word == "false" || word == "no") return "false";
  return std::nullopt;
}

std::optional<Milliseconds> ReadEpoch(std::string_view raw) {
  const auto number = Decimal::Parse(raw);
  const auto instant = number ? number->Floor() : std::nullopt;
  if (!instant || !IsStorableInstant(*instant)) return std::nullopt;
  return instant;
}

bool IsWhole(std::string_view raw) {
  return raw.find_first_of(".eE") == raw.npos;
}

std::optional<std::string> ReadDate(std::string_view raw) {
  auto day = ParseDay(raw);
  if (!day && IsWhole(raw)) day = ReadEpoch(raw);
  if (!day) return std::nullopt;
  return FormatDay(*day);
}

std::optional<std::string> ReadInstant(std::string_view raw) {
  auto instant = ParseRfc3339(raw);
  if (!instant) instant = ReadEpoch(raw);
  if (!instant) return std::nullopt;
  return FormatInstant(*instant);
}

std::optional<std::string> ReadId(std::string_view raw) {
  if (raw.empty() || raw.size() > 18) return std::nullopt;
  for (const char digit : raw) {
    if (digit < '0' || digit > '9') return std::nullopt;
  }
  const size_t first = raw.find_first_not_of('0');
  return first == raw.npos ? "0" : std::string(raw.substr(first));
}

std::optional<std::string> Read(ValueKind kind, std::string_view raw) {
  switch (kind) {
    case ValueKind::kText:
      return Storable(raw);
    case ValueKind::kNumeric:
      return ReadNumber(raw);
    case ValueKind::kBoolean:
      return ReadBoolean(raw);
    case ValueKind::kDate:
      return ReadDate(raw);
    case ValueKind::kInstant:
      return ReadInstant(raw);
    case ValueKind::kId:
      return ReadId(raw);
  }
  return std::nullopt;
}

}  // namespace

ValueKind KindOfProperty(std::string_view hubspot_type, bool owner_id) {
  if (owner_id) return ValueKind::kId;
  if (hubspot_type == "number") return ValueKind::kNumeric;
  if (hubspot_type == "bool") return ValueKind::kBoolean;
  if (hubspot_type == "date") return ValueKind::kDate;
  if (hubspot_type == "datetime") return ValueKind::kInstant;
  return ValueKind::kText;
}

std::optional<ValueKind> KindOfColumn(std::string_view postgres_type) {
  for (size_t i = 0; i < kPostgresTypes.size(); ++i) {
    if (kPostgresTypes[i] == postgres_type) return static_cast<ValueKind>(i);
  }
  return std::nullopt;
}

std::string_view PostgresType(ValueKind kind) {
  return kPostgresTypes[static_cast<size_t>(kind)];
}

ExpectedValue Expect(ValueKind kind, std::string_view raw) {
  if (raw.empty()) return {};
  if (auto cell = Read(kind, raw)) return {.cell = std::move(cell), .rejected = std::nullopt};
  return {.cell = std::nullopt, .rejected = Storable(raw)};
}

std::optional<std::string> CanonicalCell(ValueKind kind, std::string_view shown) {
  switch (kind) {
    case ValueKind::kText:
      return std::string(shown);
    case ValueKind::kNumeric:
      return ReadNumber(shown);
    case ValueKind::kId:
      return ReadId(shown);
    case ValueKind::kBoolean:
      if (shown == "t" || shown == "true") return "true";
      if (shown == "f" || shown == "false") return "false";
      return std::nullopt;
    case ValueKind::kDate: {
      const auto day = ParseDay(shown);
      if (!day) return std::nullopt;
      return FormatDay(*day);
    }
    case ValueKind::kInstant: {
      const auto instant = ParsePostgresInstant(shown);
      if (!instant) return std::nullopt;
      return FormatInstant(*instant);
    }
  }
  return std::nullopt;
}

}  // namespace hubmirror::compare
