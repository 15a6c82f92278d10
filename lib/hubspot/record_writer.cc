#include "hubspot/record_writer.h"

#include <utility>

#include "base/check.h"
#include "hubspot/auth/refused_token.h"
#include "hubspot/read/error_reading.h"
#include "hubspot/read/write_reader.h"
#include "model/source/crash_point.h"

namespace hubmirror {
namespace {

using Fate = WriteOutcome::Fate;

/// Whether an answer is about what was sent, rather than about who sent it, or when.
bool ConcernsContent(const ApiError& error, const WriteRefusal& refusal) {
  switch (error.kind) {
    case ApiErrorKind::kBadRequest:
    case ApiErrorKind::kUrlTooLong:
      return true;
    case ApiErrorKind::kNotFound:
      return refusal.category == "OBJECT_NOT_FOUND";
    default:
      return false;
  }
}

/// What becomes of all inputs of a request that HubSpot answered with an error. 4xx are answered
/// before anything is done, 5xx may come afterwards.
Fate FateOf(ApiErrorKind kind) {
  switch (kind) {
    case ApiErrorKind::kServer:
    case ApiErrorKind::kTimeout:
    case ApiErrorKind::kDecode:
    case ApiErrorKind::kTooLarge:
      return Fate::kUnknown;
    default:
      return Fate::kReturned;
  }
}

std::vector<WriteOutcome> Alike(size_t inputs, Fate fate,
                                std::optional<WriteRefusal> refusal = {}) {
  return std::vector<WriteOutcome>(inputs, {.fate = fate, .refusal = std::move(refusal)});
}

}  // namespace

RecordWriter::RecordWriter(PortalKey portal, std::string version, Wire wire, TokenSource& tokens,
                           ExchangeObserver& observer)
    : portal_(std::move(portal)),
      requests_(std::move(version)),
      wire_(wire),
      tokens_(tokens),
      observer_(observer) {}

WriteAnswer RecordWriter::Write(WriteOp op, const ObjectType& type,
                                const std::vector<WriteInput>& inputs, Instant leave_by) {
  CHECK_THAT(!inputs.empty() && inputs.size() <= kWriteInputs);
  return Send(Endpoint::kBatchWrite, requests_.BatchWrite(op, type, inputs), inputs.size(),
              leave_by, [&](const ClientAnswer& answer) {
                if (op != WriteOp::kArchive || !answer.body.empty()) {
                  return ReadWriteAnswer(answer, inputs);
                }
                std::vector<WriteOutcome> outcomes;
                outcomes.reserve(inputs.size());
                for (const WriteInput& input : inputs) {
                  outcomes.push_back({.fate = Fate::kWritten, .id = input.id});
                }
                return Result<std::vector<WriteOutcome>, ApiError>(std::move(outcomes));
              });
}

WriteAnswer RecordWriter::WriteLinks(LinkDeed deed, const LinkPair& pair,
                                     const std::vector<LinkWrite>& inputs, Instant leave_by) {
  CHECK_THAT(!inputs.empty() && inputs.size() <= kWriteInputs);
  return Send(Endpoint::kLinkWrite, requests_.WriteLinks(deed, pair, inputs), inputs.size(),
              leave_by,
              [&](const ClientAnswer& answer) { return ReadLinkWriteAnswer(answer, inputs); });
}

WriteAnswer RecordWriter::Send(Endpoint endpoint, ClientRequest request, size_t inputs,
                               Instant leave_by, const Reading& read) {
  const auto token = tokens_.Acquire();
  if (!token) return {.outcomes = Alike(inputs, Fate::kReturned), .failure = token.error()};
  request.bearer = *token;
  request.once = SendOnce{.leave_by = leave_by};
  Sent sent = SendNoting(wire_, portal_, endpoint, request);
  Reach(CrashPoint::kWriteAnswered);

  WriteAnswer answer;
  const auto conclude = [&] {
    if (!sent.answer) {
      answer.failure = sent.answer.error();
      answer.outcomes = Alike(inputs, sent.left ? Fate::kUnknown : Fate::kReturned);
      return;
    }
    if (auto error = ErrorOf(endpoint, *sent.answer)) {
      WriteRefusal refusal = ReadWriteRefusal(*sent.answer);
      if (ConcernsContent(*error, refusal)) {
        sent.report.failure = error->kind;
        const bool alone = inputs == 1;
        answer.outcomes =
            Alike(inputs, alone ? Fate::kRefused : Fate::kReturned, std::move(refusal));
        return;
      }
      answer.outcomes = Alike(inputs, FateOf(error->kind));
      answer.failure = AfterRefusal(std::move(*error), *token, tokens_, portal_);
      return;
    }
    tokens_.Confirm(*token);
    auto outcomes = read(*sent.answer);
    if (outcomes) {
      answer.outcomes = std::move(*outcomes);
    } else {
      answer.outcomes = Alike(inputs, Fate::kUnknown);
      answer.failure = std::move(outcomes.error());
      answer.failure->status = sent.answer->status;
    }
  };
  conclude();
  if (answer.failure) {
    answer.failure = sent.secrets.Without(std::move(*answer.failure));
    sent.report.failure = answer.failure->kind;
  }
  answer.times.sent_at = sent.report.sent_at;
  if (sent.report.date) answer.times.date = *sent.report.date;
  observer_.OnExchange(sent.report);
  return answer;
}

}  // namespace hubmirror
