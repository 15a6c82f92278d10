#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "simulation/database.h"
#include "simulation/hubspot.h"
#include "simulation/story.h"
#include "support/sql_session.h"

namespace hubmirror::simulation {

/// Those who put rows into the outbox and those who decide about them, by SQL and by the portal, as
/// docs/writing.md tells them. Used by whoever has the baton.
class Applications {
 public:
  using Tell = std::function<void(const std::string&)>;
  Applications(const Database& database, HubSpot& hubspot, const Setup& setup, Tell tell);

  /// Puts rows into the outbox in one transaction, if there is one by now.
  void Insert(const Event& event);
  /// People in the portal change what rows are about.
  void ChangeThere(const Event& event);
  /// A person cancels a row, or has it tried again.
  void Decide(const Event& event);
  /// Whoever waits for a person is told the truth: what holds writing is released, and of a row in
  /// doubt somebody looks in the portal.
  void Help();

  int64_t rows() const { return rows_; }

 private:
  struct Target {
    std::string object;
    int64_t id = 0;
  };
  bool Ready();
  std::string DrawRow(simulated_portal::Random& random);
  std::string DrawValues(simulated_portal::Random& random, const std::string& object, bool creates);
  std::string DrawLink(simulated_portal::Random& random, const std::string& object);
  std::string DrawLabel(simulated_portal::Random& random, const std::string& object,
                        const std::string& other);
  /// Of an object that may be written.
  Target DrawTarget(simulated_portal::Random& random, const std::string& object);
  std::string NewValue(const char* whose);

  const Database& database_;
  HubSpot& hubspot_;
  const Setup& setup_;
  const Tell tell_;
  std::vector<std::string> objects_;  ///< that may be written
  std::unique_ptr<testing::Session> writer_;
  std::unique_ptr<testing::Session> owner_;
  bool ready_ = false;
  std::deque<Target> recent_;  ///< what the last rows are about
  int64_t values_ = 0;
  int64_t rows_ = 0;
  int64_t keys_ = 0;
};

}  // namespace hubmirror::simulation
