#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "model/store/row_sink.h"

namespace hubmirror {

/// What an answer to a batch read says about each id that was asked for: rules R13 and R15. Answers
/// are attributed by id, or by `hs_merged_object_ids` of a result, never by position. Pure.
struct Attribution {
  std::vector<RecordId> shown;  ///< answered by themselves
  struct Merge {
    RecordId loser;
    RecordId survivor;
  };
  std::vector<Merge> merged;
  /// Nothing answered for them and nothing unexplained came.
  std::vector<RecordId> absent;
  /// Some result may answer for one of these; asking in smaller groups, and finally one by one,
  /// shows for which.
  std::vector<RecordId> unclear;
  /// Nothing answered for them, and that proves nothing: they are asked for again later.
  std::vector<RecordId> unproved;
  /// The witness came back and answers for itself alone: absence counts.
  bool witness_answered = false;
};

struct Answer {
  std::vector<RecordId> asked;      ///< without the witness
  std::optional<RecordId> witness;  ///< known to be there; absent when the mirror has none
  std::vector<Row> results;
  std::vector<RecordId> not_found;  ///< what the answer itself calls unknown
  /// Whether an id without an answer counts as absent even if the answer does not name it.
  bool silence_counts = true;
};
Attribution Attribute(const Answer& answer);

/// Removes rows from `answered` that the question does not explain: neither asked for, nor merged
/// with one that was, nor able to stand for one without an answer. Returns how many.
size_t DropUnasked(RowBatch& answered, const std::vector<RecordId>& asked);
/// The same, also for rows that may stand for one nobody answered for: nothing proves that yet, so
/// they are not to be stored.
size_t DropStrangers(RowBatch& answered, const std::vector<RecordId>& asked);
/// Those in `asked` for which no row answers, neither itself nor the survivor it was merged into.
std::vector<RecordId> Unanswered(const std::vector<RecordId>& asked, const RowBatch& answered);

/// How many rows one sweep may find gone before a person must look: max(500, 1 % of the table).
int64_t GoneLimit(int64_t rows);

}  // namespace hubmirror
