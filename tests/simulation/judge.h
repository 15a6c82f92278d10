#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "compare/mirror_reader.h"
#include "model/portal/sync_observer.h"
#include "simulation/disk.h"
#include "simulation/hubspot.h"
#include "simulation/story.h"

namespace hubmirror::simulation {

struct TableCopy;

/// Looks at portal and store from outside, all along and at the end, and says what must not be.
/// Used by whoever has the baton.
class Judge {
 public:
  using Complain = std::function<void(const std::string&)>;
  Judge(HubSpot& hubspot, const VirtualClock& clock, const Setup& setup, Complain complain)
      : hubspot_(hubspot), clock_(clock), setup_(setup), complain_(std::move(complain)) {}

  /// After each commit: no stamp went back, and nothing is marked that is not so.
  void LookAtRows(const std::string& object, const StoredObject& stored);
  /// The disk went back, and so may everything.
  void Forget(const std::string& object) {
    shadows_.erase(object);
    forgotten_.insert(object);
  }
  /// Somebody dropped a column: who cannot be read any more has lost his last value for good.
  void NoteDropped(const std::string& object, const std::string& column) {
    dropped_.insert({object, column});
  }
  /// Now and then, and with each search: what the index shows by now.
  void LookAtIndex(const std::string& object);
  /// Now and then: whether `verified_until` keeps its word.
  void LookAtVerified(const std::string& object, const StoredObject& stored);
  void NoteJob(const JobReport& report);
  void NoteChange(const std::string& object) { changed_[object] = clock_.Now(); }
  /// At the end of the quiet time.
  void LookAtJobs(Instant began);
  void LookAtLimits();
  /// Holds a table against the portal, value by value. Returns how many values were looked at.
  int64_t Compare(const TableCopy& copy);
  /// The links of two types that both have live ends, as (from, to, category, type, label).
  using Line = std::tuple<int64_t, int64_t, std::string, std::string, std::string>;
  void CompareLinks(const std::string& from, const std::string& to, std::vector<Line> found);

 private:
  struct Shadow {
    std::optional<TimePoint> modified;
    bool gone = false;
    bool merged = false;
  };
  struct Shown {
    simulated_portal::Instant stamp = 0;
    simulated_portal::Instant seen_at = 0;
  };
  /// How often the changes of an object have to be looked for.
  std::chrono::milliseconds PollPeriod(const std::string& object) const;
  simulated_portal::CrmObject& ObjectOf(const std::string& object);
  /// Whether the mirror cannot have heard who survived the last merge that took a record in.
  bool HidesSurvivor(const std::string& object, const simulated_portal::Record& merged);

  HubSpot& hubspot_;
  const VirtualClock& clock_;
  const Setup& setup_;
  const Complain complain_;
  std::map<std::string, std::map<int64_t, Shadow>> shadows_;
  std::map<std::string, std::map<int64_t, Shown>> shown_;
  std::map<std::pair<std::string, JobKind>, Instant> ended_;
  std::map<std::string, Instant> changed_;  ///< when a commit last changed a record
  std::set<std::pair<std::string, std::string>> dropped_;
  std::set<std::string> forgotten_;  ///< objects of which the mirror once knew more
};

/// The table of an object and its view of live rows.
struct TableCopy {
  compare::ObjectLayout layout;
  std::vector<compare::MirrorRow> table;
  std::vector<compare::MirrorRow> view;
};
/// As PostgreSQL would show what stands in memory.
TableCopy TableOf(const std::string& object, const StoredObject& stored);
/// As PostgreSQL shows it.
TableCopy TableOf(const std::string& object, compare::MirrorReader& mirror);
/// In how far two stores of one story differ, but for the time of writing.
std::vector<std::string> DifferencesOf(const TableCopy& one, const TableCopy& other);

}  // namespace hubmirror::simulation
