#pragma once

#include <string>
#include <vector>

#include "base/ids.h"
#include "model/source/record_target.h"
#include "postgres/schema/portal_schema.h"
#include "postgres/session/transaction.h"

namespace hubmirror {

/// Takes the values of erased people out of `outbox` and its log, and cancels what had not been
/// sent of them (rule W24). Rows that are under way, or that somebody has locked, are noted in
/// `_due`, so that EraseLate finds them whatever the mirror still knows by then. Immutable.
class OutboxErasure {
 public:
  explicit OutboxErasure(const PortalSchema& schema) : schema_(schema) {}

  /// Rows about `records`, rows about what these have made, and rows that never got a record and
  /// name one of the people by a unique value: one of `known_by`, or that of another row about
  /// them.
  void Erase(Transaction& transaction, const std::string& object,
             const std::vector<RecordId>& records, const std::vector<PropertyText>& known_by) const;
  /// The same of rows that were passed over, and of rows about people who had been erased before.
  void EraseLate(Transaction& transaction) const;

 private:
  std::string Table(const char* name) const { return schema_.Table(name); }
  /// Takes out what can be taken out now, and notes the others. `ids` is an array as text.
  void Blank(Transaction& transaction, const std::string& ids) const;

  const PortalSchema& schema_;
};

}  // namespace hubmirror
