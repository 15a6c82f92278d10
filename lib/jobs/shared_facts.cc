#include "jobs/shared_facts.h"

#include <algorithm>

namespace hubmirror {
namespace {

// Fewer records than this may lose a value without anybody being asked.
constexpr int64_t kLostValuesLeast = 500;

}  // namespace

StreamFacts SharedFacts::Now() const {
  MutexLock lock(mutex_);
  return facts_;
}

void SharedFacts::NotePending() {
  MutexLock lock(mutex_);
  facts_.pending_noted = true;
}

void SharedFacts::Accept() {
  MutexLock lock(mutex_);
  facts_.accepted = true;
  facts_.pending_noted = true;
  facts_.debts.mass_gone.clear();
  facts_.values_lost.clear();
  values_lost_.clear();
  forget_lost_values_ = true;
}

bool SharedFacts::Distrust(const std::string& promise, const std::string& how, Instant now) {
  MutexLock lock(mutex_);
  facts_.distrusted = how;
  facts_.distrusted_at = now;
  return distrust_said_.IsNews(promise, now);
}

void SharedFacts::Load(const StoredStream& stored, Instant now) {
  const auto sweep = stored.progress.find(JobKind::kSweep);
  MutexLock lock(mutex_);
  facts_.changed_at = now;
  facts_.CountedRows(stored.rows);
  facts_.pending = stored.pending;
  facts_.pending_noted = true;
  facts_.quarantined = stored.quarantined;
  facts_.swept_at.reset();
  if (sweep != stored.progress.end()) facts_.swept_at = sweep->second.last_complete_at;
  // What is known of a table that was dropped does not hold of the one that was made again.
  if (!facts_.swept_at) facts_.walked_until.reset();
  if (!stored.progress.contains(JobKind::kChanges)) facts_.changes_from.reset();
  facts_.debts.Join(ParseStreamDebts(stored.debts));
  // Whoever was met after a whole walk and is older was overlooked until then.
  if (!facts_.debts.load_began) facts_.debts.load_began = facts_.swept_at;
  stored_debts_ = stored.debts;
  values_lost_.clear();
  if (!forget_lost_values_) facts_.values_lost.clear();
  CountLostValues(stored.values_lost);
}

void SharedFacts::PutInto(Commit& commit, std::optional<EndedWalk> ended) const {
  MutexLock lock(mutex_);
  // The first reading of all links comes after the load.
  commit.links_due = facts_.links_followed && facts_.loaded();
  commit.load_began = facts_.debts.load_began;
  StreamDebts debts = facts_.debts;
  const bool sweep_ended = ended && !ended->archived;
  if (sweep_ended) debts.SweepEnded(ended->serves);
  if (ended && ended->archived) debts.archived.Ended(ended->serves);
  if (std::string text = ToText(debts); text != stored_debts_) commit.debts = std::move(text);
  // A whole sweep has passed without the brake, or the operator agreed.
  commit.forget_lost_values = forget_lost_values_ || (sweep_ended && facts_.values_lost.empty());
}

void SharedFacts::TakeIn(const Commit& commit, const CommitOutcome& outcome, Instant now) {
  MutexLock lock(mutex_);
  if (outcome.changed() > 0) facts_.changed_at = now;
  facts_.rows += outcome.live_change;
  facts_.quarantined += outcome.quarantined + outcome.unreadable - outcome.released;
  if (commit.debts) {
    // What came about meanwhile is stored with the next commit.
    const StreamDebts debts = ParseStreamDebts(*commit.debts);
    facts_.debts.SweepEnded(debts.sweeps.served);
    facts_.debts.archived.Ended(debts.archived.served);
    stored_debts_ = *commit.debts;
  }
  if (commit.forget_lost_values) {
    values_lost_.clear();
    forget_lost_values_ = false;
  }
  CountLostValues(outcome.values_lost);
  if (outcome.suspects > 0 || outcome.outrun > 0 || !commit.pending.empty()) {
    facts_.pending_noted = true;
  }
  if (outcome.erased > 0) facts_.erased_noted = true;
  if (commit.links_due && outcome.inserted + outcome.updated > 0) facts_.links_due = true;
}

void SharedFacts::CountLostValues(const std::map<std::string, int64_t>& lost) {
  const int64_t limit = std::max(kLostValuesLeast, facts_.rows / 5);
  for (const auto& [property, records] : lost) {
    int64_t& all = values_lost_[property];
    all += records;
    if (all <= limit || !facts_.values_lost.empty()) continue;
    facts_.values_lost =
        std::to_string(all) + " of " + std::to_string(facts_.rows) +
        " records lost their value of the property " + property +
        ", which the portal still lists: was a scope or a field permission taken away? Nothing is "
        "written until `hubmirror resolve " +
        stream_.portal + "/" + stream_.object + " --accept`";
  }
}

}  // namespace hubmirror
