#pragma once

#include <vector>

#include "model/store/verify.h"
#include "postgres/writing/commit_writer.h"

namespace hubmirror {

/// Compares one page of primary reads with the mirror inside one transaction, and repairs it if
/// asked. Made for one page. Owned by one thread, which may write the portal.
class VerifyWriter {
 public:
  VerifyWriter(Transaction& transaction, const CommitWriter::Stream& stream, const Commit& page)
      : transaction_(transaction), stream_(stream), page_(page) {}

  /// Finds; nothing is written.
  VerifyReport Compare(const VerifyRequest& request);
  /// After Compare: makes CommitWriter write the rows that were edited, which it takes for equal.
  void ForgetHashes();
  /// The rows that were edited.
  const std::vector<RecordId>& edited() const { return edited_; }
  /// After the page was written: rows that are still not what was read.
  int64_t CountLeft();

 private:
  /// Rows whose stored hash says that they are equal, or that have none.
  std::vector<RecordId> FindDifferent(const RowBatch& batch, const std::vector<const Row*>& rows);

  Transaction& transaction_;
  const CommitWriter::Stream stream_;
  const Commit& page_;
  VerifyReport report_;
  std::vector<RecordId> edited_;
};

}  // namespace hubmirror
