#pragma once

#include <memory>
#include <vector>

#include "budget/rate_governor.h"
#include "model/source/exchange.h"

namespace hubmirror {

/// Carries every exchange of one portal to those who must know: the governor, which learns the
/// budget from it, and the observer. Thread-safe.
class ExchangeRelay final : public ExchangeObserver {
 public:
  /// `observer` must outlive it.
  ExchangeRelay(std::shared_ptr<RateGovernor> governor, ExchangeObserver& observer)
      : governor_(std::move(governor)), observer_(observer) {}

  void OnExchange(const Exchange& exchange) override;

  /// Starts counting the requests the calling thread makes.
  static void BeginStep();
  /// Requests that the calling thread has made since, not counting those without a budget. A step
  /// that made none gives its slot back to the governor.
  static int RequestsOfStep();
  /// What they asked for: Exchange::request of those that were answered.
  static std::vector<size_t> AnsweredOfStep();

 private:
  const std::shared_ptr<RateGovernor> governor_;
  ExchangeObserver& observer_;
};

}  // namespace hubmirror
