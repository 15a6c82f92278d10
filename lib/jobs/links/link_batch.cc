#include "jobs/links/link_batch.h"

#include <algorithm>
#include <map>

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

ApiError LinkBatch::NoProgress() {
  return {.kind = ApiErrorKind::kDecode,
          .message = "the pages of a record's associations do not move on"};
}

bool LinkBatch::Take(LinkAnswer answer) {
  const size_t count = std::min(left_.size(), kLinkInputs);
  std::map<RecordId, std::string> asked;
  for (size_t i = 0; i < count; ++i) asked[left_[i].id] = left_[i].after.value_or("");
  const bool stuck =
      std::any_of(answer.more.begin(), answer.more.end(), [&](const LinkInput& more) {
        const auto found = asked.find(more.id);
        return found == asked.end() || found->second == more.after;
      });
  if (stuck) return false;
  if (!first_date_) first_date_ = answer.times.date;
  left_.erase(left_.begin(), left_.begin() + static_cast<std::ptrdiff_t>(count));
  left_.insert(left_.end(), answer.more.begin(), answer.more.end());
  links_.insert(links_.end(), answer.links.begin(), answer.links.end());
  return true;
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
