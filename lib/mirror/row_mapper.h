#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "mirror/row_hash.h"
#include "mirror/value_hasher.h"
#include "model/source/page.h"
#include "model/store/row.h"

namespace hubmirror {

/// Turns records into rows of one table, read under one property set. A value goes to the column
/// of its property, parsed by value_parser.h; one whose property has no column goes, parsed the
/// same, to `_overflow`; one that does not parse goes, raw, to `_rejected`. Both are JSON objects
/// of strings keyed by property name: a view over `_overflow` must cast to the property's type
/// (`(_overflow ->> 'name')::numeric`), and every value there allows that cast. The table has no
/// definition for a property asked for? Its values are kept in `_overflow` as text. Values of an
/// excluded property are dropped, and of a hashed one the hash takes the value's place everywhere.
///
/// Immutable; thread-safe.
class RowMapper {
 public:
  /// `asked` is the set the pages to map were asked with. `hasher` may be null; properties hashed
  /// with another key than its own are dropped, so that no value is ever stored in the clear.
  RowMapper(MirrorTablePtr table, PropertySetPtr asked,
            std::shared_ptr<const ValueHasher> hasher = nullptr);

  /// Appends a row for each record of `page`. The batch is new, or was begun by this mapper.
  void Append(const Page& page, RowBatch& batch) const;

 private:
  /// What the mirror itself reads in a value, besides storing it.
  enum class Meaning : char { kNone, kModifiedStamp, kMergedIds };
  /// Where the values of one asked property go.
  struct Place {
    RowHash::Key key;
    ColumnType type;
    Meaning meaning;
    std::optional<uint32_t> column;  ///< position in the shape's columns; absent: `_overflow`
    bool dropped = false;
    bool hashed = false;
  };
  class Mapping;

  static Meaning MeaningOf(const ObjectType& object, std::string_view property);

  PropertySetPtr asked_;
  std::shared_ptr<const ValueHasher> hasher_;
  std::shared_ptr<const RowShape> shape_;
  std::vector<Place> places_;  ///< one for each of asked_->names()
};

}  // namespace hubmirror
