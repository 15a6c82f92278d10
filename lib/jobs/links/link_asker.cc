#include "jobs/links/link_asker.h"

#include <utility>

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

// A pair is refused for good reasons: the token lacks a scope of one of the types, or the types,
// such as products and users, cannot be linked at all. HubSpot says so with 400, 403 or 404.
bool LinkAsker::NoteRefusal(const LinkPair& pair, const ApiError& error) const {
  const bool refused = error.kind == ApiErrorKind::kForbidden ||
                       error.kind == ApiErrorKind::kNotFound ||
                       error.kind == ApiErrorKind::kBadRequest;
  if (!refused) return false;
  stream_.Log(LogLevel::kWarning, "links.refused",
              "the associations of " + pair.from.name + " with " + pair.to.name +
                  " cannot be read, the others continue: " + error.message);
  partners_.NoteRefused(pair, stream_.clock().Now());
  return true;
}

void LinkAsker::Forget() {
  blame_.Forget();
  pair_in_doubt_ = false;
  answered_ = false;
}

Result<LinkAsker::End, ApiError> LinkAsker::Ask(LinkBatch& batch) {
  if (pair_in_doubt_ || blame_.wants_witness()) return AskWitness(batch);
  const auto inputs = batch.NextInputs(blame_.size());
  auto answer = stream_.source().links.ReadLinks(batch.read_from(), batch.other(), inputs);
  if (!answer) return Failed(batch, inputs.size(), answer.error());
  answered_ = true;
  blame_.Answered();
  for (const BrokenPromise& broken : batch.Take(inputs, std::move(*answer))) {
    stream_.Distrust(broken.promise, broken.how);
  }
  return EndOf(batch);
}

Result<LinkAsker::End, ApiError> LinkAsker::Failed(LinkBatch& batch, size_t asked,
                                                   const ApiError& error) {
  const LinkPair pair = partners_.PairFor(batch.read_from(), batch.other());
  if (error.kind == ApiErrorKind::kBadRequest && !answered_) {
    // Either one record is to blame or the pair: the pair is, if another record is refused as well.
    pair_in_doubt_ = true;
    return End::kGoesOn;
  }
  if (error.kind != ApiErrorKind::kBadRequest && NoteRefusal(pair, error)) {
    Forget();
    return End::kRefused;
  }
  switch (blame_.Failed(error, asked)) {
    case Blame::Next::kAgain:
      break;
    case Blame::Next::kSmaller:
      stream_.AskForLess(job_, blame_.size(), error);
      break;
    case Blame::Next::kToBlame:
      batch.SetAside(error.message);
      return EndOf(batch);
  }
  return error;
}

Result<LinkAsker::End, ApiError> LinkAsker::AskWitness(LinkBatch& batch) {
  const bool of_pair = std::exchange(pair_in_doubt_, false);
  const RecordId doubtful = batch.NextInputs(1).front().id;
  auto witness = batch.Witness(witness_turn_++);
  if (!witness) {
    for (const RecordId id : stream_.store().links.LiveIds(batch.read_from(), std::nullopt, 2)) {
      if (id != doubtful) witness = id;
    }
  }
  const RecordId asked = witness.value_or(doubtful);
  const auto answer =
      stream_.source().links.ReadLinks(batch.read_from(), batch.other(), {{asked, {}}});
  if (!of_pair) blame_.WitnessAnswered(answer && witness.has_value());
  if (answer) {
    answered_ = true;
    return End::kGoesOn;
  }
  // That says nothing about a record in doubt: HubSpot fails for all of them, or for this one too.
  const bool of_records = !of_pair && answer.error().kind == ApiErrorKind::kBadRequest;
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
  // Its own stream sets it aside, when it reads all links.
  for (const UnreadableRecord& record : unread) {
    stream_.Log(LogLevel::kWarning, "record.unreadable",
                "record " + std::to_string(record.id.value) + " of " + batch.read_from().name +
                    ": " + record.reason);
  }
}

}  // namespace hubmirror
