#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "compare/instant_text.h"

namespace hubmirror::compare {

using RecordId = int64_t;

/// A property as the portal defines it.
struct Definition {
  std::string name;
  std::string label;
  std::string type;
  std::string description;
  std::string group;
  bool archived = false;
  bool sensitive = false;          ///< or highly sensitive
  bool owner_id = false;           ///< of one owner; several at once are a text
  std::string shown = "-1||f|||";  ///< order, currency, symbol and hints of number, text, date
  bool calculated = false;         ///< its values change without moving the record's stamp
};

enum class RecordState { kLive, kArchived, kMerged, kErased, kPurged };

/// One record as the portal itself knows it, gone ones too.
struct TruthRecord {
  RecordId id = 0;
  RecordState state = RecordState::kLive;
  std::optional<RecordId> merged_into;        ///< the last survivor
  std::optional<RecordState> survivor_state;  ///< of `merged_into`
  Milliseconds created_at = 0;
  Milliseconds updated_at = 0;
  std::optional<Milliseconds> archived_at;
  Milliseconds modified = 0;  ///< the modified property
  bool read = false;          ///< a list or a read carried it at least once
  bool listed = false;        ///< the live or the archived list shows it now
  Milliseconds changed_at = 0;
  std::string last_change;  ///< create, update, archive, ...; `initial` before the start
  std::map<std::string, std::string, std::less<>> properties;  ///< raw values

  /// The raw value, "" when there is none.
  std::string_view Raw(std::string_view property) const;
  bool there() const { return state == RecordState::kLive || state == RecordState::kArchived; }
  /// Whether a client can have heard of it.
  bool knowable() const { return read || listed; }
};

/// One line of the portal's truth endpoint. Throws std::runtime_error when it cannot be read.
TruthRecord ParseTruthLine(std::string_view line);

/// The `results` of the portal's own list of definitions.
std::vector<Definition> ParseDefinitions(std::string_view json);

}  // namespace hubmirror::compare
