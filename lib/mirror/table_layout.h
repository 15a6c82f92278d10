#pragma once

#include <cstddef>
#include <set>
#include <string>
#include <vector>

#include "mirror/property_selector.h"
#include "model/source/property.h"
#include "model/store/mirror_table.h"

namespace hubmirror {

/// Four hundred columns always fit a PostgreSQL row, more need not (a row has 8,160 bytes on its
/// page, and each value moved out of it leaves up to 20 behind).
inline constexpr size_t kMostPropertyColumns = 400;
/// Of these, a new table leaves this many free for properties that come later.
inline constexpr size_t kColumnsKeptFree = 40;

/// The id of an owner -> bigint, number -> numeric, bool -> boolean, date -> date, datetime ->
/// timestamptz, all else text.
ColumnType ColumnTypeOf(const PropertyDefinition& definition);

/// Properties that are asked for by their names although the portal does not list them.
struct UnlistedProperties {
  std::set<std::string> asked;
  std::set<std::string> shown;  ///< HubSpot was seen to answer with these
};

/// The table an object type should have. `definitions` is all that the portal lists, archived
/// ones included (a live one wins over an archived one of the same name); `standing` is the table
/// as it is, null for a new one; `forced` are the properties that get a column whatever else.
///
/// What stands keeps its place, column name and storage for ever. New properties follow in a fixed
/// order: those the mirror cannot do without (also when the portal does not list them), forced
/// ones, HubSpot's well-known ones, custom ones, the rest; as far as columns go, then `_overflow`.
/// A property in `_overflow` moves to a column only when it is forced, or when it waits for one:
/// `blocked_by` says why it has none yet.
///
/// A property is `filling` when it is new to a standing table, came back from the archive, or
/// changed its type (its column then has the new one). One that is archived, or no longer listed
/// at all, keeps column, type and values and counts as archived; one archived before it was ever
/// seen is left out. `blocked_by` of live properties is empty: it is for whoever applies the layout
/// to say, and to keep type and state as they stand for as long. `version` is that of `standing`.
///
/// One that is `unlisted.asked` for is a text, until the portal lists it after all; one that stands
/// keeps its definition. One that counts as archived does so until it is `shown`: asking for a name
/// that is no property any more would empty its column.
///
/// What `selector` excludes gets no column unless the mirror needs it; one that stands keeps its
/// place, marked `excluded`, and is `filling` when it is included again, or when it is hashed in
/// another way than before. Hashed properties are text.
MirrorTable PlanLayout(const ObjectType& object, const std::vector<PropertyDefinition>& definitions,
                       const MirrorTable* standing, const std::vector<std::string>& forced,
                       const PropertySelector& selector, const UnlistedProperties& unlisted = {});
/// With every property as HubSpot has it.
MirrorTable PlanLayout(const ObjectType& object, const std::vector<PropertyDefinition>& definitions,
                       const MirrorTable* standing, const std::vector<std::string>& forced);

}  // namespace hubmirror
