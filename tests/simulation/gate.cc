#include "simulation/gate.h"

#include <type_traits>

#include "simulation/crew.h"

namespace hubmirror::simulation {
namespace {

DatabaseError Unavailable(const char* message) {
  return {DatabaseError::Kind::kUnavailable, "57P01", message};
}

}  // namespace

void Gate::CheckReachable() {
  if (clock_.Now() >= trouble_.away_until) return;
  broken_ = true;
  throw Unavailable("the database is away");
}

void Gate::Linger(bool holds) {
  const auto time = std::chrono::microseconds(
      static_cast<int64_t>(random_.Fraction() * static_cast<double>(slowest_.count()) * 1000));
  if (time.count() == 0) return;
  if (holds) {
    Crew::HoldUntil(clock_.Now() + time);
  } else {
    Crew::WaitUntil(clock_.Now() + time);
  }
}

template <typename Act>
auto Gate::Committing(const std::string& object, bool holds, const Act& act) {
  CheckReachable();
  if (broken_) throw Unavailable("the database was away meanwhile: what it holds is read again");
  if (const auto lock = trouble_.locked_until.find(object);
      lock != trouble_.locked_until.end() && clock_.Now() < lock->second) {
    throw DatabaseError(DatabaseError::Kind::kOther, "55P03",
                        "canceling statement due to lock timeout");
  }
  std::optional<CommitFault> fault;
  if (!trouble_.next.empty()) {
    fault = trouble_.next.front();
    trouble_.next.pop_front();
    ++trouble_.struck;
  }
  if (fault == CommitFault::kRefused) {
    throw DatabaseError(DatabaseError::Kind::kOther, "40P01", "deadlock detected");
  }
  if (fault == CommitFault::kLost) {
    broken_ = true;
    throw Unavailable("the connection was lost");
  }
  hooks_.before_commit(object);
  const auto conclude = [&] {
    hooks_.after_commit(object);
    if (fault == CommitFault::kAnswerLost) {
      broken_ = true;
      throw Unavailable("the connection was lost in COMMIT");
    }
    Linger(holds);
  };
  if constexpr (std::is_void_v<std::invoke_result_t<Act>>) {
    act();
    conclude();
  } else {
    auto result = act();
    conclude();
    return result;
  }
}

void Gate::Claim() {
  CheckReachable();
  inner_.rows.Claim();
  broken_ = false;
}

void Gate::Heartbeat() {
  CheckReachable();
  if (broken_) throw Unavailable("the database was away meanwhile: what it holds is read again");
  inner_.rows.Heartbeat();
}

std::vector<std::string> Gate::MissingReaders() const {
  return inner_.rows.MissingReaders();
}

std::map<std::string, int64_t> Gate::LastKnownRows() {
  CheckReachable();
  return inner_.rows.LastKnownRows();
}

StoredStream Gate::Load(const ObjectType& object) {
  CheckReachable();
  return inner_.rows.Load(object);
}

std::string Gate::LoadBudget() {
  CheckReachable();
  return inner_.rows.LoadBudget();
}

MirrorTablePtr Gate::ApplyLayout(const MirrorTable& wanted) {
  return Committing(wanted.name(), false, [&] { return inner_.rows.ApplyLayout(wanted); });
}

void Gate::Decorate(const ObjectType& object) {
  Committing(object.name, false, [&] { inner_.rows.Decorate(object); });
}

void Gate::SaveAccount(const Account& account) {
  Committing("", false, [&] { inner_.rows.SaveAccount(account); });
}

void Gate::SavePropertyGroups(const ObjectType& object, const std::vector<PropertyGroup>& groups) {
  Committing(object.name, false, [&] { inner_.rows.SavePropertyGroups(object, groups); });
}

MirrorTablePtr Gate::MarkFilled(const ObjectType& object,
                                const std::vector<std::string>& properties) {
  return Committing(object.name, false, [&] { return inner_.rows.MarkFilled(object, properties); });
}

CommitOutcome Gate::Write(const Commit& commit) {
  return Committing(commit.object.name, true, [&] { return inner_.rows.Write(commit); });
}

std::vector<StoredRecord> Gate::Stored(const ObjectType& object, const std::vector<RecordId>& ids) {
  CheckReachable();
  return inner_.rows.Stored(object, ids);
}

std::vector<PendingRecord> Gate::DuePending(const ObjectType& object, TimePoint now, size_t limit) {
  CheckReachable();
  return inner_.rows.DuePending(object, now, limit);
}

PendingCounts Gate::CountPending(const ObjectType& object) {
  CheckReachable();
  return inner_.rows.CountPending(object);
}

std::set<std::string> Gate::WithValues(const ObjectType& object,
                                       const std::set<std::string>& properties) {
  CheckReachable();
  return inner_.rows.WithValues(object, properties);
}

int64_t Gate::CountRows(const ObjectType& object) {
  CheckReachable();
  return inner_.rows.CountRows(object);
}

std::optional<RecordId> Gate::WitnessRecord(const ObjectType& object, bool archived) {
  CheckReachable();
  return inner_.rows.WitnessRecord(object, archived);
}

void Gate::BeginSeen(const ObjectType& object) {
  Committing(object.name, false, [&] { inner_.rows.BeginSeen(object); });
}

void Gate::AddSeen(const ObjectType& object, const std::vector<RecordId>& ids) {
  Committing(object.name, false, [&] { inner_.rows.AddSeen(object, ids); });
}

int64_t Gate::SuspectUnseen(const ObjectType& object, TimePoint walk_began) {
  return Committing(object.name, false,
                    [&] { return inner_.rows.SuspectUnseen(object, walk_began); });
}

void Gate::ResetStream(const ObjectType& object) {
  Committing(object.name, false, [&] { inner_.rows.ResetStream(object); });
}

void Gate::SaveState(const ObjectType& object, StreamState state, const std::string& reason,
                     const std::string& message) {
  Committing(object.name, false, [&] { inner_.rows.SaveState(object, state, reason, message); });
}

void Gate::Analyze(const ObjectType& object) {
  CheckReachable();
  inner_.rows.Analyze(object);
}

std::vector<RecordId> Gate::LiveIds(const ObjectType& object, std::optional<RecordId> above,
                                    size_t limit) {
  CheckReachable();
  return inner_.links.LiveIds(object, above, limit);
}

std::vector<DueRecord> Gate::DueLinks(const ObjectType& object, size_t limit) {
  CheckReachable();
  return inner_.links.DueLinks(object, limit);
}

void Gate::DropDueLinks(const ObjectType& object, const std::vector<DueRecord>& records) {
  Committing(object.name, false, [&] { inner_.links.DropDueLinks(object, records); });
}

std::vector<RecordId> Gate::LinkedFrom(const LinkPair& pair, const std::vector<RecordId>& to) {
  CheckReachable();
  return inner_.links.LinkedFrom(pair, to);
}

std::vector<RecordId> Gate::Linked(const LinkPair& pair, const std::vector<RecordId>& from) {
  CheckReachable();
  return inner_.links.Linked(pair, from);
}

void Gate::WriteLinks(const LinkCommit& commit) {
  Committing(commit.pair.from.name, false, [&] { inner_.links.WriteLinks(commit); });
}

void Gate::SaveLinkTypes(const LinkPair& pair, const std::vector<LinkType>& types) {
  Committing(pair.from.name, false, [&] { inner_.links.SaveLinkTypes(pair, types); });
}

VerifyReport Gate::Verify(const Commit& page, const VerifyRequest& request,
                          CommitOutcome& outcome) {
  return Committing(page.object.name, true,
                    [&] { return inner_.verify.Verify(page, request, outcome); });
}

std::vector<OutboxRow> Gate::Pick(const ObjectType& object, const OutboxPick& pick) {
  CheckReachable();
  return inner_.outbox->Pick(object, pick);
}

std::vector<OutboxId> Gate::Claim(const ObjectType& object, const std::vector<OutboxClaim>& claims,
                                  TimePoint sent_at) {
  return Committing(object.name, false,
                    [&] { return inner_.outbox->Claim(object, claims, sent_at); });
}

void Gate::Change(const ObjectType& object, const std::vector<OutboxChange>& changes) {
  Committing(object.name, false, [&] { inner_.outbox->Change(object, changes); });
}

std::vector<WrittenRow> Gate::Written(const ObjectType& object, size_t limit) {
  CheckReachable();
  return inner_.outbox->Written(object, limit);
}

std::optional<WriteStatus> Gate::Standing() const {
  return inner_.outbox->Standing();
}

}  // namespace hubmirror::simulation
