#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace hubmirror {

/// The columns beside properties that every table of records has, and that may be indexed.
bool IsEnvelopeColumn(std::string_view name);

/// One item of `indexes` in the configuration. Immutable.
struct IndexKey {
  std::string name;        ///< of a property, or of a column of the envelope, which goes first
  bool lowercase = false;  ///< on lower(name)

  bool of_envelope() const { return IsEnvelopeColumn(name); }
};

/// `name` or `lower(name)`, where a name has neither spaces nor `,`, `(`, `)`; nothing else is one.
/// Columns of the envelope are no texts and have no lower(). Pure.
std::optional<IndexKey> ParseIndexKey(std::string_view text);

}  // namespace hubmirror
