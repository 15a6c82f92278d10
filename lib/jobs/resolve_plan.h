#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "model/store/row_sink.h"

namespace hubmirror {

/// What an answer to a batch read says about each id that was asked for: rules R13 and R15. Answers
/// are attributed by id, or by `hs_merged_object_ids` of a result, never by position. Pure.
struct Attribution {
  std::vector<RecordId> shown;  ///< returned under their own ids
  struct Merge {
    RecordId loser;
    RecordId survivor;
  };
  std::vector<Merge> merged;
  /// No answer for them, and nothing unexplained in it.
  std::vector<RecordId> absent;
  /// Some result may be about one of these; asking in smaller groups, and finally one by one, shows
  /// about which.
  std::vector<RecordId> unclear;
  /// No answer for them, which proves nothing: they are asked for again later.
  std::vector<RecordId> unproved;
  std::vector<RecordId> unwitnessed;  ///< silent, and nobody was asked beside them
  /// The witness was shown, and only as itself: absence counts.
  bool witness_answered = false;
  bool witness_shown = false;  ///< and there was one
  /// The witness was shown, and others were merged into it: those who were asked must be asked
  /// without it.
  bool ask_apart = false;
};

struct Answer {
  std::vector<RecordId> asked;      ///< without the witness
  std::optional<RecordId> witness;  ///< known to exist; absent if the mirror has none
  std::vector<Row> results;
  std::vector<RecordId> not_found;  ///< what the answer itself calls unknown
  /// Whether an id without an answer counts as absent even if the answer does not name it.
  bool silence_counts = true;
};
Attribution Attribute(const Answer& answer);

/// Removes rows from `answered` that the question does not explain: neither asked for, nor merged
/// with one that was, nor able to stand for one without an answer. Returns how many.
size_t DropUnasked(RowBatch& answered, const std::vector<RecordId>& asked);
/// The same, also for rows that may be about a record without an answer: nothing proves that yet,
/// so they must not be stored.
size_t DropStrangers(RowBatch& answered, const std::vector<RecordId>& asked);
/// Those in `asked` without a row, neither their own nor that of the survivor they were merged
/// into.
std::vector<RecordId> Unanswered(const std::vector<RecordId>& asked, const RowBatch& answered);

/// How many rows one sweep may find gone before a person must look: max(500, 1 % of the table).
int64_t GoneLimit(int64_t rows);

}  // namespace hubmirror
