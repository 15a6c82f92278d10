#include "jobs/resolve_plan.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

namespace hubmirror {

Attribution Attribute(const Answer& answer) {
  const std::vector<RecordId>& asked = answer.asked;
  const std::optional<RecordId>& witness = answer.witness;
  const std::vector<Row>& results = answer.results;
  Attribution said;
  const std::unordered_set<RecordId> wanted(asked.begin(), asked.end());
  const std::unordered_set<RecordId> missing(answer.not_found.begin(), answer.not_found.end());
  std::unordered_map<RecordId, RecordId> survivor_of;
  std::unordered_set<RecordId> ids;
  for (const Row& row : results) {
    ids.insert(row.id);
    for (const RecordId loser : row.merged_ids) survivor_of.emplace(loser, row.id);
  }
  // A witness that others were merged into may stand for one of those who were asked: seeing it
  // proves nothing about them.
  said.witness_shown = std::any_of(results.begin(), results.end(), [&](const Row& row) {
    return row.id == witness && row.merged_ids.empty();
  });
  said.witness_answered = !witness || said.witness_shown;
  said.ask_apart = std::any_of(results.begin(), results.end(), [&](const Row& row) {
    return row.id == witness && !row.merged_ids.empty();
  });

  std::unordered_set<RecordId> explained;
  if (witness) explained.insert(*witness);
  // The witness may have been merged away itself just now.
  if (const auto found = witness ? survivor_of.find(*witness) : survivor_of.end();
      found != survivor_of.end()) {
    explained.insert(found->second);
  }
  std::vector<RecordId> silent;
  for (const RecordId id : asked) {
    if (ids.contains(id)) {
      said.shown.push_back(id);
      explained.insert(id);
    } else if (const auto found = survivor_of.find(id); found != survivor_of.end()) {
      said.merged.push_back({id, found->second});
      explained.insert(found->second);
    } else {
      silent.push_back(id);
    }
  }
  const auto is_stranger = [&explained = explained, &wanted](const Row& row) {
    return !explained.contains(row.id) && !wanted.contains(row.id);
  };
  const auto stranger = std::find_if(results.begin(), results.end(), is_stranger);
  // Who swallowed others may answer for one of theirs that it does not list, and an answer shows it
  // once, however many of those who were asked it stands for.
  const bool swallower = std::any_of(results.begin(), results.end(), [&](const Row& row) {
    return !row.merged_ids.empty() && row.id != witness;
  });
  const bool may_be_hidden = stranger != results.end() || (swallower && asked.size() > 1);
  for (const RecordId id : silent) {
    if (may_be_hidden && !missing.contains(id)) {
      said.unclear.push_back(id);
    } else if (answer.silence_counts || missing.contains(id)) {
      said.absent.push_back(id);
    } else {
      said.unwitnessed.push_back(id);
    }
  }
  // Asked alone, a stranger can only be the one who answers for it, or for the witness.
  if (said.unclear.size() == 1 && asked.size() == 1) {
    if (!witness || ids.contains(*witness)) {
      said.merged.push_back({said.unclear.front(), stranger->id});
    } else {
      said.unproved.push_back(said.unclear.front());
    }
    said.unclear.clear();
  }
  return said;
}

std::vector<RecordId> Unanswered(const std::vector<RecordId>& asked, const RowBatch& answered) {
  std::unordered_set<RecordId> explained;
  for (const Row& row : answered.rows) {
    explained.insert(row.id);
    explained.insert(row.merged_ids.begin(), row.merged_ids.end());
  }
  std::vector<RecordId> silent;
  std::copy_if(asked.begin(), asked.end(), std::back_inserter(silent),
               [&](RecordId id) { return !explained.contains(id); });
  return silent;
}

size_t DropUnasked(RowBatch& answered, const std::vector<RecordId>& asked) {
  return Unanswered(asked, answered).empty() ? DropStrangers(answered, asked) : 0;
}

size_t DropStrangers(RowBatch& answered, const std::vector<RecordId>& asked) {
  const std::unordered_set<RecordId> wanted(asked.begin(), asked.end());
  return std::erase_if(answered.rows, [&](const Row& row) {
    return !wanted.contains(row.id) &&
           std::none_of(row.merged_ids.begin(), row.merged_ids.end(),
                        [&](RecordId id) { return wanted.contains(id); });
  });
}

int64_t GoneLimit(int64_t rows) {
  return std::max<int64_t>(500, rows / 100);
}

}  // namespace hubmirror
