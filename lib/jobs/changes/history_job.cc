#include "jobs/changes/history_job.h"

#include <algorithm>
#include <utility>

#include "base/finally.h"
#include "base/json_fields.h"
#include "jobs/changes/history_answer.h"
#include "mirror/history_mapper.h"

namespace hubmirror {
namespace {

// HubSpot may fail for a record for long; it is asked for again this often.
constexpr std::chrono::hours kAskedAgainAfter{1};

/// Whether everything in `wanted` was read under `scope` already.
bool Covers(const HistoryScope& scope, const HistoryScope& wanted) {
  return std::ranges::all_of(wanted, [&](const auto& property) {
    const auto found = scope.find(property.first);
    return found != scope.end() && found->second == property.second;
  });
}

}  // namespace

std::string ToText(const HistoryCursor& cursor) {
  JsonFieldWriter fields;
  fields.Put("scope", cursor.scope);
  fields.Put("archived", cursor.archived);
  fields.Put("last", cursor.last);
  fields.Put("walked", cursor.walked);
  return fields.Text();
}

std::optional<HistoryCursor> ParseHistoryCursor(std::string_view text) {
  const auto fields = JsonFields::Parse(text);
  if (!fields) return std::nullopt;
  auto scope = fields->Texts("scope");
  if (!scope) return std::nullopt;
  return HistoryCursor{.scope = std::move(*scope),
                       .archived = fields->Flag("archived"),
                       .last = fields->Id("last"),
                       .walked = fields->Flag("walked")};
}

void HistoryJob::LoadFrom(const StoredStream& stored) {
  const auto found = stored.progress.find(JobKind::kHistory);
  if (found == stored.progress.end()) return;
  cursor_ = ParseHistoryCursor(found->second.cursor).value_or(HistoryCursor{});
}

void HistoryJob::Abandon() {
  prepared_ = false;
  cursor_ = {};
  block_.clear();
  block_end_.reset();
  blame_.Forget();
  MutexLock lock(mutex_);
  reading_ = false;
  walking_ = true;
}

std::optional<StepNeed> HistoryJob::NextStep(Instant) {
  if (!facts().loaded()) return std::nullopt;
  MutexLock lock(mutex_);
  const Priority priority = walking_ ? Priority::kFirstLoad : Priority::kArchived;
  if (reading_) return StepNeed{.lane = Lane::kBurst, .priority = priority};
  return StepNeed{.priority = priority};
}

StepOutcome HistoryJob::DoStep(Instant, const StepNeed&, const TableShapePtr& table) {
  const Finally done([this] {
    MutexLock lock(mutex_);
    reading_ = !block_.empty();
    walking_ = !cursor_.walked;
  });
  if (blame_.wants_witness()) return AskWitness();
  return block_.empty() ? Choose() : Read(*table);
}

HistoryScope HistoryJob::ScopeNow() const {
  HistoryScope scope;
  const MirrorTablePtr table = stream().table().layout();
  if (!table) return scope;
  const std::vector<std::string>& wanted = stream().plan().history;
  for (const MirrorColumn& column : table->columns) {
    if (column.definition->archived || column.excluded) continue;
    if (std::ranges::find(wanted, column.property()) == wanted.end()) continue;
    scope[column.property()] = column.hashed_with;
  }
  return scope;
}

StepOutcome HistoryJob::Choose() {
  if (!prepared_) {
    if (!stream().store().histories.PrepareHistory(object())) cursor_ = {};
    prepared_ = true;
  }
  HistoryScope scope = ScopeNow();
  if (scope.empty()) return StepOutcome::CaughtUp();
  if (!Covers(cursor_.scope, scope)) {
    cursor_ = {.scope = std::move(scope)};
    stream().store().histories.BeginHistory(object(), {.cursor = ToText(cursor_)});
    return StepOutcome::More();
  }
  cursor_.scope = std::move(scope);
  return cursor_.walked ? ChooseDue() : ChooseOfWalk();
}

StepOutcome HistoryJob::ChooseOfWalk() {
  block_ = stream().store().histories.HistoryBlock(object(), cursor_.archived, cursor_.last,
                                                   kHistoryReadSize);
  block_archived_ = cursor_.archived;
  if (!block_.empty()) {
    block_end_ = block_.back();
    return StepOutcome::More();
  }
  cursor_.walked = cursor_.archived;
  cursor_.archived = true;
  cursor_.last.reset();
  return Write({});
}

StepOutcome HistoryJob::ChooseDue() {
  HistoryDue due = stream().store().histories.DueHistory(object(), kHistoryReadSize);
  if (!due.followed) {
    cursor_ = {};
    return StepOutcome::More();
  }
  if (due.empty()) return StepOutcome::CaughtUp();
  if (!due.gone.empty()) return Write({.settled = std::move(due.gone), .sent_at = Instant::max()});
  block_archived_ = due.live.empty();
  block_ = block_archived_ ? std::move(due.archived) : std::move(due.live);
  return StepOutcome::More();
}

Result<HistoryPage, ApiError> HistoryJob::Ask(const std::vector<RecordId>& ids) {
  HistoryRequest request{.archived = block_archived_, .ids = ids};
  for (const auto& [property, key] : cursor_.scope) request.properties.push_back(property);
  return stream().source().histories.ReadHistory(object(), request);
}

StepOutcome HistoryJob::Read(const TableShape& table) {
  const auto count = static_cast<std::ptrdiff_t>(std::min(block_.size(), blame_.size()));
  const std::vector<RecordId> asked(block_.begin(), block_.begin() + count);
  auto page = Ask(asked);
  if (!page) return Failed(asked.size(), page.error());
  return TakeIn(std::move(*page), asked, table.hasher);
}

StepOutcome HistoryJob::TakeIn(HistoryPage page, const std::vector<RecordId>& asked,
                               const HasherPtr& hasher) {
  const HistoryAnswer said = AccountFor(asked, page);
  if (said.unasked > 0) {
    stream().Distrust("unasked", "a history read answered with " + std::to_string(said.unasked) +
                                     " records that were not asked for; they are not stored");
  }
  if (said.settled.empty()) {
    if (asked.size() == 1) {
      stream().Distrust("unanswered", "a history read says nothing of the record it asked for");
    }
    return Failed(asked.size(), {.kind = ApiErrorKind::kDecode,
                                 .message = "HubSpot answers, and says nothing of the record"});
  }
  blame_.Answered();
  block_.erase(block_.begin(), block_.begin() + static_cast<std::ptrdiff_t>(asked.size()));
  block_.insert(block_.end(), said.silent.begin(), said.silent.end());
  return Write({.entries = MapHistory(std::move(page.entries), cursor_.scope, hasher),
                .settled = said.settled,
                .sent_at = page.times.sent_at});
}

StepOutcome HistoryJob::Failed(size_t asked, const ApiError& error) {
  switch (blame_.Failed(error, asked)) {
    case Blame::Next::kAgain:
      break;
    case Blame::Next::kSmaller:
      stream().AskForLess(kind(), blame_.size(), error);
      break;
    case Blame::Next::kToBlame:
      return SetAside("HubSpot does not show its history: " + error.message);
  }
  return StepOutcome::Failed(error);
}

StepOutcome HistoryJob::AskWitness() {
  blame_.WitnessAnswered(false);
  witness_ = NextWitness();
  // Of a single record nobody can tell whether HubSpot fails for it or for all.
  if (!witness_) return StepOutcome::More();
  const auto page = Ask({*witness_});
  if (!page) return StepOutcome::Failed(page.error());
  blame_.WitnessAnswered(std::ranges::find(page->answered, *witness_) != page->answered.end());
  return StepOutcome::More();
}

std::optional<RecordId> HistoryJob::NextWitness() {
  const RecordId culprit = block_.front();
  for (const RecordId above : {witness_.value_or(culprit), RecordId{0}}) {
    const auto ids = stream().store().histories.HistoryBlock(object(), block_archived_, above, 2);
    const auto other = std::ranges::find_if(ids, [&](RecordId id) { return id != culprit; });
    if (other != ids.end()) return *other;
  }
  return std::nullopt;
}

StepOutcome HistoryJob::SetAside(const std::string& reason) {
  const RecordId id = block_.front();
  block_.erase(block_.begin());
  return Write({.again = {id},
                .again_in = kAskedAgainAfter,
                .asked_archived = block_archived_,
                .unreadable = {{.id = id, .reason = reason}}});
}

StepOutcome HistoryJob::Write(HistoryCommit commit) {
  const auto records = static_cast<int64_t>(commit.settled.size());
  if (block_.empty() && block_end_) cursor_.last = std::exchange(block_end_, std::nullopt);
  commit.object = object();
  commit.scope = cursor_.scope;
  commit.progress = {.cursor = ToText(cursor_)};
  if (cursor_.walked) commit.progress.last_complete_at = stream().SourceNow();
  commit.budget = stream().Budget();
  const HistoryOutcome outcome = stream().store().histories.WriteHistory(commit);
  Tell([&](StreamFacts& facts) { facts.quarantined += outcome.unreadable - outcome.released; });
  for (const UnreadableRecord& record : commit.unreadable) stream().SayUnreadable(record);
  return StepOutcome::More(records);
}

}  // namespace hubmirror
