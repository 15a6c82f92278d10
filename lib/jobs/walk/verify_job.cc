#include "jobs/walk/verify_job.h"

#include <algorithm>
#include <limits>
#include <map>
#include <utility>

#include "base/json_fields.h"

namespace hubmirror {
namespace {

// What HubSpot's clock and ours, or a list and the read after it, may be apart.
constexpr auto kSlack = std::chrono::minutes(2);
// More than these are counted without a question: it is no longer a matter of single records.
constexpr size_t kMostExplained = 10'000;
// So many times neither read shows a record before it is extra.
constexpr int kSilencesBelieved = 3;
// Of these so many are stored while it walks.
constexpr size_t kMostStored = 1000;
// What a restart may read again.
constexpr int64_t kPagesASave = 20;

constexpr std::pair<const char*, int64_t VerifyReport::*> kStoredCounts[] = {
    {"pages", &VerifyReport::list_pages},  {"batch_reads", &VerifyReport::batch_reads},
    {"checked", &VerifyReport::checked},   {"missing", &VerifyReport::missing},
    {"extra", &VerifyReport::extra},       {"different", &VerifyReport::different},
    {"stale", &VerifyReport::stale},       {"unstamped", &VerifyReport::unstamped},
    {"repaired", &VerifyReport::repaired}, {"left", &VerifyReport::left}};

// Of the ids of a list without order, what one step holds against the mirror.
constexpr size_t kIdsAStep = 5000;

/// Takes the last of `ids`, `most` of them.
std::vector<RecordId> TakeBatch(std::vector<RecordId>& ids, size_t most) {
  const auto from = ids.end() - static_cast<std::ptrdiff_t>(std::min(ids.size(), most));
  std::vector<RecordId> batch(from, ids.end());
  ids.erase(from, ids.end());
  return batch;
}

}  // namespace

int64_t VerifyJob::Want(bool repair) {
  MutexLock lock(mutex_);
  wanted_repair_ = repair;
  return begun_ + 1;
}

VerifyJob::Finished VerifyJob::finished() const {
  MutexLock lock(mutex_);
  return finished_;
}

int64_t VerifyJob::checked() const {
  MutexLock lock(mutex_);
  return checked_;
}

int64_t VerifyJob::last_cycle_requests() const {
  MutexLock lock(mutex_);
  return last_pages_;
}

void VerifyJob::LoadFrom(const StoredStream& stored) {
  const auto found = stored.progress.find(kind());
  if (found == stored.progress.end()) return;
  last_complete_at_ = found->second.last_complete_at;
  resume_ = ParseVerifyCursor(found->second.cursor);
}

void VerifyJob::Abandon() {
  ranges_.reset();
  resume_.reset();
  seen_.reset();
  table_.reset();
}

std::optional<StepNeed> VerifyJob::NextStep(Instant) {
  if (!facts().loaded()) return std::nullopt;
  const TableShapePtr table = stream().table().Now();
  if (!table) return std::nullopt;
  return StepNeed{.lane = Lane::kBurst,
                  .priority = Priority::kSweep,
                  .cost = stream().source().records.ListCost(object(), *table->whole_set)};
}

StepOutcome VerifyJob::DoStep(Instant, const StepNeed&, const TableShapePtr& table) {
  if (!ranges_) Begin(table);
  if (!ranges_->done()) return Read();
  if (seen_) return CompareSeen();
  if (!report_.absent.empty() || !unarchived_.empty()) return Explain();
  return Finish();
}

void VerifyJob::Begin(const TableShapePtr& table) {
  VerifyCursor begin{
      .walk = {.ranges = {WalkRange{}}}, .report = {}, .repair = stream().plan().verify_repair};
  if (resume_) begin = *std::exchange(resume_, std::nullopt);
  ranges_.emplace(std::move(begin.walk), 1);
  report_ = std::move(begin.report);
  repair_ = begin.repair;
  unsaved_pages_ = 0;
  table_ = table;
  unarchived_.clear();
  silences_.clear();
  places_.Clear();
  seen_.reset();
  MutexLock lock(mutex_);
  repair_ = std::exchange(wanted_repair_, std::nullopt).value_or(repair_);
  ++begun_;
  checked_ = report_.checked;
}

void VerifyJob::Save() {
  unsaved_pages_ = 0;
  // A walk without order starts from the beginning after a restart.
  if (seen_) return;
  // So many that it is no matter of single records: not worth to be written again and again.
  if (report_.absent.size() > kMostStored) return;
  const VerifyCursor cursor{.walk = ranges_->Cursor(), .report = report_, .repair = repair_};
  Commit commit{.object = object()};
  commit.progress[kind()] = {.cursor = ToText(cursor), .last_complete_at = last_complete_at_};
  Write(std::move(commit));
}

void VerifyJob::BeginUnordered() {
  stream().Distrust("order", "a list is not in ascending order of ids");
  ranges_.emplace(WalkCursor{.ranges = {WalkRange{}}, .ordered = false}, 1);
  // What was found before relied on the order of the list.
  report_ = {.list_pages = report_.list_pages};
  places_.Clear();
  seen_ = Seen{.since = stream().clock().Now()};
}

StepOutcome VerifyJob::Read() {
  const auto index = ranges_->Take();
  if (!index) return StepOutcome::More();
  ListRequest request{.properties = table_->whole_set};
  if (const std::string& after = ranges_->range(*index).after; !after.empty()) {
    request.after = after;
  }
  part_.Shape(request);
  auto page = stream().List(request);
  if (!page) {
    ranges_->Release(*index);
    if (part_.Failed(page.error(), request.limit)) {
      stream().AskForLess(kind(), part_.size(), page.error());
    }
    return StepOutcome::Failed(page.error());
  }
  return TakeIn(*index, std::move(*page));
}

StepOutcome VerifyJob::TakeIn(size_t range, Page page) {
  const auto lead = places_.Check(page, ranges_->range(range).after, !seen_);
  if (lead != ListPlaces::Lead::kOn) {
    stream().Distrust("cursor", "a list names the place of a page for its next one");
  }
  if (lead == ListPlaces::Lead::kNowhere) {
    ranges_->Release(range);
    return StepOutcome::Failed(
        ApiError{.kind = ApiErrorKind::kDecode, .message = "the list's pages do not move on"});
  }
  const WalkRanges::PageFacts facts = FactsOf(page);
  if (!seen_ && !ranges_->InOrder(range, facts)) {
    BeginUnordered();
    return StepOutcome::More();
  }
  ++report_.list_pages;
  Commit commit{.object = object()};
  ProvenRange proven{.sent_at = page.times.sent_at};
  for (const Record& record : page.records) proven.present.push_back(record.id);
  const auto proof = ranges_->Give(range, facts);
  if (seen_) {
    seen_->ids.insert(seen_->ids.end(), proven.present.begin(), proven.present.end());
  } else if (proof) {
    proven.from = RecordId{proof->from};
    proven.to = RecordId{proof->to};
    commit.ranges.push_back(std::move(proven));
  }
  if (part_.naming()) {
    for (const Record& record : page.records) LeaveToResolve(record.id);
  } else {
    commit.rows.push_back(stream().Map(page, *table_));
  }
  part_.Answered();
  Compare(std::move(commit));
  if (++unsaved_pages_ >= kPagesASave) Save();
  return StepOutcome::More(facts.count);
}

void VerifyJob::Compare(Commit commit) {
  report_.Add(stream().Verify(std::move(commit), {.repair = repair_, .watermark = watermark_()}));
  MutexLock lock(mutex_);
  checked_ = report_.checked;
}

StepOutcome VerifyJob::CompareSeen() {
  std::vector<RecordId>& ids = seen_->ids;
  if (!std::exchange(seen_->sorted, true)) {
    std::sort(ids.begin(), ids.end());
    ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  }
  const size_t end = std::min(ids.size(), seen_->compared + kIdsAStep);
  const bool last = end == ids.size();
  ProvenRange range{.from = seen_->next, .sent_at = seen_->since};
  range.to = last ? RecordId{std::numeric_limits<int64_t>::max()} : ids[end - 1];
  range.present.assign(ids.begin() + static_cast<std::ptrdiff_t>(seen_->compared),
                       ids.begin() + static_cast<std::ptrdiff_t>(end));
  seen_->compared = end;
  seen_->next = RecordId{last ? 0 : range.to.value + 1};
  Commit commit{.object = object()};
  commit.ranges.push_back(std::move(range));
  if (last) seen_.reset();
  Compare(std::move(commit));
  return StepOutcome::More();
}

void VerifyJob::LeaveToResolve(RecordId id) {
  Commit commit{.object = object()};
  commit.pending.push_back({.id = id, .cause = PendingCause::kUnreadable});
  Write(std::move(commit));
}

StepOutcome VerifyJob::Explain() {
  while (report_.absent.size() > kMostExplained) {
    CountExtra(report_.absent.back());
    report_.absent.pop_back();
  }
  const bool archived = !report_.absent.empty();
  std::vector<RecordId>& from = archived ? report_.absent : unarchived_;
  const std::vector<RecordId> ids = TakeBatch(from, explained_.size());
  BatchReadRequest request{.archived = archived, .ids = ids, .properties = table_->whole_set};
  // Silence about the others means something only if the witness is shown.
  const auto witness =
      archived ? std::nullopt : stream().store().rows.WitnessRecord(object(), /*archived=*/false);
  const bool has_witness = witness && std::find(ids.begin(), ids.end(), *witness) == ids.end();
  if (has_witness) request.ids.push_back(*witness);
  const auto page = stream().source().records.BatchRead(object(), request);
  if (!page) {
    from.insert(from.end(), ids.begin(), ids.end());
    return ExplainFailed(from, ids.size(), page.error());
  }
  explained_.Answered();
  ++report_.batch_reads;
  if (archived) {
    TakeArchived(*page, ids);
  } else {
    TakeLive({.asked = ids,
              .witness = has_witness ? witness : std::nullopt,
              .results = stream().Map(*page, *table_, request.ids).rows,
              .not_found = page->not_found,
              .silence_counts = has_witness});
  }
  return StepOutcome::More();
}

StepOutcome VerifyJob::ExplainFailed(std::vector<RecordId>& unexplained, size_t asked,
                                     const ApiError& error) {
  switch (explained_.Failed(error, asked)) {
    case PartSize::Next::kSame:
      break;
    case PartSize::Next::kSmaller:
      stream().AskForLess(kind(), explained_.size(), error);
      break;
    case PartSize::Next::kAlone:
      LeaveToResolve(unexplained.back());
      unexplained.pop_back();
      break;
  }
  return StepOutcome::Failed(error);
}

void VerifyJob::TakeArchived(const Page& page, const std::vector<RecordId>& ids) {
  std::map<RecordId, std::optional<TimePoint>> archived;
  for (const Record& record : page.records) archived[record.id] = record.archived_at;
  // The walk of the archived list is promised this often; who was archived after it is not known.
  const TimePoint known = page.times.date - 2 * stream().plan().archived_every - kSlack;
  for (const RecordId id : ids) {
    const auto found = archived.find(id);
    if (found == archived.end()) {
      unarchived_.push_back(id);
    } else if (found->second && *found->second < known) {
      CountExtra(id);
    }
  }
}

void VerifyJob::TakeLive(const Answer& answer) {
  // Whoever is shown is back, and whoever another answers for was merged, which the survivor's next
  // change tells. What is left is nowhere.
  const Attribution said = Attribute(answer);
  if (!said.witness_answered) return;
  for (const RecordId id : said.absent) {
    // An answer may leave out a record that the next one shows (rule R13).
    if (++silences_[id] < kSilencesBelieved) {
      report_.absent.push_back(id);
    } else {
      CountExtra(id);
    }
  }
}

void VerifyJob::CountExtra(RecordId id) {
  ++report_.extra;
  if (!repair_) ++report_.left;
  report_.Note(VerifyFinding::Kind::kExtra, id);
}

StepOutcome VerifyJob::Finish() {
  Commit commit{.object = object()};
  last_complete_at_ = stream().SourceNow();
  commit.progress[kind()] = {.last_complete_at = last_complete_at_};
  Write(std::move(commit));
  ranges_.reset();
  table_.reset();
  if (report_.found() > 0) {
    stream().Log(LogLevel::kWarning, "verify.divergent", report_.Text());
  }
  stream().observer().OnVerify(stream().key(), report_);
  const int64_t checked = report_.checked;
  MutexLock lock(mutex_);
  last_pages_ = report_.list_pages;
  finished_ = {begun_, std::move(report_)};
  return StepOutcome::CaughtUp(checked);
}

std::string ToText(const VerifyCursor& cursor) {
  JsonFieldWriter fields;
  // A text in a text: it is read by those who wrote it.
  fields.Put("walk", ToText(cursor.walk));
  fields.Put("repair", cursor.repair);
  for (const auto& [name, count] : kStoredCounts) fields.Put(name, cursor.report.*count);
  fields.Put("absent", cursor.report.absent);
  return fields.Text();
}

std::optional<VerifyCursor> ParseVerifyCursor(std::string_view text) {
  const auto fields = JsonFields::Parse(text);
  if (!fields) return std::nullopt;
  auto walk = ParseWalkCursor(fields->Text("walk"));
  auto absent = fields->Ids("absent");
  if (!walk || !absent) return std::nullopt;
  VerifyCursor cursor{.walk = std::move(*walk), .report = {}, .repair = fields->Flag("repair")};
  for (const auto& [name, count] : kStoredCounts) {
    cursor.report.*count = fields->Number(name).value_or(0);
  }
  cursor.report.absent = std::move(*absent);
  return cursor;
}

}  // namespace hubmirror
