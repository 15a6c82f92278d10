#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "model/store/mirror_table.h"

namespace hubmirror {

/// One thing that changes, or has changed, in what the mirror has of an object type.
struct SchemaChange {
  enum class Kind {
    kCreateTable,
    kAddColumn,    ///< a property that the mirror did not have, or whose column was dropped by hand
    kAddOverflow,  ///< the same, kept in `_overflow`: no column is free for it
    kMoveToColumn,  ///< from `_overflow`
    kRetypeColumn,  ///< a new column of the new type, filled from HubSpot
    kExclude,       ///< by the configuration: its values go
    kInclude,       ///< again: its values are filled
    kRehash,        ///< values are hashed, in another way than before, or no longer
    kArchive,       ///< in HubSpot: column and values stay
    kRestore,       ///< in HubSpot: filled again
    kCreateIndex,
    kDropIndex,
  };
  Kind kind = Kind::kCreateTable;
  std::string property;     ///< empty where the change is of the table
  std::string column_name;  ///< of an index that is dropped: empty
  std::string detail;       ///< lowercase words, `text to numeric`; of an index its name

  friend bool operator==(const SchemaChange&, const SchemaChange&) = default;
};

/// `create_table`, `add_column`, ... as in table `schema_changes`.
std::string_view NameOf(SchemaChange::Kind kind);

/// How a table gets from `standing` (empty: there is none) to `wanted`, in the order of its
/// columns. Labels, descriptions and options are no changes of the schema. Pure.
std::vector<SchemaChange> CompareLayouts(const std::vector<MirrorColumn>& standing,
                                         const std::vector<MirrorColumn>& wanted);

}  // namespace hubmirror
