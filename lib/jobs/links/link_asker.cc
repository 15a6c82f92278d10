#include "jobs/links/link_asker.h"

namespace hubmirror {

LinkAsker::LinkAsker(StreamContext& stream, JobKind job, LinkPartners& partners)
    : stream_(stream), job_(job), partners_(partners) {}

std::optional<ApiError> LinkAsker::LearnTypes(const LinkPair& pair) {
  const auto types = stream_.source().links.LinkTypes(pair.from, pair.to);
  if (!types) {
    if (NoteRefusal(pair, types.error())) return std::nullopt;
    return types.error();
  }
  const bool linkable = !types->empty();
  partners_.NoteLinkable(pair, linkable, stream_.clock().Now());
  if (!linkable) partners_.NoteNone(pair);
  if (linkable && partners_.IsRead(pair)) stream_.store().links.SaveLinkTypes(pair, *types);
  return std::nullopt;
}

bool LinkAsker::NoteRefusal(const LinkPair& pair, const ApiError& error) const {
  const bool refused = error.kind == ApiErrorKind::kForbidden ||
                       error.kind == ApiErrorKind::kNotFound ||
                       error.kind == ApiErrorKind::kBadRequest;
  if (!refused) return false;
  stream_.Log(LogLevel::kWarning, "links.refused",
              "the associations of " + pair.from.name + " with " + pair.to.name +
                  " cannot be read, the others continue: " + error.message);
  partners_.NoteLinkable(pair, false, stream_.clock().Now());
  return true;
}

void LinkAsker::Forget() {
  doubt_ = Doubt::kNone;
  answered_ = false;
}

Result<LinkAsker::End, ApiError> LinkAsker::Ask(LinkBatch& batch) {
  if (doubt_ == Doubt::kPair || doubt_ == Doubt::kRecord) return Prove(batch);
  const auto inputs = batch.NextInputs(doubt_ == Doubt::kProved ? 1 : part_.size());
  auto answer = stream_.source().links.ReadLinks(batch.read_from(), batch.other(), inputs);
  if (!answer) return Failed(batch, inputs.size(), answer.error());
  doubt_ = Doubt::kNone;
  answered_ = true;
  part_.Answered();
  for (const BrokenPromise& broken : batch.Take(inputs, std::move(*answer))) {
    stream_.Distrust(broken.promise, broken.how);
  }
  return EndOf(batch);
}

Result<LinkAsker::End, ApiError> LinkAsker::Failed(LinkBatch& batch, size_t asked,
                                                   const ApiError& error) {
  const LinkPair pair = partners_.PairFor(batch.read_from(), batch.other());
  if (doubt_ == Doubt::kProved && SizeMatters(error)) {
    batch.SetAside(error.message);
    doubt_ = Doubt::kNone;
    return EndOf(batch);
  }
  if (error.kind == ApiErrorKind::kBadRequest && !answered_) {
    // One record may be to blame, or the types: they are refused when another one is as well.
    doubt_ = Doubt::kPair;
    return End::kGoesOn;
  }
  if (error.kind != ApiErrorKind::kBadRequest && NoteRefusal(pair, error)) {
    Forget();
    return End::kRefused;
  }
  switch (part_.Failed(error, asked)) {
    case PartSize::Next::kSame:
      break;
    case PartSize::Next::kSmaller:
      stream_.AskForLess(job_, part_.size(), error);
      break;
    case PartSize::Next::kAlone:
      doubt_ = Doubt::kRecord;
      break;
  }
  return error;
}

Result<LinkAsker::End, ApiError> LinkAsker::Prove(LinkBatch& batch) {
  auto witness = batch.Witness(witness_turn_++);
  if (!witness) {
    const RecordId doubtful = batch.NextInputs(1).front().id;
    for (const RecordId id : stream_.store().links.LiveIds(batch.read_from(), std::nullopt, 2)) {
      if (id != doubtful) witness = id;
    }
  }
  const RecordId asked = witness.value_or(batch.NextInputs(1).front().id);
  const auto answer =
      stream_.source().links.ReadLinks(batch.read_from(), batch.other(), {{asked, {}}});
  if (answer) {
    doubt_ = doubt_ == Doubt::kRecord && witness ? Doubt::kProved : Doubt::kNone;
    answered_ = true;
    return End::kGoesOn;
  }
  // Of a record in doubt nothing is known: all of HubSpot fails, or this other one as well.
  const bool of_records =
      doubt_ == Doubt::kRecord && answer.error().kind == ApiErrorKind::kBadRequest;
  const LinkPair pair = partners_.PairFor(batch.read_from(), batch.other());
  if (of_records || !NoteRefusal(pair, answer.error())) return answer.error();
  Forget();
  return End::kRefused;
}

Result<LinkAsker::End, ApiError> LinkAsker::EndOf(LinkBatch& batch) {
  Name(batch);
  const LinkPair pair{batch.read_from(), batch.other()};
  if (batch.whole() && !batch.silent().empty() && partners_.IsRead(pair)) {
    batch.AskAgain(stream_.store().links.Linked(pair, batch.silent()));
  }
  if (!batch.whole()) return End::kGoesOn;
  Forget();
  return End::kWhole;
}

void LinkAsker::Name(LinkBatch& batch) {
  std::vector<UnreadableRecord> unread = batch.TakeUnread();
  if (unread.empty()) return;
  if (batch.read_from() == stream_.object()) {
    Commit commit{.object = stream_.object()};
    commit.unreadable = std::move(unread);
    stream_.Write(job_, std::move(commit));
    return;
  }
  // Its own stream sets it aside when all its links are read.
  for (const UnreadableRecord& record : unread) {
    stream_.Log(LogLevel::kWarning, "record.unreadable",
                "record " + std::to_string(record.id.value) + " of " + batch.read_from().name +
                    ": " + record.reason);
  }
}

}  // namespace hubmirror
