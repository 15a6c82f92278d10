#include "jobs/links/link_batch.h"

#include <algorithm>
#include <iterator>

#include "base/check.h"

namespace hubmirror {

LinkBatch::LinkBatch(ObjectType read_from, ObjectType other, std::vector<RecordId> ids)
    : read_from_(std::move(read_from)), other_(std::move(other)), ids_(std::move(ids)) {
  for (const RecordId id : ids_) left_.push_back({.input = {.id = id, .after = {}}});
}

// HubSpot pages each input separately: where a record has more links, that input is sent again
// with its own `after`. Readers that overlook this lose links
// (https://github.com/estuary/connectors/issues/1974).
std::vector<LinkInput> LinkBatch::NextInputs(size_t most) const {
  std::vector<LinkInput> inputs;
  for (const Wish& wish : left_) {
    if (inputs.size() == most || (wish.alone && !inputs.empty())) break;
    inputs.push_back(wish.input);
    if (wish.alone) break;
  }
  return inputs;
}

std::vector<BrokenPromise> LinkBatch::Take(const std::vector<LinkInput>& asked, LinkAnswer answer) {
  CHECK_THAT(asked.size() <= left_.size());
  left_.erase(left_.begin(), left_.begin() + static_cast<std::ptrdiff_t>(asked.size()));
  if (!first_date_) first_date_ = answer.times.date;
  Asked ids;
  for (const LinkInput& input : asked) ids.emplace(input.id, input.after.has_value());

  bool stuck = false;
  size_t strangers = 0;
  std::set<RecordId> accounted(answer.accounted.begin(), answer.accounted.end());
  std::map<RecordId, std::optional<RecordId>> begun_with;
  for (const LinkInput& more : answer.more) begun_with[more.id];
  for (const Link& link : answer.links) {
    accounted.insert(link.from);
    const auto found = begun_with.find(link.from);
    if (found != begun_with.end() && !found->second) found->second = link.to;
  }
  for (const LinkInput& more : answer.more) {
    accounted.insert(more.id);
    if (!ids.contains(more.id)) {
      ++strangers;
    } else if (MovesOn(more, begun_with.at(more.id))) {
      left_.push_back({.input = more});
    } else {
      stuck = true;
      Distrust(more.id, "the pages of them do not move on");
    }
  }
  for (const RecordId id : answer.failed) {
    if (ids.contains(id) && !accounted.contains(id)) Distrust(id, "HubSpot fails to show them");
    accounted.insert(id);
  }
  bool page_left_out = false;
  // Records without links are named in `errors` or left out altogether; both have been seen.
  for (const auto& [id, further] : ids) {
    if (accounted.contains(id)) continue;
    if (further) {
      page_left_out = true;
      Distrust(id, "HubSpot leaves out a page of them");
    } else if (!asked_again_.contains(id)) {
      silent_.push_back(id);
    }
  }
  const bool was_silent = std::ranges::any_of(answer.links, [&](const Link& link) {
    return ids.contains(link.from) && asked_again_.erase(link.from) > 0;
  });
  strangers += Keep(ids, std::move(answer.links));

  std::vector<BrokenPromise> broken;
  const std::string of = "the links of " + read_from_.name + " with " + other_.name;
  if (strangers > 0) {
    broken.push_back({"unasked", "an answer for " + of + " names " + std::to_string(strangers) +
                                     " that were not asked for; they are not stored"});
  }
  if (stuck) broken.push_back({"cursor", "pages of " + of + " do not move on"});
  if (page_left_out) broken.push_back({"unanswered", "a page of " + of + " was left out"});
  if (was_silent) {
    broken.push_back({"unanswered", "an answer left out " + of + " that the next one showed"});
  }
  return broken;
}

size_t LinkBatch::Keep(const Asked& asked, std::vector<Link> links) {
  const size_t strangers =
      std::erase_if(links, [&](const Link& link) { return !asked.contains(link.from); });
  std::move(links.begin(), links.end(), std::back_inserter(links_));
  return strangers;
}

bool LinkBatch::MovesOn(const LinkInput& more, std::optional<RecordId> begun_with) {
  Pages& pages = pages_[more.id];
  const bool news = begun_with && pages.begun_with.insert(*begun_with).second;
  return pages.places.insert(more.after.value_or("")).second && news;
}

void LinkBatch::Distrust(RecordId id, const std::string& reason) {
  pages_.erase(id);
  if (!begun_again_.insert(id).second) return Leave(id, reason);
  left_.push_back({.input = {.id = id, .after = {}}, .alone = true});
}

void LinkBatch::SetAside(std::string reason) {
  const RecordId id = left_.front().input.id;
  left_.pop_front();
  Leave(id, std::move(reason));
}

void LinkBatch::Leave(RecordId id, std::string reason) {
  set_aside_.insert(id);
  unread_.push_back(
      {.id = id,
       .reason = "its links with " + other_.name + " cannot be read: " + std::move(reason)});
}

std::optional<RecordId> LinkBatch::Witness(size_t turn) const {
  const RecordId next = left_.front().input.id;
  std::vector<RecordId> others;
  for (const RecordId id : ids_) {
    if (id != next && !set_aside_.contains(id)) others.push_back(id);
  }
  if (others.empty()) return std::nullopt;
  return others[turn % others.size()];
}

void LinkBatch::AskAgain(const std::vector<RecordId>& known) {
  silent_.clear();
  for (const RecordId id : known) {
    asked_again_.insert(id);
    left_.push_back({.input = {.id = id, .after = {}}});
  }
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
  LinkCommit commit{.pair = {read_from_, other_},
                    .read = {},
                    .links = links_,
                    .at = first_date_.value_or(TimePoint{})};
  std::ranges::copy_if(ids_, std::back_inserter(commit.read),
                       [this](RecordId id) { return !set_aside_.contains(id); });
  return commit;
}

}  // namespace hubmirror
