#pragma once

#include <deque>
#include <optional>
#include <vector>

#include "model/source/api_error.h"
#include "model/source/link_source.h"
#include "model/store/link_sink.h"

namespace hubmirror {

/// The links of some records with one other type, read until the last page of the last record.
/// Only then are they whole, and what is missing in them is gone (design R17). Owned by one thread.
class LinkBatch {
 public:
  /// `read_from`: the type whose ids these are; it need not be the one the pair is read from.
  LinkBatch(ObjectType read_from, ObjectType other, std::vector<RecordId> ids);

  const ObjectType& read_from() const { return read_from_; }
  const ObjectType& other() const { return other_; }
  bool whole() const { return left_.empty(); }
  /// What to ask for next: records not asked for yet and records with further pages.
  std::vector<LinkInput> NextInputs() const;
  /// The answer to the inputs of NextInputs(). False: it sends a record to where it was, so that
  /// its pages would never end.
  [[nodiscard]] bool Take(LinkAnswer answer);
  /// What a job says when they would not.
  static ApiError NoProgress();

  const std::vector<RecordId>& ids() const { return ids_; }
  /// The ids at the other end, each once, ascending.
  std::vector<RecordId> OtherIds() const;
  /// When whole.
  LinkCommit ToCommit() const;

 private:
  ObjectType read_from_;
  ObjectType other_;
  std::vector<RecordId> ids_;
  std::deque<LinkInput> left_;
  std::vector<Link> links_;
  std::optional<TimePoint> first_date_;
};

}  // namespace hubmirror
