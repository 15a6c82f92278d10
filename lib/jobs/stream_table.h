#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/mutex.h"
#include "base/result.h"
#include "base/secret.h"
#include "mirror/row_mapper.h"
#include "mirror/value_hasher.h"
#include "model/portal/portal_plan.h"
#include "model/source/api_error.h"
#include "model/source/page.h"
#include "model/store/mirror_table.h"
#include "model/store/row.h"

namespace hubmirror {

using HasherPtr = std::shared_ptr<const ValueHasher>;

/// A table as it stands, read as a whole: its columns, the key that its hashed properties are made
/// with, and what to ask for to read whole records of it. Whoever asks HubSpot for records keeps
/// the shape that they are asked with, whatever becomes of the table meanwhile. Immutable.
struct TableShape {
  MirrorTablePtr table;      ///< never null
  HasherPtr hasher;          ///< null when nothing is hashed
  PropertySetPtr whole_set;  ///< never null
};
/// Null: there is no table.
using TableShapePtr = std::shared_ptr<const TableShape>;

/// The table of one stream: as it stands now, and how pages become rows of it. Thread-safe.
class StreamTable {
 public:
  /// `hash_key` reads the key that values are hashed with.
  StreamTable(const StreamPlan& plan, std::function<Result<Secret, std::string>()> hash_key);

  /// Null before the catalog has made the table, and after somebody dropped it.
  TableShapePtr Now() const;
  /// The columns of the same; null when there is none.
  MirrorTablePtr layout() const;

  /// Takes the table as it is stored, unless it was made for another selection than the operator's
  /// of today: then there is none until the catalog has brought it up to date, so that no value is
  /// stored that should not be.
  void AdoptStored(MirrorTablePtr table);
  /// Reads the key anew; null when nothing is hashed. Does not change what Map hashes with.
  Result<HasherPtr, ApiError> ReadHasher() const;
  /// A table with the key that its hashed properties are made with. Whether other properties are
  /// asked for now than for the last table there was.
  bool Set(MirrorTablePtr table, HasherPtr hasher);
  /// The same table with other words about its columns. One that was dropped stays so.
  void Replace(MirrorTablePtr table);
  /// Somebody dropped it: the catalog makes it again.
  void Drop();

  /// Page -> rows for the table as it stands, under the set the page was asked with. When there is
  /// no table any more, for the one it was `asked_for`: writing the rows then tells.
  RowBatch Map(const Page& page, const TableShape& asked_for) const;

 private:
  void Put(MirrorTablePtr table, HasherPtr hasher) REQUIRES(mutex_);

  const StreamPlan& plan_;
  const std::function<Result<Secret, std::string>()> hash_key_;

  mutable Mutex mutex_;
  TableShapePtr shape_ GUARDED_BY(mutex_);
  PropertySetPtr whole_set_ GUARDED_BY(mutex_);  ///< of the last table there was
  /// Of the last page: the next one is likely to be asked for in the same way.
  mutable std::shared_ptr<const RowMapper> mapper_ GUARDED_BY(mutex_);
  mutable MirrorTablePtr mapper_table_ GUARDED_BY(mutex_);
  mutable PropertySetPtr mapper_set_ GUARDED_BY(mutex_);
};

}  // namespace hubmirror
