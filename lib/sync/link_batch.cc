#include "sync/link_batch.h"

#include <algorithm>

#include "base/check.h"

namespace hubmirror {

LinkBatch::LinkBatch(ObjectType read_from, ObjectType other, std::vector<RecordId> ids)
    : read_from_(std::move(read_from)), other_(std::move(other)), ids_(std::move(ids)) {
  for (const RecordId id : ids_) left_.push_back({.id = id, .after = {}});
}

std::vector<LinkInput> LinkBatch::NextInputs() const {
  const size_t count = std::min(left_.size(), kLinkInputs);
  return {left_.begin(), left_.begin() + static_cast<std::ptrdiff_t>(count)};
}

void LinkBatch::Take(LinkAnswer answer) {
  if (!first_date_) first_date_ = answer.times.date;
  const size_t count = std::min(left_.size(), kLinkInputs);
  left_.erase(left_.begin(), left_.begin() + static_cast<std::ptrdiff_t>(count));
  left_.insert(left_.end(), answer.more.begin(), answer.more.end());
  links_.insert(links_.end(), answer.links.begin(), answer.links.end());
}

std::vector<RecordId> LinkBatch::OtherIds() const {
  std::vector<RecordId> ids;
  for (const Link& link : links_) ids.push_back(link.to);
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  return ids;
}

LinkCommit LinkBatch::ToCommit() const {
  CHECK_THAT(whole());
  return {.pair = {read_from_, other_},
          .read = ids_,
          .links = links_,
          .at = first_date_.value_or(TimePoint{})};
}

}  // namespace hubmirror
