#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "model/source/object_type.h"
#include "model/source/property.h"
#include "model/source/shared_definition.h"

namespace hubmirror {

/// The PostgreSQL types of property columns; the letter goes into the row hash, so that a retyped
/// property is written again.
enum class ColumnType : char {
  kText = 't',
  kNumeric = 'n',
  kInteger = 'i',
  kBoolean = 'b',
  kDate = 'd',
  kTimestamp = 'z',
};

/// `text`, `numeric`, `bigint`, `boolean`, `date` or `timestamptz`.
std::string_view SqlName(ColumnType type);

/// Where a property's values are: a column of the table, or its `_overflow`.
enum class Storage { kColumn, kOverflow };

/// `filling`: the values of existing records are still being read.
enum class PropertyState { kCurrent, kFilling };

/// One property of an object type in the mirror.
struct MirrorColumn {
  SharedDefinition definition;
  std::string column_name;  ///< unique within the table; the property's name in the `_live` view
  ColumnType type = ColumnType::kText;
  Storage storage = Storage::kColumn;
  PropertyState state = PropertyState::kCurrent;
  /// What prevents a retype, such as someone's own view; empty when nothing does.
  std::string blocked_by;
  /// Left out by the operator's selection: not asked for, its values not kept, shown as NULL. What
  /// the mirror cannot do without (IsAlwaysAsked) is kept in the table all the same.
  bool excluded = false;
  /// Not empty: the values are keyed hashes, made with the key of this id (mirror/value_hasher.h).
  std::string hashed_with;

  const std::string& property() const { return definition->name; }
  friend bool operator==(const MirrorColumn&, const MirrorColumn&) = default;
};

/// The table of one object type as it stands in the database. Immutable once shared; a change of
/// layout makes a new one with the next version.
struct MirrorTable {
  ObjectType object;
  std::vector<MirrorColumn> columns;  ///< archived properties included; order never changes
  uint64_t version = 0;

  const std::string& name() const { return object.name; }
};

using MirrorTablePtr = std::shared_ptr<const MirrorTable>;

/// Whether the values of existing records have to be read once a property's column `before` has
/// become `after`: they were not asked for, or were kept in another form.
bool NeedsFilling(const MirrorColumn& before, const MirrorColumn& after);

/// Whether the mirror cannot do without a property: hs_object_id, the modified property,
/// hs_merged_object_ids, hs_calculated_merged_vids.
bool IsAlwaysAsked(const ObjectType& object, std::string_view property);

/// Whether nobody but HubSpot ever sets a property, whatever its definition says: what the mirror
/// cannot do without, and when a record was made.
bool IsNeverWritten(const ObjectType& object, std::string_view property);

/// Whether HubSpot keeps the values of a property unique among the records of its type: as it says,
/// and the e-mail addresses of contacts.
bool HasUniqueValues(const ObjectType& object, const PropertyDefinition& definition);

/// Whether values of a column's property may be stored at all.
bool KeepsValues(const ObjectType& object, const MirrorColumn& column);

/// The names to ask for to read whole records: every property that is neither archived nor
/// excluded, and those the mirror cannot do without.
PropertySetPtr WholeSet(const MirrorTable& table);

}  // namespace hubmirror
