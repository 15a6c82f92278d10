#include "sync/relink_job.h"

#include <algorithm>

namespace hubmirror {

void RelinkJob::Abandon() {
  taken_.clear();
  batches_.clear();
  stream().NoteLinksDue();
}

std::optional<StepNeed> RelinkJob::NextStep(Instant) {
  if (!stream().loaded()) return std::nullopt;
  MutexLock lock(mutex_);
  if (busy_) return std::nullopt;
  if (!stream().links_due()) return StepNeed{.priority = Priority::kLinks};
  return StepNeed{.lane = Lane::kAssociations, .priority = Priority::kLinks};
}

StepOutcome RelinkJob::DoStep(Instant now) {
  {
    MutexLock lock(mutex_);
    if (busy_) return StepOutcome::Unused();
    busy_ = true;
  }
  const std::shared_ptr<void> done(nullptr, [this](void*) {
    MutexLock lock(mutex_);
    busy_ = false;
  });
  if (!stream().links_due()) return StepOutcome::CaughtUp();
  if (taken_.empty() && !TakeDue()) return StepOutcome::CaughtUp();
  DropUnlinkable(now);
  return batches_.empty() ? Finish() : Read(now);
}

void RelinkJob::DropUnlinkable(Instant now) {
  std::erase_if(batches_, [&](const LinkBatch& batch) {
    return ports_.partners.Linkable(PairOf(batch.read_from(), batch.other()), now) == false;
  });
}

bool RelinkJob::TakeDue() {
  // What is written from here on is noted anew.
  stream().ClearLinksDue();
  taken_ = ports_.sink.DueLinks(object(), kLinkInputs);
  if (taken_.empty()) return false;
  stream().NoteLinksDue();
  std::vector<RecordId> ids;
  for (const DueRecord& record : taken_) ids.push_back(record.id);
  for (const LinkPair& pair : ports_.partners.PairsFrom(object())) {
    batches_.emplace_back(pair.from, pair.to, ids);
  }
  for (const LinkPair& pair : ports_.partners.PairsTo(object())) {
    batches_.emplace_back(pair.to, pair.from, ids);
  }
  return true;
}

StepOutcome RelinkJob::Read(Instant now) {
  LinkBatch& batch = batches_.front();
  const LinkPair pair = PairOf(batch.read_from(), batch.other());
  if (!ports_.partners.Linkable(pair, now)) {
    if (auto error = ports_.LearnTypes(stream(), pair)) return StepOutcome::Failed(*error);
    return StepOutcome::More();
  }
  auto answer =
      stream().Heard(ports_.source.ReadLinks(batch.read_from(), batch.other(), batch.NextInputs()));
  if (!answer) {
    if (!ports_.NoteRefusal(stream(), pair, answer.error())) {
      return StepOutcome::Failed(answer.error());
    }
    return StepOutcome::More();  // Its batches are left out from here on.
  }
  const auto links = static_cast<int64_t>(answer->links.size());
  if (!batch.Take(std::move(*answer))) return StepOutcome::Failed(LinkBatch::NoProgress());
  if (!batch.whole()) return StepOutcome::More(links);
  const LinkBatch whole = std::move(batches_.front());
  batches_.pop_front();
  if (PairOf(whole.read_from(), whole.other()).from == whole.read_from()) {
    LinkCommit commit = whole.ToCommit();
    commit.budget = stream().Budget();
    ports_.sink.WriteLinks(commit);
  } else {
    ReadOthers(whole);
  }
  return StepOutcome::More(links);
}

void RelinkJob::ReadOthers(const LinkBatch& seen_from_us) {
  const LinkPair pair{seen_from_us.other(), seen_from_us.read_from()};
  std::vector<RecordId> others = seen_from_us.OtherIds();
  const auto known = ports_.sink.LinkedFrom(pair, seen_from_us.ids());
  others.insert(others.end(), known.begin(), known.end());
  std::sort(others.begin(), others.end());
  others.erase(std::unique(others.begin(), others.end()), others.end());
  for (size_t begin = 0; begin < others.size(); begin += kLinkInputs) {
    const size_t end = std::min(begin + kLinkInputs, others.size());
    batches_.emplace_front(
        pair.from, pair.to,
        std::vector<RecordId>(others.begin() + static_cast<std::ptrdiff_t>(begin),
                              others.begin() + static_cast<std::ptrdiff_t>(end)));
  }
}

StepOutcome RelinkJob::Finish() {
  ports_.sink.DropDueLinks(object(), taken_);
  const bool may_be_more = taken_.size() == kLinkInputs;
  const auto records = static_cast<int64_t>(taken_.size());
  taken_.clear();
  if (may_be_more) return StepOutcome::More(records);
  // Wishes of the meantime are found by the next poll.
  return StepOutcome::CaughtUp(records);
}

}  // namespace hubmirror
