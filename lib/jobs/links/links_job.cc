#include "jobs/links/links_job.h"

#include <algorithm>

#include "base/json_fields.h"

namespace hubmirror {
namespace {

// So many records tell whether a side shows links at all.
constexpr size_t kProofInputs = 100;

void PutTypes(JsonFieldWriter& fields, std::string_view name,
              const std::vector<std::string>& types) {
  fields.BeginArray(name);
  for (const std::string& type : types) {
    fields.BeginObject();
    fields.Put("with", type);
    fields.EndObject();
  }
  fields.EndArray();
}

std::optional<std::vector<std::string>> TypesIn(const JsonFields& fields, std::string_view name) {
  const auto objects = fields.Objects(name);
  if (!objects) return std::nullopt;
  std::vector<std::string> types;
  for (const JsonFields& object : *objects) types.push_back(object.Text("with"));
  return types;
}

}  // namespace

void LinksJob::LoadFrom(const StoredStream& stored) {
  loaded_.emplace();
  const auto found = stored.progress.find(kind());
  if (found == stored.progress.end()) return;
  last_complete_at_ = found->second.last_complete_at;
  cursor_ = ParseLinksCursor(found->second.cursor).value_or(LinksCursor{});
  for (const std::string& other : cursor_.one_way) partners_.UseFrom(object().name, other);
  read_ = {cursor_.read.begin(), cursor_.read.end()};
  if (cursor_.loaded) {
    loaded_->insert(cursor_.loaded->begin(), cursor_.loaded->end());
  } else if (last_complete_at_) {
    loaded_.reset();
  }
}

void LinksJob::Abandon() {
  walking_ = false;
  pairs_ = {};
  cursor_ = {};
  batch_.reset();
  looked_up_.clear();
  read_.clear();
  asker_.Forget();
}

std::optional<StepNeed> LinksJob::NextStep(Instant) {
  if (!facts().loaded()) return std::nullopt;
  return StepNeed{.lane = Lane::kAssociations, .priority = Priority::kLinks};
}

StepOutcome LinksJob::DoStep(Instant now, const StepNeed&, const TableShapePtr&) {
  if (!walking_) Begin();
  SkipOthers(now);
  const LinkPair* pair = CurrentPair();
  if (pair == nullptr) return Finish();
  if (!looked_up_.empty()) return AskFirstSide(*pair);
  if (partners_.Linkable(*pair, now)) return ReadBatch(*pair);
  if (auto error = asker_.LearnTypes(*pair)) return StepOutcome::Failed(*error);
  return StepOutcome::More();
}

std::optional<std::chrono::milliseconds> LinksJob::DueIn() const {
  const auto now = stream().SourceNow();
  if (!now || !last_complete_at_) return std::nullopt;
  const auto due_in = *last_complete_at_ + stream().plan().links_every - *now;
  return due_in.count() > 0 ? std::optional(due_in) : std::nullopt;
}

void LinksJob::Begin() {
  const bool whole = afresh() || !cursor_.other.empty();
  only_looking_ = !whole && partners_.LookWanted(object()) && DueIn();
  pairs_.clear();
  if (!only_looking_) pairs_ = partners_.PairsFrom(object());
  for (LinkPair& pair : partners_.DoubtfulOf(object(), only_looking_)) {
    pairs_.push_back(std::move(pair));
  }
  std::ranges::sort(pairs_, {}, [](const LinkPair& pair) { return pair.to.name; });
  partners_.BeginLooks(object());
  walking_ = true;
}

void LinksJob::SkipOthers(Instant now) {
  for (const LinkPair* pair = CurrentPair(); pair != nullptr; pair = CurrentPair()) {
    const bool wanted = partners_.IsRead(*pair) || partners_.IsDoubtful(*pair);
    if (wanted && partners_.Linkable(*pair, now) != false) return;
    NextPair();
  }
}

const LinkPair* LinksJob::CurrentPair() {
  const auto at = std::find_if(pairs_.begin(), pairs_.end(), [this](const LinkPair& pair) {
    return pair.to.name >= cursor_.other;
  });
  if (at == pairs_.end()) return nullptr;
  if (at->to.name != cursor_.other) cursor_ = {.other = at->to.name};
  return &*at;
}

void LinksJob::NextPair() {
  // The smallest name above this one.
  cursor_ = {.other = cursor_.other + '\x01'};
  batch_.reset();
  looked_up_.clear();
  asker_.Forget();
}

// Adding or removing a link does not reliably move the stamp of either record
// (https://github.com/airbytehq/airbyte/issues/27199, .../44554), and HubSpot has no list of
// changed links: the links of every record are read.
StepOutcome LinksJob::ReadBatch(const LinkPair& pair) {
  if (!batch_) {
    auto ids = stream().store().links.LiveIds(object(), cursor_.last, kLinkInputs);
    if (ids.empty()) {
      if (partners_.IsRead(pair)) read_.insert(pair.to.name);
      NextPair();
      return StepOutcome::Unused();
    }
    batch_.emplace(pair.from, pair.to, std::move(ids));
  }
  const size_t before = batch_->links();
  const auto end = asker_.Ask(*batch_);
  if (!end) return StepOutcome::Failed(end.error());
  const auto links = static_cast<int64_t>(batch_->links() - before);
  switch (*end) {
    case LinkAsker::End::kGoesOn:
      return StepOutcome::More(links);
    case LinkAsker::End::kRefused:
      batch_.reset();
      return StepOutcome::More();
    case LinkAsker::End::kWhole:
      break;
  }
  const bool read = partners_.IsRead(pair);
  // Each reading of all links checks whether a one-way pair still is one.
  if (!read || (partners_.IsOneWay(pair) && !cursor_.last)) {
    looked_up_ = batch_->OtherIds();
    if (looked_up_.size() > kProofInputs) looked_up_.resize(kProofInputs);
  }
  if (read) return Store(pair, links);
  cursor_.last = batch_->ids().back();
  batch_.reset();
  return StepOutcome::More();
}

StepOutcome LinksJob::Store(const LinkPair& pair, int64_t links) {
  if (batch_->links() > 0) {
    partners_.NoteShown(pair);
  } else if (!cursor_.last) {
    partners_.NoteNone(pair);
  }
  LinkCommit commit = batch_->ToCommit();
  cursor_.last = batch_->ids().back();
  commit.progress = Progress();
  commit.loads = !IsLoaded(pair);
  commit.budget = stream().Budget();
  stream().store().links.WriteLinks(commit);
  ProgressStored();
  batch_.reset();
  return StepOutcome::More(links);
}

// HubSpot shows some links from one of their sides only: those of leads with deals when asked about
// leads, while it says of the same deals that they have none (seen in live portals in 2026; its
// documentation is silent).
StepOutcome LinksJob::AskFirstSide(const LinkPair& pair) {
  std::vector<LinkInput> inputs;
  for (const RecordId id : looked_up_) inputs.push_back({.id = id, .after = {}});
  const auto answer = stream().source().links.ReadLinks(pair.to, pair.from, inputs);
  if (answer && answer->links.empty()) return UseThisSide(pair);
  if (answer) return UseFirstSide(pair);
  const ApiError& error = answer.error();
  const bool denied =
      error.kind == ApiErrorKind::kBadRequest || error.kind == ApiErrorKind::kNotFound;
  if (denied) return UseThisSide(pair);
  // Fewer records prove it as well; without an answer the next reading of all links tries again.
  if (SizeMatters(error) && looked_up_.size() > 1) {
    looked_up_.resize(looked_up_.size() / 2);
  } else if (SizeMatters(error) || error.kind == ApiErrorKind::kForbidden) {
    looked_up_.clear();
    if (!partners_.IsRead(pair)) NextPair();
  }
  return StepOutcome::Failed(error);
}

StepOutcome LinksJob::UseThisSide(const LinkPair& pair) {
  if (partners_.IsOneWay(pair)) {
    looked_up_.clear();
    return StepOutcome::More();
  }
  partners_.UseFrom(pair.from.name, pair.to.name);
  stream().Log(LogLevel::kNotice, "links.one_way",
               "HubSpot shows the associations of " + pair.from.name + " and " + pair.to.name +
                   " from " + pair.from.name + " only: they are read from there");
  looked_up_.clear();
  cursor_.last.reset();
  Commit commit{.object = object()};
  commit.progress[kind()] = Progress();
  Write(std::move(commit));
  return StepOutcome::More();
}

StepOutcome LinksJob::UseFirstSide(const LinkPair& pair) {
  const bool was_one_way = partners_.IsOneWay(pair);
  partners_.NoteShown({pair.to, pair.from});
  NextPair();
  if (!was_one_way) return StepOutcome::More();
  stream().Log(LogLevel::kNotice, "links.both_ways",
               "HubSpot shows the associations of " + pair.from.name + " and " + pair.to.name +
                   " from " + pair.to.name + ", too: they are read from there again");
  Commit commit{.object = object()};
  commit.progress[kind()] = Progress();
  Write(std::move(commit));
  return StepOutcome::More();
}

bool LinksJob::IsLoaded(const LinkPair& pair) const {
  return !loaded_ || loaded_->contains(pair.to.name);
}

bool LinksJob::NoteLoaded() {
  bool fresh = false;
  std::set<std::string> loaded;
  for (const LinkPair& pair : pairs_) {
    const bool stood = IsLoaded(pair);
    if (!stood && !read_.contains(pair.to.name)) continue;
    fresh = fresh || !stood;
    loaded.insert(pair.to.name);
  }
  loaded_ = std::move(loaded);
  read_.clear();
  return fresh;
}

JobProgress LinksJob::Progress() const {
  LinksCursor cursor = cursor_;
  cursor.read = {read_.begin(), read_.end()};
  cursor.one_way = partners_.OneWayFrom(object());
  if (loaded_) cursor.loaded.emplace(loaded_->begin(), loaded_->end());
  return {.cursor = ToText(cursor), .last_complete_at = last_complete_at_};
}

StepOutcome LinksJob::Finish() {
  if (only_looking_) {
    StepOutcome looked = StepOutcome::CaughtUp();
    looked.next_in = DueIn();
    Abandon();
    return looked;
  }
  Commit commit{.object = object()};
  if (NoteLoaded()) commit.loaded = "associations";
  last_complete_at_ = stream().SourceNow();
  cursor_ = {};
  commit.progress[kind()] = Progress();
  Write(std::move(commit));
  Abandon();
  return StepOutcome::CaughtUp();
}

std::string ToText(const LinksCursor& cursor) {
  JsonFieldWriter fields;
  fields.Put("other", cursor.other);
  fields.Put("last", cursor.last);
  PutTypes(fields, "read", cursor.read);
  PutTypes(fields, "one_way", cursor.one_way);
  if (cursor.loaded) PutTypes(fields, "loaded", *cursor.loaded);
  return fields.Text();
}

std::optional<LinksCursor> ParseLinksCursor(std::string_view text) {
  const auto fields = JsonFields::Parse(text);
  if (!fields) return std::nullopt;
  LinksCursor cursor{.other = fields->Text("other"), .last = fields->Id("last")};
  cursor.read = TypesIn(*fields, "read").value_or(std::vector<std::string>());
  cursor.one_way = TypesIn(*fields, "one_way").value_or(std::vector<std::string>());
  cursor.loaded = TypesIn(*fields, "loaded");
  return cursor;
}

}  // namespace hubmirror
