#include "jobs/walk/fill_job.h"

#include <algorithm>
#include <utility>

#include "base/finally.h"
#include "base/json_fields.h"
#include "jobs/resolve_plan.h"
#include "jobs/search_promises.h"

namespace hubmirror {
namespace {

using namespace std::chrono_literals;

constexpr auto kLookAtSweep = 5s;
// So many new properties together are in most records: reading each record once is cheaper.
constexpr size_t kManyProperties = 10;

}  // namespace

std::vector<std::string> FillJob::Filling() const {
  std::vector<std::string> names;
  const MirrorTablePtr table = stream().table().layout();
  if (!table) return names;
  for (const MirrorColumn& column : table->columns) {
    if (column.state == PropertyState::kFilling && !column.definition->archived) {
      names.push_back(column.property());
    }
  }
  return names;
}

void FillJob::LoadFrom(const StoredStream& stored) {
  const auto found = stored.progress.find(JobKind::kFill);
  if (found == stored.progress.end()) return;
  cursor_ = ParseFillCursor(found->second.cursor).value_or(FillCursor{});
  if (stored.table) filled_table_ = stored.table->version;
}

void FillJob::Abandon() {
  cursor_ = {};
  unread_.clear();
  commit_ = {};
  by_sweep_.clear();
  proving_ = false;
  proved_ = false;
  MutexLock lock(mutex_);
  reading_ = false;
}

std::optional<StepNeed> FillJob::NextStep(Instant) {
  MutexLock lock(mutex_);
  if (reading_) return StepNeed{.lane = Lane::kBurst, .priority = Priority::kArchived};
  if (Filling().empty()) return std::nullopt;
  return StepNeed{.lane = Lane::kSearch, .priority = Priority::kArchived};
}

StepOutcome FillJob::DoStep(Instant, const StepNeed&, const TableShapePtr& table) {
  const Finally done([this] {
    MutexLock lock(mutex_);
    reading_ = !unread_.empty();
  });
  // A property that was retyped, or left out and taken in again, has lost what was filled.
  const uint64_t version = table->table->version;
  if (std::exchange(filled_table_, version) != version) Abandon();
  if (!by_sweep_.empty()) return FillBySweep();
  return unread_.empty() ? Search() : Read(*table);
}

StepOutcome FillJob::Search() {
  const auto filling = Filling();
  if (filling.empty()) return StepOutcome::CaughtUp();
  if (filling.size() >= kManyProperties) {
    const std::string count = std::to_string(filling.size());
    return LeaveToSweep(filling, count + " properties are new: a sweep reads their values");
  }
  // What HubSpot does not list its search need not know, and would not say so.
  const auto unlisted = std::ranges::find_if(filling, [names = facts().names](const auto& name) {
    return names->unlisted.contains(name);
  });
  if (unlisted != filling.end()) {
    return LeaveToSweep(filling, "the property " + *unlisted +
                                     " is new and not listed by HubSpot: a sweep reads its values");
  }
  if (std::find(filling.begin(), filling.end(), cursor_.property) == filling.end()) {
    cursor_ = {.property = filling.front(), .last = {}};
  }
  const std::string unsearched = "the property " + cursor_.property +
                                 " is new and cannot be searched: a sweep reads its values";
  if (std::exchange(proving_, false)) {
    const auto other = stream().Search({.newest_first = true, .limit = 1});
    if (!other) return StepOutcome::Failed(other.error());
    proved_ = true;
    return StepOutcome::More();
  }
  const auto answer = stream().Search(
      {.id_above = cursor_.last, .has_property = cursor_.property, .limit = search_part_.size()});
  if (!answer) {
    if (IsSearchRefusal(answer.error())) return LeaveToSweep(filling, unsearched);
    if (SearchFailed(answer.error())) return LeaveToSweep(filling, unsearched);
    return StepOutcome::Failed(answer.error());
  }
  if (const auto broken = FindBrokenPromise(*answer, cursor_.last)) {
    stream().Distrust(broken->promise, broken->how);
    return LeaveToSweep(filling, broken->how + ": a sweep reads the values of the new property " +
                                     cursor_.property);
  }
  search_part_.Answered();
  proved_ = false;
  for (const Nomination& nomination : answer->nominations) {
    unread_.push_back(nomination.id);
    last_of_answer_ = last_of_answer_ ? std::max(*last_of_answer_, nomination.id) : nomination.id;
  }
  more_ = answer->more;
  commit_ = {.object = object()};
  return unread_.empty() ? CommitAnswer() : StepOutcome::More();
}

bool FillJob::SearchFailed(const ApiError& error) {
  const PartSize::Next next = search_part_.Failed(error, search_part_.size());
  if (next == PartSize::Next::kSmaller) stream().AskForLess(kind(), search_part_.size(), error);
  if (next != PartSize::Next::kAlone) return false;
  proving_ = !proved_;
  return std::exchange(proved_, false);
}

StepOutcome FillJob::Read(const TableShape& table) {
  BatchReadRequest request{.properties = table.whole_set};
  const size_t count = std::min(unread_.size(), part_.size());
  request.ids.assign(unread_.begin(), unread_.begin() + static_cast<std::ptrdiff_t>(count));
  const auto page = stream().source().records.BatchRead(object(), request);
  if (!page) return ReadFailed(count, page.error());
  part_.Answered();
  unread_.erase(unread_.begin(), unread_.begin() + static_cast<std::ptrdiff_t>(count));
  commit_.rows.push_back(stream().Map(*page, table, request.ids));
  // Records without an answer are left to resolve, which finds out what became of them.
  DropStrangers(commit_.rows.back(), request.ids);
  for (const RecordId id : Unanswered(request.ids, commit_.rows.back())) {
    commit_.pending.push_back(
        {.id = id, .cause = PendingCause::kAbsent, .not_before = page->times.date});
  }
  if (!unread_.empty()) return StepOutcome::More(static_cast<int64_t>(count));
  return CommitAnswer();
}

StepOutcome FillJob::ReadFailed(size_t asked, const ApiError& error) {
  switch (part_.Failed(error, asked)) {
    case PartSize::Next::kSame:
      break;
    case PartSize::Next::kSmaller:
      stream().AskForLess(kind(), part_.size(), error);
      break;
    case PartSize::Next::kAlone:
      commit_.pending.push_back({.id = unread_.front(), .cause = PendingCause::kUnreadable});
      unread_.erase(unread_.begin());
      return unread_.empty() ? CommitAnswer() : StepOutcome::More();
  }
  return StepOutcome::Failed(error);
}

StepOutcome FillJob::LeaveToSweep(std::vector<std::string> filling, const std::string& why) {
  by_sweep_ = std::move(filling);
  sweep_ = stream().WantSweep(why);
  return FillBySweep();
}

StepOutcome FillJob::CommitAnswer() {
  if (!more_) {
    commit_.progress[JobKind::kFill] = {};
    Write(std::move(commit_));
    return Filled({cursor_.property});
  }
  cursor_.last = last_of_answer_;
  commit_.progress[JobKind::kFill] = {.cursor = ToText(cursor_)};
  Write(std::move(commit_));
  commit_ = {};
  last_of_answer_.reset();
  return StepOutcome::More();
}

StepOutcome FillJob::FillBySweep() {
  StepOutcome waiting = StepOutcome::CaughtUp();
  waiting.next_in = kLookAtSweep;
  if (facts().debts.sweeps.served < sweep_) return waiting;
  return Filled(std::exchange(by_sweep_, {}));
}

StepOutcome FillJob::Filled(const std::vector<std::string>& properties) {
  stream().table().Replace(stream().store().rows.MarkFilled(object(), properties));
  cursor_ = {};
  commit_ = {};
  last_of_answer_.reset();
  return Filling().empty() ? StepOutcome::CaughtUp() : StepOutcome::More();
}

std::string ToText(const FillCursor& cursor) {
  JsonFieldWriter fields;
  fields.Put("property", cursor.property);
  fields.Put("last", cursor.last);
  return fields.Text();
}

std::optional<FillCursor> ParseFillCursor(std::string_view text) {
  const auto fields = JsonFields::Parse(text);
  if (!fields) return std::nullopt;
  return FillCursor{.property = fields->Text("property"), .last = fields->Id("last")};
}

}  // namespace hubmirror
