#include "jobs/stream_facts.h"

#include "jobs/said_lately.h"

namespace hubmirror {
namespace {

// One refusal may be a passing fault.
constexpr int kRefusalsBelieved = 3;
constexpr Duration kSearchTriedAgain = std::chrono::hours(24);

}  // namespace

bool SearchSupport::known(Instant now) const {
  return refused_ < kRefusalsBelieved || now - refused_at_ >= kSearchTriedAgain;
}

bool SearchSupport::Note(const Result<SearchAnswer, ApiError>& answer, Instant now) {
  if (answer) {
    refused_ = 0;
    return false;
  }
  if (!IsSearchRefusal(answer.error())) return false;
  refused_at_ = now;
  return ++refused_ == kRefusalsBelieved;
}

bool StreamFacts::sweep_wanted() const {
  return debts.sweeps.stand() && sweep_serves < debts.sweeps.wanted;
}

bool StreamFacts::archived_wanted() const {
  return debts.archived.stand() && archived_serves < debts.archived.wanted;
}

std::string StreamFacts::sweep_owed() const {
  return debts.sweep_owed ? debts.sweep_why : std::string();
}

std::string StreamFacts::suspicion(Brake brake) const {
  return brake == Brake::kMassGone ? debts.mass_gone : values_lost;
}

std::string StreamFacts::distrust(Instant now) const {
  return now - distrusted_at < SaidLately::kHour ? distrusted : std::string();
}

}  // namespace hubmirror
