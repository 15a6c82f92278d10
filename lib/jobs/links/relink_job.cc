#include "jobs/links/relink_job.h"

#include <algorithm>

namespace hubmirror {

void RelinkJob::Abandon() {
  taken_.clear();
  batches_.clear();
  asker_.Forget();
  Tell([](StreamFacts& facts) { facts.links_due = true; });
}

std::optional<StepNeed> RelinkJob::NextStep(Instant) {
  if (!facts().loaded()) return std::nullopt;
  if (!facts().links_due) return StepNeed{.priority = Priority::kLinks};
  return StepNeed{.lane = Lane::kAssociations, .priority = Priority::kLinks};
}

StepOutcome RelinkJob::DoStep(Instant now, const StepNeed&, const TableShapePtr&) {
  if (!facts().links_due) return StepOutcome::CaughtUp();
  if (taken_.empty() && !TakeDue()) return StepOutcome::CaughtUp();
  DropUnlinkable(now);
  return batches_.empty() ? Finish() : Read(now);
}

void RelinkJob::DropUnlinkable(Instant now) {
  std::erase_if(batches_, [&](const Batch& batch) {
    const LinkPair pair = partners_.PairFor(batch.links.read_from(), batch.links.other());
    return partners_.Linkable(pair, now) == false;
  });
}

bool RelinkJob::TakeDue() {
  // Before they are taken: a record written from here on is noted again.
  Tell([](StreamFacts& facts) { facts.links_due = false; });
  taken_ = stream().store().links.DueLinks(object(), kLinkInputs);
  if (taken_.empty()) return false;
  Tell([](StreamFacts& facts) { facts.links_due = true; });
  std::vector<RecordId> ids;
  for (const DueRecord& record : taken_) ids.push_back(record.id);
  for (const LinkPair& pair : partners_.PairsFrom(object())) {
    batches_.push_back({LinkBatch(pair.from, pair.to, ids)});
  }
  for (const LinkPair& pair : partners_.PairsTo(object())) {
    LinkBatch seen_from_us(pair.to, pair.from, ids);
    if (partners_.IsOneWay(pair)) {
      // HubSpot shows nothing from here.
      ReadOthers(seen_from_us);
    } else {
      batches_.push_back({std::move(seen_from_us)});
    }
  }
  return true;
}

StepOutcome RelinkJob::Read(Instant now) {
  LinkBatch& batch = batches_.front().links;
  const LinkPair pair = partners_.PairFor(batch.read_from(), batch.other());
  if (!partners_.Linkable(pair, now)) {
    if (auto error = asker_.LearnTypes(pair)) return StepOutcome::Failed(*error);
    return StepOutcome::More();
  }
  const size_t before = batch.links();
  const auto end = asker_.Ask(batch);
  if (!end) return StepOutcome::Failed(end.error());
  const auto links = static_cast<int64_t>(batch.links() - before);
  // The batches of a pair that is refused are left out from here on.
  if (*end != LinkAsker::End::kWhole) return StepOutcome::More(links);
  const Batch whole = std::move(batches_.front());
  batches_.pop_front();
  const bool from_here = pair.from == whole.links.read_from();
  if (from_here) {
    LinkCommit commit = whole.links.ToCommit();
    commit.budget = stream().Budget();
    stream().store().links.WriteLinks(commit);
    NoteSide(pair, whole);
  }
  if (!whole.of_others && (!from_here || pair.from == pair.to)) ReadOthers(whole.links);
  return StepOutcome::More(links);
}

void RelinkJob::NoteSide(const LinkPair& pair, const Batch& whole) {
  if (whole.links.links() > 0) {
    partners_.NoteShown(pair);
  } else if (whole.linked_with_ours) {
    // The other side has just shown links: they are gone since, or this side never shows them.
    partners_.NoteNone(pair, /*again=*/true);
  }
}

// HubSpot gives a link another type id in each direction, so one read from both sides would be
// stored twice. Where the pair is read from the other side, that side is asked, including records
// whose link to ours is gone by now.
void RelinkJob::ReadOthers(const LinkBatch& seen_from_us) {
  const LinkPair pair{seen_from_us.other(), seen_from_us.read_from()};
  std::vector<RecordId> others = seen_from_us.OtherIds();
  const bool linked = !others.empty();
  const auto known = stream().store().links.LinkedFrom(pair, seen_from_us.ids());
  others.insert(others.end(), known.begin(), known.end());
  std::sort(others.begin(), others.end());
  others.erase(std::unique(others.begin(), others.end()), others.end());
  for (size_t begin = 0; begin < others.size(); begin += kLinkInputs) {
    const size_t end = std::min(begin + kLinkInputs, others.size());
    std::vector<RecordId> ids(others.begin() + static_cast<std::ptrdiff_t>(begin),
                              others.begin() + static_cast<std::ptrdiff_t>(end));
    batches_.push_front({.links = LinkBatch(pair.from, pair.to, std::move(ids)),
                         .of_others = true,
                         .linked_with_ours = linked});
  }
}

StepOutcome RelinkJob::Finish() {
  stream().store().links.DropDueLinks(object(), taken_);
  const bool may_be_more = taken_.size() == kLinkInputs;
  const auto records = static_cast<int64_t>(taken_.size());
  taken_.clear();
  if (may_be_more) return StepOutcome::More(records);
  // The next poll finds what has come meanwhile.
  return StepOutcome::CaughtUp(records);
}

}  // namespace hubmirror
