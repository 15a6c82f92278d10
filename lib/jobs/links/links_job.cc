#include "jobs/links/links_job.h"

#include <algorithm>

#include "base/json_fields.h"

namespace hubmirror {

std::optional<ApiError> LinkPorts::LearnTypes(const StreamContext& stream,
                                              const LinkPair& pair) const {
  const auto types = source.LinkTypes(pair.from, pair.to);
  if (!types) {
    if (NoteRefusal(stream, pair, types.error())) return std::nullopt;
    return types.error();
  }
  const bool linkable = !types->empty();
  partners.NoteLinkable(pair, linkable, stream.clock().Now());
  if (linkable) sink.SaveLinkTypes(pair, *types);
  return std::nullopt;
}

bool LinkPorts::NoteRefusal(const StreamContext& stream, const LinkPair& pair,
                            const ApiError& error) const {
  const bool refused = error.kind == ApiErrorKind::kForbidden ||
                       error.kind == ApiErrorKind::kNotFound ||
                       error.kind == ApiErrorKind::kBadRequest;
  if (!refused) return false;
  stream.Log(LogLevel::kWarning, "links.refused",
             "the associations of " + pair.from.name + " with " + pair.to.name +
                 " cannot be read, other ones go on: " + error.message);
  partners.NoteLinkable(pair, false, stream.clock().Now());
  return true;
}

void LinksJob::LoadFrom(const StoredStream& stored) {
  const auto found = stored.progress.find(kind());
  if (found == stored.progress.end()) return;
  last_complete_at_ = found->second.last_complete_at;
  cursor_ = ParseLinksCursor(found->second.cursor).value_or(LinksCursor{});
}

void LinksJob::Abandon() {
  walking_ = false;
  cursor_ = {};
  batch_.reset();
}

std::optional<StepNeed> LinksJob::NextStep(Instant) {
  if (!stream().loaded()) return std::nullopt;
  return StepNeed{.lane = Lane::kAssociations, .priority = Priority::kLinks};
}

StepOutcome LinksJob::DoStep(Instant now) {
  if (!walking_) {
    pairs_ = ports_.partners.PairsFrom(object());
    walking_ = true;
  }
  SkipUnlinkable(now);
  const LinkPair* pair = CurrentPair();
  if (pair == nullptr) return Finish();
  if (ports_.partners.Linkable(*pair, now)) return ReadBatch(*pair);
  if (auto error = ports_.LearnTypes(stream(), *pair)) return StepOutcome::Failed(*error);
  return StepOutcome::More();
}

void LinksJob::SkipUnlinkable(Instant now) {
  const LinkPair* pair = CurrentPair();
  while (pair != nullptr && ports_.partners.Linkable(*pair, now) == false) {
    NextPair();
    pair = CurrentPair();
  }
}

const LinkPair* LinksJob::CurrentPair() {
  const auto at = std::find_if(pairs_.begin(), pairs_.end(), [this](const LinkPair& pair) {
    return pair.to.name >= cursor_.other;
  });
  if (at == pairs_.end()) return nullptr;
  if (at->to.name != cursor_.other) cursor_ = {.other = at->to.name, .last = {}};
  return &*at;
}

void LinksJob::NextPair() {
  // The smallest name above this one.
  cursor_ = {.other = cursor_.other + '\x01', .last = {}};
  batch_.reset();
}

StepOutcome LinksJob::ReadBatch(const LinkPair& pair) {
  if (!batch_) {
    auto ids = ports_.sink.LiveIds(object(), cursor_.last, kLinkInputs);
    if (ids.empty()) {
      NextPair();
      return StepOutcome::Unused();
    }
    batch_.emplace(pair.from, pair.to, std::move(ids));
  }
  auto answer = ports_.source.ReadLinks(pair.from, pair.to, batch_->NextInputs());
  if (!answer) {
    if (!ports_.NoteRefusal(stream(), pair, answer.error())) {
      return StepOutcome::Failed(answer.error());
    }
    batch_.reset();
    return StepOutcome::More();
  }
  const auto links = static_cast<int64_t>(answer->links.size());
  if (!batch_->Take(std::move(*answer))) return StepOutcome::Failed(LinkBatch::NoProgress());
  if (!batch_->whole()) return StepOutcome::More(links);
  LinkCommit commit = batch_->ToCommit();
  cursor_.last = batch_->ids().back();
  commit.progress = Progress();
  commit.budget = stream().Budget();
  ports_.sink.WriteLinks(commit);
  batch_.reset();
  return StepOutcome::More(links);
}

JobProgress LinksJob::Progress() const {
  return {.cursor = ToText(cursor_), .last_complete_at = last_complete_at_};
}

StepOutcome LinksJob::Finish() {
  last_complete_at_ = stream().SourceNow();
  Commit commit{.object = object()};
  commit.progress[kind()] = {.last_complete_at = last_complete_at_};
  stream().Write(kind(), std::move(commit));
  Abandon();
  return StepOutcome::CaughtUp();
}

std::string ToText(const LinksCursor& cursor) {
  JsonFieldWriter fields;
  fields.Put("other", cursor.other);
  fields.Put("last", cursor.last);
  return fields.Text();
}

std::optional<LinksCursor> ParseLinksCursor(std::string_view text) {
  const auto fields = JsonFields::Parse(text);
  if (!fields) return std::nullopt;
  return LinksCursor{.other = fields->Text("other"), .last = fields->Id("last")};
}

}  // namespace hubmirror
