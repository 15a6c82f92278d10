#pragma once

#include <optional>
#include <string>
#include <vector>

#include "jobs/links/link_batch.h"
#include "jobs/links/link_partners.h"
#include "jobs/part_size.h"
#include "jobs/stream_context.h"

namespace hubmirror {

/// Makes the requests of link batches for one job, one per call. It asks in parts that HubSpot can
/// answer; a record whose links HubSpot fails to show is named and set aside (see Blame). If
/// HubSpot refuses a pair of types, for want of a scope or because they cannot be linked, that is
/// noted and logged, and holds up nothing else. Owned by one thread.
class LinkAsker {
 public:
  LinkAsker(StreamContext& stream, JobKind job, LinkPartners& partners);

  /// Asks which links are possible between two types, notes the answer and, if the pair is read
  /// from this side, stores it.
  std::optional<ApiError> LearnTypes(const LinkPair& pair);

  enum class End {
    kGoesOn,
    kWhole,    ///< the batch is
    kRefused,  ///< the pair is left out for a while
  };
  /// Asks for what the batch wants next.
  Result<End, ApiError> Ask(LinkBatch& batch);
  /// Abandons the batch under way.
  void Forget();

 private:
  bool NoteRefusal(const LinkPair& pair, const ApiError& error) const;
  Result<End, ApiError> Failed(LinkBatch& batch, size_t asked, const ApiError& error);
  /// Asks for a record other than the next one.
  Result<End, ApiError> AskWitness(LinkBatch& batch);
  Result<End, ApiError> EndOf(LinkBatch& batch);
  void Name(LinkBatch& batch);

  StreamContext& stream_;
  const JobKind job_;
  LinkPartners& partners_;

  Blame blame_{kLinkInputs};
  bool pair_in_doubt_ = false;  ///< a request was refused: because of the pair, or of a record?
  bool answered_ = false;       ///< something of the batch was
  size_t witness_turn_ = 0;
};

}  // namespace hubmirror
