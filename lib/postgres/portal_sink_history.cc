// The part of PortalSink that keeps histories.

#include <algorithm>

#include "postgres/portal_sink.h"
#include "postgres/portal_writing.h"

namespace hubmirror {

std::vector<std::string> PortalSink::ObjectsWithHistory() const {
  std::vector<std::string> objects;
  for (const StreamPlan& stream : options_.plan.streams) {
    if (!stream.history.empty()) objects.push_back(stream.object.name);
  }
  return objects;
}

bool PortalSink::PrepareHistory(const ObjectType& object) {
  Writing writing(*this);
  const bool there = history_.Exists(*writing, object.name);
  if (!there) history_.Create(*writing, object.name);
  writing->Commit();
  return there;
}

void PortalSink::BeginHistory(const ObjectType& object, const JobProgress& progress) {
  Known& known = KnownOf(object.name);
  Writing writing(*this);
  store_.SaveProgress(*writing, object.name, {{JobKind::kHistory, progress}});
  writing->Commit();
  known.history_followed = true;
}

std::vector<RecordId> PortalSink::HistoryBlock(const ObjectType& object, bool archived,
                                               std::optional<RecordId> above, size_t limit) {
  Transaction transaction(*pool_);
  auto ids = history_.Block(transaction, object.name, archived, above, limit);
  transaction.Commit();
  return ids;
}

HistoryDue PortalSink::DueHistory(const ObjectType& object, size_t limit) {
  Transaction transaction(*pool_);
  HistoryDue due = history_.Due(transaction, object.name, limit);
  due.followed = KnownOf(object.name).history_followed;
  transaction.Commit();
  return due;
}

HistoryOutcome PortalSink::WriteHistory(const HistoryCommit& commit) {
  Known& known = KnownOf(commit.object.name);
  Writing writing(*this);
  const MirrorTablePtr table = TableOf(commit.object.name);
  HistoryOutcome outcome;
  if (table) outcome.added = history_.Add(*writing, *table, commit);
  std::vector<RecordId> settled = commit.settled;
  // What was written from a later read may have changed since ours.
  std::erase_if(settled,
                [&](RecordId id) { return known.recent.WrittenSince(id, commit.sent_at); });
  history_.RemoveDue(*writing, commit.object.name, settled);
  history_.PutOff(*writing, commit.object.name, commit.again, commit.again_in,
                  commit.asked_archived);
  outcome.unreadable = history_.SetAside(*writing, commit.object.name, commit.unreadable);
  outcome.released = history_.Release(*writing, commit.object.name, commit.settled);
  store_.SaveProgress(*writing, commit.object.name, {{JobKind::kHistory, commit.progress}});
  if (!commit.budget.empty()) store_.SaveBudget(*writing, commit.budget);
  writing->Commit();
  return outcome;
}

}  // namespace hubmirror
