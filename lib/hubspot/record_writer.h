#pragma once

#include <functional>
#include <string>
#include <vector>

#include "hubspot/auth/token_source.h"
#include "hubspot/read/api_requests.h"
#include "hubspot/read/exchange_report.h"
#include "model/source/exchange.h"
#include "model/source/record_target.h"

namespace hubmirror {

/// Writes to one portal over HubSpot's dated API. Every request is reported to the observer.
/// Thread-safe, if what it is given is; holds no state.
class RecordWriter final : public RecordTarget {
 public:
  /// `version` as in the paths: `2026-09`. All references must outlive this.
  RecordWriter(PortalKey portal, std::string version, Wire wire, TokenSource& tokens,
               ExchangeObserver& observer);

  WriteAnswer Write(WriteOp op, const ObjectType& type, const std::vector<WriteInput>& inputs,
                    Instant leave_by) override;
  WriteAnswer WriteLinks(LinkDeed deed, const LinkPair& pair, const std::vector<LinkWrite>& inputs,
                         Instant leave_by) override;

 private:
  using Reading =
      std::function<Result<std::vector<WriteOutcome>, ApiError>(const ClientAnswer& answer)>;
  /// One request of so many inputs, and what `read` makes of an answer that is no error.
  WriteAnswer Send(Endpoint endpoint, ClientRequest request, size_t inputs, Instant leave_by,
                   const Reading& read);

  const PortalKey portal_;
  const ApiRequests requests_;
  const Wire wire_;
  TokenSource& tokens_;
  ExchangeObserver& observer_;
};

}  // namespace hubmirror
