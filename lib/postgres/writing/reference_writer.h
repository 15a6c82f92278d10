#pragma once

#include <string>
#include <vector>

#include "model/source/reference.h"
#include "postgres/schema/portal_schema.h"
#include "postgres/session/transaction.h"

namespace hubmirror {

/// The tables of model/reference.h. Thread-safe: keeps nothing; every call works in the transaction
/// it is given.
class ReferenceWriter {
 public:
  explicit ReferenceWriter(const PortalSchema& schema) : schema_(schema) {}

  void Write(Transaction& transaction, const ReferenceCommit& commit) const;

 private:
  void Upsert(Transaction& transaction, const ReferenceTable& table,
              const ReferenceCommit& commit) const;
  /// Says in `lists.object` which table their members are in.
  void NameObjects(Transaction& transaction, const std::vector<ReferenceRow>& lists) const;
  void MarkGone(Transaction& transaction, const ReferenceTable& table,
                const ReferenceCommit& commit) const;

  const PortalSchema& schema_;
};

}  // namespace hubmirror
