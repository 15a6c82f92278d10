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

/// A table as it stood at one moment: its columns, the key of its hashed properties, and the
/// properties to request for whole records. Whoever requests records keeps the shape they were
/// requested with, whatever becomes of the table meanwhile. Immutable.
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
  /// Its columns; null if there is no table.
  MirrorTablePtr layout() const;

  /// Adopts the stored table if it fits the operator's present selection. Otherwise there is no
  /// table until the catalog has brought it up to date, so no value is stored that should not be.
  void AdoptStored(MirrorTablePtr table);
  /// Reads the key again; null if nothing is hashed. Does not change what Map hashes with.
  Result<HasherPtr, ApiError> ReadHasher() const;
  /// Sets the table and the key of its hashed properties. Returns whether the properties to request
  /// differ from those of the last table.
  bool Set(MirrorTablePtr table, HasherPtr hasher);
  /// The same table with new notes on its columns. A dropped table stays dropped.
  void Replace(MirrorTablePtr table);
  /// Somebody dropped it: the catalog makes it again.
  void Drop();

  /// Nothing is being read: what only makes reading faster goes until something is.
  void Rest();

  /// Turns a page into rows of the table as it stands. If the table is gone, they are rows of the
  /// one that the page was `asked_for`; whoever writes them finds out.
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
