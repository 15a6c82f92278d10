#include "jobs/walk/list_reading.h"

#include <algorithm>

namespace hubmirror {

void ListPart::Shape(ListRequest& request) const {
  request.limit = naming_ ? 1 : size_.size();
  if (naming_) request.properties = IdOnly();
}

bool ListPart::Failed(const ApiError& error, size_t asked) {
  // Naming is as little as can be asked for.
  if (naming_) return false;
  const PartSize::Next next = size_.Failed(error, asked);
  naming_ = next == PartSize::Next::kAlone;
  return next == PartSize::Next::kSmaller;
}

void ListPart::Answered() {
  // A page that only named says nothing about what pages can be read.
  if (!naming_) size_.Answered();
  naming_ = false;
}

ListPlaces::Lead ListPlaces::Check(Page& page, const std::string& after, bool ordered) {
  if (!page.next_after) return Lead::kOn;
  const bool new_place = ordered || places_.insert(*page.next_after).second;
  if (new_place && *page.next_after != after) return Lead::kOn;
  if (!ordered || page.records.empty()) return Lead::kNowhere;
  page.next_after = std::to_string(page.records.back().id.value);
  return *page.next_after == after ? Lead::kNowhere : Lead::kOnById;
}

WalkRanges::PageFacts FactsOf(const Page& page) {
  WalkRanges::PageFacts facts{.count = static_cast<int64_t>(page.records.size()),
                              .next_after = page.next_after};
  facts.ids.reserve(page.records.size());
  for (const Record& record : page.records) facts.ids.push_back(record.id.value);
  if (page.records.empty()) return facts;
  facts.first_id = page.records.front().id.value;
  facts.last_id = page.records.back().id.value;
  facts.ascending =
      std::is_sorted(page.records.begin(), page.records.end(),
                     [](const Record& a, const Record& b) { return a.id.value <= b.id.value; });
  return facts;
}

}  // namespace hubmirror
