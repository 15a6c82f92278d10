#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "model/source/page.h"
#include "model/store/mirror_table.h"

namespace hubmirror {

/// Makes the hash by which a record that did not change is recognised without writing it: over the
/// envelope and the non-empty values in order of their property names, each with name, type and
/// place, so that a retyped or moved property is written again, while a property that is added
/// changes nothing for the records that do not have it. Stored: it must stay the same across
/// versions and machines. Reusable. Owned by one thread.
class RowHash {
 public:
  /// What stands for a property in the hash: its name, its type, and whether it has a column.
  struct Key {
    Key(std::string_view name, ColumnType type, Storage storage);
    uint64_t seed;
  };

  /// Starts over with the envelope of `record`.
  void Begin(const Record& record);
  /// Adds a value; in ascending order of property names.
  void Add(const Key& key, std::string_view raw);
  int64_t Finish() const;

 private:
  std::vector<uint64_t> words_;  ///< the envelope, then one for each value
};

}  // namespace hubmirror
