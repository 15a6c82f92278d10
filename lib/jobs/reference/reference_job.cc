#include "jobs/reference/reference_job.h"

#include <algorithm>
#include <utility>

#include "base/finally.h"
#include "base/json_fields.h"

namespace hubmirror {
namespace {

// Members of a list in one transaction.
constexpr size_t kMemberBlock = 5000;
// Lists are found by a search, which shows no more than this
// (https://developers.hubspot.com/docs/api-reference/crm-lists-v3).
constexpr size_t kMostLists = 10'000;
// Letters for people about all lists together.
constexpr size_t kMostSaid = 500;

size_t LargestPage(ReferenceKind kind) {
  return std::max<size_t>(1, PageLimit(kind));
}

int64_t NumberIn(const ReferenceRow& row, size_t column) {
  return std::stoll(row.values[column].value_or("0"));
}

}  // namespace

bool IsRefused(const ApiError& error) {
  return error.kind == ApiErrorKind::kForbidden || error.kind == ApiErrorKind::kNotFound ||
         error.kind == ApiErrorKind::kBadRequest || error.status == 404;
}

ReferenceJob::ReferenceJob(PortalKey portal, JobKind kind, std::vector<ReferenceKind> kinds,
                           Parts parts)
    : portal_(std::move(portal)),
      kind_(kind),
      kinds_(std::move(kinds)),
      parts_(std::move(parts)),
      part_(LargestPage(kinds_.front())) {
  MutexLock lock(mutex_);
  for (const ReferenceKind each : kinds_) {
    statuses_[each].table = std::string(TableOf(each).name);
    statuses_[each].job = kind_;
  }
}

std::optional<StepNeed> ReferenceJob::Next(Instant) {
  MutexLock lock(mutex_);
  if (busy_) return std::nullopt;
  // Records of custom types wait for these; nothing waits for the others.
  const bool finds_types = kinds_.front() == ReferenceKind::kObjectTypes;
  return StepNeed{.lane = Lane::kBurst,
                  .priority = finds_types ? Priority::kCatalog : Priority::kLinks};
}

void ReferenceJob::Restart() {
  MutexLock lock(mutex_);
  restart_ = true;
}

JobProgress ReferenceJob::Recall() {
  const std::string table(TableOf(kinds_.front()).name);
  JobProgress progress = parts_.sink.LoadReferenceProgress(table, kind_);
  MutexLock lock(mutex_);
  for (auto& [kind, status] : statuses_) status.last_complete_at = progress.last_complete_at;
  return progress;
}

std::vector<ReferenceStatus> ReferenceJob::statuses() const {
  MutexLock lock(mutex_);
  std::vector<ReferenceStatus> all;
  for (const auto& [kind, status] : statuses_) all.push_back(status);
  return all;
}

std::optional<std::vector<CustomType>> ReferenceJob::found_types() const {
  MutexLock lock(mutex_);
  return found_types_;
}

int64_t ReferenceJob::last_cycle_requests() const {
  MutexLock lock(mutex_);
  return last_cycle_requests_;
}

void ReferenceJob::BeginPages() {
  after_.reset();
  rows_.clear();
  odd_.clear();
  cut_.clear();
  places_.clear();
  part_ = PartSize(LargestPage(kinds_[at_]));
  passed_over_ = false;
  gap_.reset();
}

void ReferenceJob::ForgetCycle() {
  at_ = 0;
  archived_ = false;
  BeginPages();
  requests_ = 0;
  loaded_ = false;
  lists_.clear();
  lists_known_ = false;
  of_members_.clear();
  cursor_ = {};
}

StepOutcome ReferenceJob::Step(Instant, const StepNeed&) {
  bool restart = false;
  {
    MutexLock lock(mutex_);
    if (busy_) return StepOutcome::Unused();
    busy_ = true;
    restart = std::exchange(restart_, false);
  }
  const Finally done([this] {
    MutexLock lock(mutex_);
    busy_ = false;
  });
  if (restart) {
    ForgetCycle();
    loaded_ = true;
  }
  try {
    return Read();
  } catch (const std::exception&) {
    ForgetCycle();
    throw;
  }
}

ReferenceRequest ReferenceJob::Request() const {
  ReferenceRequest request{.kind = kinds_[at_], .archived = archived_, .after = after_};
  if (PageLimit(request.kind) > 0) request.limit = part_.size();
  if (request.kind == ReferenceKind::kListMemberships) {
    request.list_id = std::to_string(lists_.back());
    if (!after_) request.beyond = above_;
    if (gap_)
      request = {
          .kind = request.kind, .list_id = request.list_id, .beyond = gap_->beyond(), .limit = 1};
  }
  return request;
}

StepOutcome ReferenceJob::Read() {
  const bool members = kinds_[at_] == ReferenceKind::kListMemberships;
  if (members && lists_.empty()) return NextKind();
  ++requests_;
  const ReferenceRequest request = Request();
  auto page = parts_.source.ReadReference(request);
  if (gap_) return Search(page);
  if (!page) return IsRefused(page.error()) ? Refused(page.error()) : Failed(page.error());
  part_.Answered();
  passed_over_ = false;
  Check(request, *page);
  if (rows_.empty() && !after_ && !archived_) began_ = page->times.date;
  odd_.insert(odd_.end(), page->odd.begin(), page->odd.end());
  return members ? TakeMembers(std::move(*page)) : Take(std::move(*page));
}

void ReferenceJob::Check(const ReferenceRequest& request, ReferencePage& page) {
  const size_t items = page.batches.at(0).rows.size();
  const std::string table(TableOf(request.kind).name);
  if (request.limit > 0 && items > request.limit) {
    Distrust("limit", "a page of " + table + " holds " + std::to_string(items) + " where at most " +
                          std::to_string(request.limit) + " were asked for");
  }
  if (LeadsOn(request, page)) return;
  page.next_after.reset();
  cut_ = "its pages do not move on";
}

bool ReferenceJob::LeadsOn(const ReferenceRequest& request, ReferencePage& page) {
  if (!page.next_after) return true;
  const bool counted = request.kind == ReferenceKind::kLists;
  const std::string here = request.after.value_or(counted ? "0" : "");
  const size_t items = page.batches.at(0).rows.size() + page.odd.size();
  // The place of a list page is a count: one beyond what was shown would skip lists.
  const bool ahead =
      counted && std::stoll(*page.next_after) > std::stoll(here) + static_cast<int64_t>(items);
  const bool moved = items > 0 && *page.next_after != here && !ahead;
  if (moved && places_.insert(*page.next_after).second) return true;
  Distrust("cursor", "pages of " + std::string(TableOf(request.kind).name) +
                         (ahead ? " pass some over" : " do not move on"));
  if (items == 0 || !counted) return false;
  // It is a count, so we know where the next page begins.
  page.next_after = std::to_string(std::stoll(here) + static_cast<int64_t>(items));
  return places_.insert(*page.next_after).second;
}

void ReferenceJob::Distrust(const std::string& promise, const std::string& how) {
  const std::string table(TableOf(kinds_[at_]).name);
  parts_.observer.OnBrokenPromise({portal_, table}, promise);
  if (!said_.IsNews(promise + " " + table, parts_.clock.Now())) return;
  parts_.log.Write({.level = LogLevel::kWarning,
                    .event = "answer.distrusted",
                    .message = how,
                    .fields = {{"PORTAL", portal_}, {"OBJECT", table}}});
}

StepOutcome ReferenceJob::Failed(const ApiError& error) {
  switch (part_.Failed(error, part_.size())) {
    case PartSize::Next::kSame:
      break;
    case PartSize::Next::kSmaller:
      parts_.log.Write(
          {.level = LogLevel::kNotice,
           .event = "request.smaller",
           .message = "pages of " + std::to_string(part_.size()) +
                      " are asked for from here on: " + error.message,
           .fields = {{"PORTAL", portal_}, {"OBJECT", std::string(TableOf(kinds_[at_]).name)}}});
      break;
    case PartSize::Next::kAlone:
      return GiveUp(error);
  }
  return StepOutcome::Failed(error);
}

StepOutcome ReferenceJob::GiveUp(const ApiError& error) {
  const ReferenceKind kind = kinds_[at_];
  if (kind == ReferenceKind::kLists && !std::exchange(passed_over_, true)) {
    const int64_t place = std::stoll(after_.value_or("0"));
    odd_.push_back("the list at place " + std::to_string(place) + ": " + error.message);
    after_ = std::to_string(place + 1);
    return StepOutcome::Failed(error);
  }
  if (kind == ReferenceKind::kListMemberships) {
    if (!ordered_) return CutList(error.message);
    gap_.emplace(LastMember().value_or(0));
    gap_cause_ = error.message;
    return StepOutcome::Failed(error);
  }
  cut_ = error.message;
  after_.reset();
  // Some of the custom types are no use: a type's table is named in view of the others.
  if (!rows_.empty() && kind != ReferenceKind::kObjectTypes) return EndKind(0);
  Note(kind, false, error.message);
  return NextKind();
}

StepOutcome ReferenceJob::Search(const Result<ReferencePage, ApiError>& page) {
  if (!page) {
    const ApiError& error = page.error();
    if (!SizeMatters(error)) {
      return IsRefused(error) ? Refused(error) : StepOutcome::Failed(error);
    }
    if (!gap_->Fails()) return StepOutcome::Failed(error);
    if (gap_->hopeless()) return CutList(error.message);
  } else {
    const auto& rows = page->batches.at(0).rows;
    // Places are no longer what the documentation says, ids of members.
    if (!rows.empty() && NumberIn(rows.front(), 1) < gap_->beyond()) {
      return CutList("one of its members cannot be read, and no page begins beyond it");
    }
    gap_->Answers();
  }
  if (gap_->culprit()) SetMemberAside();
  return StepOutcome::More();
}

void ReferenceJob::SetMemberAside() {
  const int64_t culprit = *gap_->culprit();
  const int64_t last = LastMember().value_or(0);
  WriteMembers(last, MembersCursor{.list = lists_.back(), .above = culprit});
  above_ = culprit;
  after_.reset();
  gap_.reset();
  part_ = PartSize(LargestPage(kinds_[at_]));
  SayOfMembers("list " + std::to_string(lists_.back()) + ": the member " + std::to_string(culprit) +
               " cannot be read (" + gap_cause_ + "); members beyond " + std::to_string(last) +
               " up to it stay as they were");
}

StepOutcome ReferenceJob::PlaceRefused(const std::string& why) {
  const auto last = LastMember();
  if (gap_ || !after_ || !ordered_ || !last) return CutList(why);
  // HubSpot named a place and refuses it; the id of the last member makes another one.
  Distrust("cursor", "a place that HubSpot named in a list of members is refused: " + why);
  WriteMembers(last, MembersCursor{.list = lists_.back(), .above = last});
  above_ = last;
  after_.reset();
  return StepOutcome::More();
}

StepOutcome ReferenceJob::CutList(const std::string& why) {
  cut_ = why;
  gap_.reset();
  after_.reset();
  CommitMembers(true);
  return NextList();
}

StepOutcome ReferenceJob::Refused(const ApiError& error) {
  if (kinds_[at_] == ReferenceKind::kListMemberships) {
    // The list was deleted since it was found.
    if (error.status == 404) return NextList();
    if (error.kind == ApiErrorKind::kBadRequest) return PlaceRefused(error.message);
  }
  BeginPages();
  Note(kinds_[at_], false, error.message);
  lists_.clear();
  lists_known_ = false;
  return NextKind();
}

StepOutcome ReferenceJob::Take(ReferencePage page) {
  auto& rows = page.batches.at(0).rows;
  const auto records = static_cast<int64_t>(rows.size());
  for (ReferenceRow& row : rows) {
    row.archived = row.archived || archived_;
    rows_.push_back(std::move(row));
  }
  after_ = std::move(page.next_after);
  if (after_) return StepOutcome::More(records);
  if (kinds_[at_] == ReferenceKind::kOwners && !archived_) {
    archived_ = true;
    places_.clear();
    return StepOutcome::More(records);
  }
  return EndKind(records);
}

StepOutcome ReferenceJob::EndKind(int64_t records) {
  const ReferenceKind kind = kinds_[at_];
  if (kind == ReferenceKind::kObjectTypes && !cut_.empty()) {
    Note(kind, false, cut_);
    return NextKind();
  }
  std::string complaint;
  if (kind == ReferenceKind::kObjectTypes) complaint = TakeTypes();
  if (kind == ReferenceKind::kLists) {
    if (rows_.size() >= kMostLists) {
      complaint = "HubSpot shows no more than 10,000 lists; those beyond are not mirrored";
    }
    lists_known_ = true;
    for (const ReferenceRow& row : rows_) lists_.push_back(NumberIn(row, 0));
    std::sort(lists_.rbegin(), lists_.rend());
  }
  // An item that was left out is not gone.
  const bool whole = odd_.empty() && cut_.empty();
  const std::string left_out = TakeLeftOut();
  if (complaint.empty()) complaint = left_out;
  parts_.sink.WriteReference(
      {{.kind = kind, .rows = std::move(rows_), .marks_gone = whole, .at = began_}}, "", kind_,
      std::nullopt, parts_.governor.Save());
  rows_.clear();
  Note(kind, true, complaint);
  StepOutcome outcome = NextKind();
  outcome.records = records;
  return outcome;
}

std::string ReferenceJob::TakeLeftOut() {
  std::string why = std::exchange(cut_, {});
  if (const auto odd = std::exchange(odd_, {}); why.empty() && !odd.empty()) {
    const size_t count = odd.size();
    why = std::to_string(count) + (count == 1 ? " item" : " items") + " left out: " + odd.front();
  }
  return why.empty() ? why : why + "; what is gone is not marked meanwhile";
}

std::string ReferenceJob::TakeTypes() {
  // An archived type is gone; its row keeps the name of its table.
  std::erase_if(rows_, [](const ReferenceRow& row) { return row.archived; });
  std::vector<CustomType> types;
  for (const ReferenceRow& row : rows_) {
    types.push_back({.type_id = row.values[0].value_or(""),
                     .name = row.values[2].value_or(""),
                     .full_name = row.values[3].value_or("")});
  }
  std::sort(types.begin(), types.end(),
            [](const CustomType& a, const CustomType& b) { return a.type_id < b.type_id; });
  types = WithTables(std::move(types), parts_.sink.LoadTypeTables());
  for (ReferenceRow& row : rows_) {
    const auto same = [&](const CustomType& type) { return type.type_id == row.values[0]; };
    row.values[1] = std::ranges::find_if(types, same)->table;
  }
  std::string complaint;
  for (const std::string& unknown : UnknownTypes(parts_.custom_asked, types)) {
    complaint += (complaint.empty() ? "the portal has no custom object " : ", ") + unknown;
  }
  if (!complaint.empty()) {
    complaint += "; it has";
    for (const CustomType& type : types)
      complaint += " " + type.full_name + " (" + type.type_id + ")";
    if (types.empty()) complaint += " none";
  }
  MutexLock lock(mutex_);
  found_types_ = std::move(types);
  return complaint;
}

void ReferenceJob::BeginMembers() {
  if (!loaded_) {
    const std::string table(TableOf(ReferenceKind::kListMemberships).name);
    cursor_ = ParseMembersCursor(parts_.sink.LoadReferenceProgress(table, kind_).cursor)
                  .value_or(MembersCursor{});
    loaded_ = true;
  }
  while (!lists_.empty() && lists_.back() < cursor_.list) lists_.pop_back();
  ordered_ = true;
  above_.reset();
  if (lists_.empty() || lists_.back() != cursor_.list) return;
  if (!cursor_.after.empty()) after_ = cursor_.after;
  above_ = cursor_.above;
}

StepOutcome ReferenceJob::TakeMembers(ReferencePage page) {
  auto& rows = page.batches.at(0).rows;
  const auto records = static_cast<int64_t>(rows.size());
  for (ReferenceRow& row : rows) {
    const int64_t before = rows_.empty() ? above_.value_or(-1) : NumberIn(rows_.back(), 1);
    if (NumberIn(row, 1) <= before && std::exchange(ordered_, false)) {
      Distrust("order", "members of a list are not in ascending order of ids");
    }
    rows_.push_back(std::move(row));
  }
  after_ = std::move(page.next_after);
  if (after_ && rows_.size() < kMemberBlock) return StepOutcome::More(records);
  CommitMembers(!after_);
  return after_ ? StepOutcome::More(records) : NextList();
}

std::optional<int64_t> ReferenceJob::LastMember() const {
  return rows_.empty() ? above_ : NumberIn(rows_.back(), 1);
}

void ReferenceJob::WriteMembers(std::optional<int64_t> to,
                                const std::optional<MembersCursor>& next) {
  cursor_ = next.value_or(MembersCursor{});
  ReferenceCommit commit{.kind = ReferenceKind::kListMemberships,
                         .scope = {std::to_string(lists_.back())},
                         .rows = std::exchange(rows_, {}),
                         .above = above_,
                         .to = to,
                         .marks_gone = ordered_ && odd_.empty() && cut_.empty(),
                         .at = began_};
  const std::string table(TableOf(commit.kind).name);
  parts_.sink.WriteReference({std::move(commit)}, table, kind_,
                             JobProgress{.cursor = next ? ToText(cursor_) : std::string()},
                             parts_.governor.Save());
}

void ReferenceJob::CommitMembers(bool whole) {
  const int64_t list = lists_.back();
  if (!whole) {
    const auto last = LastMember();
    WriteMembers(last, MembersCursor{.list = list, .after = *after_, .above = last});
    above_ = last;
    return;
  }
  // The last list ends the cycle: continued from any other place, the next one would skip them all.
  const bool ends = lists_.size() == 1 && lists_known_;
  WriteMembers(std::nullopt, ends ? std::nullopt : std::optional(MembersCursor{.list = list + 1}));
  if (!(odd_.empty() && cut_.empty())) {
    SayOfMembers("list " + std::to_string(list) + ": " + TakeLeftOut());
  }
  if (!ordered_) {
    SayOfMembers("the members of list " + std::to_string(list) +
                 " did not come in the order of their ids: who left it is not marked this time");
  }
}

void ReferenceJob::SayOfMembers(const std::string& what) {
  if (of_members_.size() > kMostSaid) return;
  of_members_ += (of_members_.empty() ? "" : "; ") + what;
}

StepOutcome ReferenceJob::NextList() {
  lists_.pop_back();
  BeginPages();
  ordered_ = true;
  above_.reset();
  return StepOutcome::More();
}

StepOutcome ReferenceJob::NextKind() {
  if (kinds_[at_] == ReferenceKind::kListMemberships && lists_known_ && lists_.empty()) {
    cursor_ = {};
    const std::string table(TableOf(ReferenceKind::kListMemberships).name);
    parts_.sink.WriteReference({}, table, kind_, JobProgress{}, "");
    Note(ReferenceKind::kListMemberships, true, of_members_);
  }
  archived_ = false;
  if (++at_ == kinds_.size()) return EndCycle();
  BeginPages();
  if (kinds_[at_] == ReferenceKind::kListMemberships) BeginMembers();
  return StepOutcome::More();
}

StepOutcome ReferenceJob::EndCycle() {
  bool all_read = true;
  {
    MutexLock lock(mutex_);
    last_cycle_requests_ = requests_;
    for (const auto& [kind, status] : statuses_) all_read = all_read && status.last_error.empty();
  }
  if (all_read) {
    // If something was refused, a restart asks for it again at once.
    const std::string table(TableOf(kinds_.front()).name);
    const auto now = parts_.source_clock.Now(parts_.clock.Now());
    parts_.sink.WriteReference({}, table, kind_, JobProgress{.last_complete_at = now}, "");
  }
  ForgetCycle();
  loaded_ = true;
  return StepOutcome::CaughtUp();
}

void ReferenceJob::Note(ReferenceKind kind, bool read, const std::string& message) {
  bool news = false;
  std::string table;
  {
    MutexLock lock(mutex_);
    ReferenceStatus& status = statuses_[kind];
    table = status.table;
    news = !message.empty() && status.last_error != message;
    status.last_error = message;
    if (read) status.last_complete_at = parts_.source_clock.Now(parts_.clock.Now());
    // Without the lists nobody knows whose members to ask for.
    const auto members = statuses_.find(ReferenceKind::kListMemberships);
    if (kind == ReferenceKind::kLists && !read && members != statuses_.end()) {
      members->second.last_error = message;
    }
  }
  if (!news) return;
  parts_.log.Write(
      {.level = LogLevel::kWarning,
       .event = "reference.refused",
       .message = table + (read ? ": " : " cannot be read, everything else continues: ") + message,
       .fields = {{"PORTAL", portal_}, {"OBJECT", table}}});
}

std::string ToText(const MembersCursor& cursor) {
  JsonFieldWriter fields;
  fields.Put("list", cursor.list);
  fields.Put("after", cursor.after);
  fields.Put("above", cursor.above);
  return fields.Text();
}

std::optional<MembersCursor> ParseMembersCursor(std::string_view text) {
  const auto fields = JsonFields::Parse(text);
  if (!fields) return std::nullopt;
  return MembersCursor{.list = fields->Number("list").value_or(0),
                       .after = fields->Text("after"),
                       .above = fields->Number("above")};
}

}  // namespace hubmirror
