#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "compare/truth.h"

namespace hubmirror::compare {

struct Column {
  std::string name;
  std::string type;  ///< as PostgreSQL names it
};

/// A table or view as it stands in the database.
struct Relation {
  std::string name;
  std::vector<Column> columns;

  std::optional<size_t> Find(std::string_view column) const;
};

/// A line of the mirror's own `properties` table; NULL texts are "".
struct MirrorProperty {
  std::string name;
  std::string column_name;
  std::string storage;
  std::string type;
  std::string label;
  std::string group;
  std::string description;
  bool archived = false;
  std::string state;
  std::string blocked_by;
  bool excluded = false;
  std::string hashed_with;
  std::string shown;  ///< as in Definition
};

/// What the mirror says about the tables of one object type.
struct ObjectLayout {
  std::string object;
  Relation table;
  std::vector<Relation> views;  ///< `_live`, `_live_2`, ...
  std::vector<MirrorProperty> properties;
};

/// A row as text, cell by cell in the order of its relation's columns; nothing for NULL.
struct MirrorRow {
  RecordId id = 0;
  std::vector<std::optional<std::string>> cells;
};

}  // namespace hubmirror::compare
