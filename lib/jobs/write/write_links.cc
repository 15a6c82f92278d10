// The part of WriteJob that carries links: its rows are about pairs of records, whose links are
// read and written elsewhere than records, and are done once `associations` shows them.

#include <algorithm>
#include <set>
#include <utility>

#include "jobs/write/write_job.h"
#include "jobs/write/write_verdict.h"
#include "model/source/crash_point.h"

namespace hubmirror {
namespace {

using namespace std::chrono_literals;
using Verdict = PlannedRow::Verdict;

// What another job's request, or records that HubSpot does not show, may be done with by then.
constexpr std::chrono::milliseconds kPutOff = 2s;
constexpr std::chrono::milliseconds kPutOffUnreadable = 60s;
// What was taken away is told from what came in the same second of HubSpot's clock.
constexpr auto kUnlinkedSecond = 1s;
constexpr auto kLinksAgain = 2s;
constexpr int kMostLinkReads = 3;
constexpr auto kTurn = kWriteDoubt + kClaimHolds;

OutboxChange PutOff(const OutboxRow& row, std::chrono::milliseconds by) {
  return {.id = row.id, .attempts = row.attempts, .state = OutboxState::kQueued, .not_within = by};
}

ShownLinks Shown(const LinkCommit& read) {
  ShownLinks shown;
  for (const Link& link : read.links) shown[{link.from, link.to}].push_back(link.type);
  return shown;
}

/// What became of a row, of which all was asked that is in `outcomes`.
WriteOutcome OneOf(const std::vector<WriteOutcome>& outcomes) {
  WriteOutcome one = outcomes.front();
  const auto take = [&](WriteOutcome::Fate fate) {
    const auto found = std::ranges::find(outcomes, fate, &WriteOutcome::fate);
    if (found != outcomes.end()) one = *found;
    return found != outcomes.end();
  };
  if (!take(WriteOutcome::Fate::kUnknown) && !take(WriteOutcome::Fate::kRefused))
    take(WriteOutcome::Fate::kReturned);
  return one;
}

std::string OtherOf(const std::vector<WantedLink>& links) {
  return links.empty() ? "" : links.front().object;
}

}  // namespace

std::optional<LinkPair> WriteJob::PairWith(const std::string& other) const {
  for (const LinkPair& pair : partners_.PairsFrom(object())) {
    if (pair.to.name == other) return pair;
  }
  for (const LinkPair& pair : partners_.PairsTo(object())) {
    if (pair.from.name == other) return pair;
  }
  return std::nullopt;
}

LinkTerms WriteJob::LinkTermsNow() const {
  return {.pair = *pair_, .object = object().name, .associate = terms_.associate};
}

void WriteJob::ForgetLinks() {
  turns_.Free(ends_taken_);
  ends_taken_.clear();
  ends_.clear();
  unshown_.clear();
  link_batch_.reset();
}

StepOutcome WriteJob::BeginLinks(Instant now) {
  ForgetLinks();
  KeepLinksTogether(rows_);
  pair_ = PairWith(OtherOf(rows_.front().links));
  std::vector<OutboxChange> changes;
  if (!pair_) {
    for (const OutboxRow& row : rows_) {
      const PlannedRow plan{.verdict = Verdict::kRejected,
                            .record = row.record,
                            .reason = "operation",
                            .message = "links of " + object().name + " with " + OtherOf(row.links) +
                                       " are not mirrored"};
      changes.push_back(*ChangeUnsent(row, plan, false));
    }
    rows_.clear();
  }
  std::erase_if(rows_, [&](const OutboxRow& row) {
    const auto ends = EndsOf(row, ends_, LinkTermsNow());
    if (turns_.Take(ends, now, now + kTurn)) {
      ends_taken_.insert(ends_taken_.end(), ends.begin(), ends.end());
      return false;
    }
    changes.push_back(PutOff(row, kPutOff));
    return true;
  });
  if (!changes.empty()) outbox_.Change(object(), changes);
  if (!rows_.empty()) phase_ = Phase::kEnds;
  return StepOutcome::More();
}

StepOutcome WriteJob::LinksFailed(const ApiError& error, Instant now) {
  phase_ = Phase::kPick;
  // Who may not read or write links may do all the rest.
  const bool blocked = error.kind == ApiErrorKind::kForbidden;
  if (blocked && !rows_.empty()) {
    std::vector<OutboxChange> changes;
    for (const OutboxRow& row : rows_) {
      changes.push_back(PutOff(row, {}));
      changes.back().reason = "blocked";
      changes.back().message = error.message;
      changes.back().http_status = error.status;
    }
    outbox_.Change(object(), changes);
  }
  rows_.clear();
  written_.clear();
  ForgetLinks();
  return blocked ? Blocked(error, now) : StepOutcome::Failed(error);
}

// What HubSpot shows of links does not tell a record that has none from one that is not there.
StepOutcome WriteJob::AskEnds(Instant now) {
  std::map<std::string, std::set<RecordId>> ids;
  for (const OutboxRow& row : rows_) {
    if (row.record.value > 0) {
      ids[object().name].insert(row.record);
    } else {
      ends_[{object().name, row.record}] = std::nullopt;
    }
    for (const WantedLink& link : row.links) {
      if (link.id.value > 0) ids[link.object].insert(link.id);
    }
  }
  std::map<std::string, const ObjectType*> types = {{pair_->from.name, &pair_->from},
                                                    {pair_->to.name, &pair_->to}};
  for (const auto& [name, type] : types) {
    // Whole pages of a hundred: a row may link its record with as many of its own kind.
    const std::vector<RecordId> all(ids[name].begin(), ids[name].end());
    for (size_t at = 0; at < all.size(); at += kBatchReadSize) {
      const auto from = all.begin() + static_cast<std::ptrdiff_t>(at);
      const auto to =
          all.begin() + static_cast<std::ptrdiff_t>(std::min(all.size(), at + kBatchReadSize));
      const auto page =
          stream().source().records.BatchRead(*type, {.ids = {from, to}, .properties = IdOnly()});
      if (!page) return LinksFailed(page.error(), now);
      for (const Record& record : page->records) {
        if (!record.archived) ends_[{name, record.id}] = record.id;
      }
    }
    for (const RecordId id : all) {
      if (!ends_.contains({name, id})) unshown_.emplace_back(*type, id);
    }
  }
  phase_ = unshown_.empty() ? Phase::kLinks : Phase::kEnd;
  return StepOutcome::More();
}

StepOutcome WriteJob::AskEnd(Instant now) {
  const auto [type, id] = unshown_.back();
  const auto page =
      stream().source().records.BatchRead(type, {.ids = {id}, .properties = IdOnly()});
  if (!page) return LinksFailed(page.error(), now);
  // Asked for alone, a merged record is answered with its survivor (R15).
  const bool there = page->records.size() == 1 && !page->records.front().archived;
  ends_[{type.name, id}] = there ? std::optional(page->records.front().id) : std::nullopt;
  unshown_.pop_back();
  if (unshown_.empty()) phase_ = Phase::kLinks;
  return StepOutcome::More();
}

Result<bool, ApiError> WriteJob::ReadLinks() {
  if (!link_batch_->whole()) {
    const auto inputs = link_batch_->NextInputs(kLinkInputs);
    auto answer = stream().source().links.ReadLinks(pair_->from, pair_->to, inputs);
    if (!answer) return answer.error();
    for (const BrokenPromise& broken : link_batch_->Take(inputs, std::move(*answer))) {
      stream().Distrust(broken.promise, broken.how);
    }
  }
  if (link_batch_->whole() && !link_batch_->silent().empty()) {
    link_batch_->AskAgain(stream().store().links.Linked(*pair_, link_batch_->silent()));
  }
  return link_batch_->whole();
}

StepOutcome WriteJob::SendLinks(Instant now) {
  const bool ahead = pair_->from.name == object().name;
  if (!link_batch_) {
    // They may have been taken for longer than a turn lasts.
    turns_.Free(ends_taken_);
    std::set<RecordId> ids;
    std::vector<LinkEnds> ends;
    for (const OutboxRow& row : rows_) {
      for (LinkEnds& one : EndsOf(row, ends_, LinkTermsNow())) {
        if (one.from.value > 0) ids.insert(one.from);
        ends.push_back(std::move(one));
      }
    }
    if (!turns_.Take(ends, now, now + kTurn)) {
      phase_ = Phase::kPick;
      rows_.clear();
      ends_taken_.clear();
      ForgetLinks();
      return Wait(true);
    }
    ends_taken_ = std::move(ends);
    link_batch_.emplace(pair_->from, pair_->to, std::vector<RecordId>(ids.begin(), ids.end()));
  }
  const auto whole = ReadLinks();
  if (!whole && whole.error().kind == ApiErrorKind::kBadRequest) return RefuseLinks(whole.error());
  if (!whole) return LinksFailed(whole.error(), now);
  if (!*whole) return StepOutcome::More();
  std::set<RecordId> unread;
  for (const UnreadableRecord& record : link_batch_->TakeUnread()) unread.insert(record.id);
  const ShownLinks shown = Shown(link_batch_->ToCommit());
  std::vector<PlannedLinks> plans;
  std::vector<OutboxChange> changes;
  std::set<std::pair<RecordId, RecordId>> taken;
  std::optional<LinkDeed> deed;
  for (const OutboxRow& row : rows_) {
    PlannedLinks planned = PlanLinks(row, ends_, shown, LinkTermsNow());
    EndTried(row, planned.plan);
    const bool unreadable = ahead
                                ? unread.contains(planned.plan.record)
                                : std::ranges::any_of(planned.writes, [&](const LinkWrite& write) {
                                    return unread.contains(write.from);
                                  });
    if (unreadable) {
      changes.push_back(PutOff(row, kPutOffUnreadable));
      planned.plan.verdict = Verdict::kLater;
    }
    if (planned.plan.verdict == Verdict::kSend) {
      if (!deed) deed = planned.deed;
      // Two rows may name one pair, by records that have been merged.
      std::set<std::pair<RecordId, RecordId>> pairs;
      for (const LinkWrite& write : planned.writes) pairs.emplace(write.from, write.to);
      const bool twice = std::ranges::any_of(pairs, [&](auto& one) { return taken.contains(one); });
      if (planned.deed != *deed || twice) planned.plan.verdict = Verdict::kLater;
      if (planned.plan.verdict == Verdict::kSend) taken.merge(pairs);
    }
    if (auto change = ChangeUnsent(row, planned.plan, false)) {
      may_be_written_ = may_be_written_ || change->state == OutboxState::kWritten;
      changes.push_back(std::move(*change));
    }
    plans.push_back(std::move(planned));
  }
  if (!changes.empty()) outbox_.Change(object(), changes);
  StepOutcome outcome = SendPlannedLinks(now, plans);
  rows_.clear();
  ForgetLinks();
  return outcome;
}

StepOutcome WriteJob::RefuseLinks(const ApiError& error) {
  phase_ = Phase::kPick;
  std::vector<OutboxChange> changes;
  // It may be for one of them only.
  if (rows_.size() == 1) {
    changes.push_back({.id = rows_.front().id,
                       .attempts = rows_.front().attempts,
                       .state = OutboxState::kFailed,
                       .reason = "refused",
                       .message = "HubSpot does not show the links: " + error.message,
                       .http_status = error.status,
                       .correlation_id = error.correlation_id});
    outbox_.Change(object(), changes);
  }
  part_ = std::max<size_t>(1, rows_.size() / 2);
  rows_.clear();
  ForgetLinks();
  return StepOutcome::More();
}

StepOutcome WriteJob::SendPlannedLinks(Instant now, const std::vector<PlannedLinks>& plans) {
  phase_ = Phase::kPick;
  std::vector<OutboxClaim> claims;
  for (size_t i = 0; i < rows_.size(); ++i) {
    if (plans[i].plan.verdict != Verdict::kSend) continue;
    claims.push_back({.id = rows_[i].id,
                      .attempts = rows_[i].attempts,
                      .record = plans[i].plan.record,
                      .sent = plans[i].plan.send,
                      .echoes = plans[i].echoes});
  }
  if (claims.empty()) return StepOutcome::More();
  const Instant leave_by = stream().clock().BootNow() + kClaimHolds;
  const auto sent_at = stream().SourceNow();
  if (!sent_at) return StepOutcome::More();
  Reach(CrashPoint::kWritePlanned);
  const std::vector<OutboxId> claimed = outbox_.Claim(object(), claims, *sent_at);
  Reach(CrashPoint::kWriteClaimed);
  std::vector<size_t> sent;
  std::vector<LinkWrite> inputs;
  for (size_t i = 0; i < rows_.size(); ++i) {
    if (std::ranges::find(claimed, rows_[i].id) == claimed.end()) continue;
    sent.push_back(i);
    inputs.insert(inputs.end(), plans[i].writes.begin(), plans[i].writes.end());
  }
  if (inputs.empty()) return StepOutcome::More();
  // Whatever happens from here on, these are in doubt until an answer says otherwise.
  const std::vector<LinkEnds> in_doubt = std::exchange(ends_taken_, {});
  const WriteAnswer answer = target_.WriteLinks(plans[sent.front()].deed, *pair_, inputs, leave_by);
  may_be_written_ = true;
  WriteAnswer by_row{.outcomes = {}, .failure = answer.failure, .times = answer.times};
  std::vector<OutboxChange> changes;
  size_t at = 0;
  for (const size_t i : sent) {
    const OutboxRow& row = rows_[i];
    const auto first = answer.outcomes.begin() + static_cast<std::ptrdiff_t>(at);
    at += plans[i].writes.size();
    WriteOutcome outcome =
        OneOf({first, answer.outcomes.begin() + static_cast<std::ptrdiff_t>(at)});
    outcome.id = plans[i].plan.record;
    if (sent.size() == 1 && outcome.fate == WriteOutcome::Fate::kReturned && outcome.refusal) {
      outcome.fate = WriteOutcome::Fate::kRefused;
    }
    OutboxChange change =
        ChangeSent(row, plans[i].plan, row.attempts + 1, outcome, answer.failure, terms_.give_up);
    if (plans[i].more && change.state == OutboxState::kWritten) {
      change.state = OutboxState::kQueued;
    }
    // Nobody has said what keeps HubSpot from it.
    if (outcome.fate == WriteOutcome::Fate::kReturned && !outcome.refusal && !answer.failure) {
      change.not_within = WriteBackoff(row.attempts + 1);
    }
    changes.push_back(std::move(change));
    by_row.outcomes.push_back(std::move(outcome));
  }
  const bool known = std::ranges::none_of(by_row.outcomes, [](const WriteOutcome& one) {
    return one.fate == WriteOutcome::Fate::kUnknown;
  });
  if (known) turns_.Free(in_doubt);
  if (rows_.front().op == WriteOp::kDisassociate) read_back_at_ = now + kUnlinkedSecond;
  outbox_.Change(object(), changes);
  Reach(CrashPoint::kWriteTaken);
  return Ended(by_row, now);
}

StepOutcome WriteJob::ReadBackLinks(Instant now) {
  if (!link_batch_) {
    const std::string other = OtherOf(written_.front().links);
    std::erase_if(written_, [&](const WrittenRow& row) {
      return !IsOfLinks(row.op) || OtherOf(row.links) != other;
    });
    pair_ = PairWith(other);
    std::set<RecordId> ids;
    for (const WrittenRow& row : written_) {
      if (!pair_) break;
      const bool ahead = pair_->from.name == object().name;
      if (ahead) ids.insert(row.record);
      // A link within one type is stored from both ends.
      if (ahead && pair_->from != pair_->to) continue;
      for (const WantedLink& link : row.links) {
        if (link.id.value > 0) ids.insert(link.id);
      }
    }
    if (pair_) {
      link_batch_.emplace(pair_->from, pair_->to, std::vector<RecordId>(ids.begin(), ids.end()));
    }
  }
  ShownLinks shown;
  if (pair_) {
    const auto whole = ReadLinks();
    if (!whole) return LinksFailed(whole.error(), now);
    if (!*whole) return StepOutcome::More();
    LinkCommit commit = link_batch_->ToCommit();
    shown = Shown(commit);
    commit.budget = stream().Budget();
    stream().store().links.WriteLinks(commit);
    Reach(CrashPoint::kWriteShown);
  }
  phase_ = Phase::kPick;
  link_batch_.reset();
  bool all = true;
  std::vector<OutboxChange> changes;
  for (const WrittenRow& row : std::exchange(written_, {})) {
    OutboxChange done{.id = row.id,
                      .attempts = row.attempts,
                      .state = OutboxState::kDone,
                      .reason = row.reason,
                      .record = row.record};
    const bool seen =
        pair_ && AreAsWanted(row.op, row.record, row.links, ends_, shown, LinkTermsNow());
    if (!seen && pair_ && ++not_shown_[row.id] < kMostLinkReads) {
      all = false;
      continue;
    }
    done.echo_over = seen;
    if (!seen) {
      done.reason = "differs";
      done.message =
          "written, and HubSpot shows the links otherwise: they were changed since, or "
          "a record was archived";
    }
    not_shown_.erase(row.id);
    changes.push_back(std::move(done));
  }
  if (!all) read_back_at_ = now + kLinksAgain;
  if (!changes.empty()) outbox_.Change(object(), changes);
  return StepOutcome::More(static_cast<int64_t>(changes.size()));
}

}  // namespace hubmirror
