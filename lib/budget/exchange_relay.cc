#include "budget/exchange_relay.h"

namespace hubmirror {
namespace {

// A step runs on one thread from start to end, so its requests can be told apart by thread.
thread_local int requests_of_step = 0;
thread_local std::vector<size_t> answered_of_step;

}  // namespace

void ExchangeRelay::OnExchange(const Exchange& exchange) {
  governor_->OnExchange(exchange);
  if (LaneOf(exchange.endpoint) != Lane::kFree) ++requests_of_step;
  if (!exchange.failure) answered_of_step.push_back(exchange.request);
  observer_.OnExchange(exchange);
}

void ExchangeRelay::BeginStep() {
  requests_of_step = 0;
  answered_of_step.clear();
}

int ExchangeRelay::RequestsOfStep() {
  return requests_of_step;
}

std::vector<size_t> ExchangeRelay::AnsweredOfStep() {
  return answered_of_step;
}

}  // namespace hubmirror
