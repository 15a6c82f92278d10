#pragma once

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

  WriteAnswer Update(const ObjectType& type, const std::vector<RecordUpdate>& inputs,
                     Instant leave_by) override;

 private:
  const PortalKey portal_;
  const ApiRequests requests_;
  const Wire wire_;
  TokenSource& tokens_;
  ExchangeObserver& observer_;
};

}  // namespace hubmirror
