#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "compare/comparison.h"
#include "support/daemon_process.h"
#include "support/portal_process.h"

namespace hubmirror::testing {

/// What every end-to-end test does with a daemon and the portal it mirrors: wait, settle, compare.
/// Portal, daemon and database must outlive it. Owned by one thread.
class MirrorCheck {
 public:
  /// `dsn` reads the daemon's database directly, with a role that may read everything.
  MirrorCheck(const PortalProcess& portal, const DaemonProcess& daemon, std::string dsn,
              DaemonPortal mirrored = {});

  /// The object types mirrored.
  const std::vector<std::string>& objects() const { return objects_; }

  /// Whether no stream loads for the first time any more.
  bool BackfillDone() const;
  /// Waits for that; throws with each stream's state when the limit passes.
  void WaitBackfill(std::chrono::milliseconds limit) const;
  /// State and reason of each stream, one line each.
  std::string StreamStates() const;

  /// `hubmirror settle`; throws unless it ends well within `wait`.
  void Settle(std::chrono::seconds wait = std::chrono::seconds{180}) const;

  /// Differences between portal and mirror now, the first of them in words. A row that an earlier
  /// Compare of this object saw must be there still. While the search index lags behind, polls go
  /// on to nominate records that are gone: if nothing but such a look is open, it looks again once
  /// the index has caught up and the mirror has settled.
  struct Outcome {
    compare::ComparisonReport report;
    std::string words;
    int64_t open_looks = 0;  ///< of the differences: rows of `_pending`
  };
  Outcome Compare();
  /// What the daemon's configuration says is left out or hashed, by object type.
  void Select(std::map<std::string, compare::Selection> selections) {
    selections_ = std::move(selections);
  }
  /// Which histories the daemon's configuration asks for, by object type.
  void Follow(std::map<std::string, std::vector<std::string>> histories) {
    histories_ = std::move(histories);
  }
  /// The token may not read what is common to all objects: it is not compared.
  void WithoutReference() { reference_ = false; }
  /// From now on Compare measures how late changes were that happened after this moment.
  void MeasureFrom(compare::Milliseconds since) { changes_since_ = since; }

 private:
  Outcome CompareNow();

  const PortalProcess& portal_;
  const DaemonProcess& daemon_;
  const std::string dsn_;
  const DaemonPortal mirrored_;
  std::vector<std::string> objects_;
  std::map<std::string, std::vector<compare::RecordId>> known_;
  std::optional<compare::Milliseconds> changes_since_;
  std::map<std::string, compare::Selection> selections_;
  std::map<std::string, std::vector<std::string>> histories_;
  bool reference_ = true;
};

}  // namespace hubmirror::testing
