#include "sync/links_job.h"

#include <algorithm>

namespace hubmirror {
namespace {

using namespace std::chrono_literals;

// How often it is asked what links between two types there can be.
constexpr auto kTypesYoung = 1h;

}  // namespace

void LinksJob::LoadFrom(const StoredStream& stored) {
  const auto found = stored.progress.find(kind());
  if (found == stored.progress.end()) return;
  last_complete_at_ = found->second.last_complete_at;
  cursor_ = ParseLinksCursor(found->second.cursor).value_or(LinksCursor{});
}

void LinksJob::Abandon() {
  walking_ = false;
  types_read_ = false;
  cursor_ = {};
  batch_.reset();
}

std::optional<StepNeed> LinksJob::NextStep(Instant) {
  if (!stream().loaded()) return std::nullopt;
  MutexLock lock(mutex_);
  if (busy_) return std::nullopt;
  return StepNeed{.lane = Lane::kAssociations, .priority = Priority::kLinks};
}

StepOutcome LinksJob::DoStep(Instant now) {
  {
    MutexLock lock(mutex_);
    if (busy_) return StepOutcome::Unused();
    busy_ = true;
  }
  const std::shared_ptr<void> done(nullptr, [this](void*) {
    MutexLock lock(mutex_);
    busy_ = false;
  });
  if (!walking_) {
    pairs_ = ports_.partners.PairsFrom(object());
    walking_ = true;
  }
  UseKnownTypes(now);
  const LinkPair* pair = CurrentPair();
  if (pair == nullptr) return Finish();
  return types_read_ ? ReadBatch(*pair) : ReadTypes(*pair, now);
}

void LinksJob::UseKnownTypes(Instant now) {
  while (!types_read_) {
    const LinkPair* pair = CurrentPair();
    if (pair == nullptr) return;
    const auto read = types_read_at_.find(pair->to.name);
    if (read == types_read_at_.end() || now - read->second >= kTypesYoung) return;
    if (ports_.partners.Linkable(*pair)) {
      types_read_ = true;
    } else {
      NextPair();
    }
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
  types_read_ = false;
  batch_.reset();
}

StepOutcome LinksJob::ReadTypes(const LinkPair& pair, Instant now) {
  const auto types = ports_.source.LinkTypes(pair.from, pair.to);
  if (!types) {
    const ApiErrorKind kind = types.error().kind;
    const bool refused = kind == ApiErrorKind::kForbidden || kind == ApiErrorKind::kNotFound ||
                         kind == ApiErrorKind::kBadRequest;
    if (!refused) return StepOutcome::Failed(types.error());
    stream().Log(LogLevel::kWarning, "links.refused",
                 "the associations of " + pair.from.name + " with " + pair.to.name +
                     " cannot be read, other ones go on: " + types.error().message);
  }
  if (types) types_read_at_[pair.to.name] = now;
  const bool linkable = types && !types->empty();
  ports_.partners.NoteLinkable(pair, linkable);
  if (!linkable) {
    NextPair();
    return StepOutcome::More();
  }
  ports_.sink.SaveLinkTypes(pair, *types);
  types_read_ = true;
  return StepOutcome::More();
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
  auto answer = stream().Heard(ports_.source.ReadLinks(pair.from, pair.to, batch_->NextInputs()));
  if (!answer) return StepOutcome::Failed(answer.error());
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

}  // namespace hubmirror
