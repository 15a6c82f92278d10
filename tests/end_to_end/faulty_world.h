#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "support/http_proxy.h"
#include "world.h"

namespace hubmirror::testing {

/// A loaded mirror of contacts and companies, with a proxy between daemon and portal. The cases of
/// a program share one, as each leaves it equal to the portal. Owned by one thread.
class FaultyWorld {
 public:
  /// Loads the first time that it is asked for in a program.
  static FaultyWorld& OfThisProgram();

  explicit FaultyWorld(DaemonSettings settings = Settings(), const char* scenario = kScenario);

  static DaemonSettings Settings();
  static const char* const kScenario;

  /// Faults of the simulated portal, separated by commas; those that were there go.
  void Strike(const std::string& faults);
  void Heal();
  /// Some changes of every kind, made within a second.
  void Change();
  /// Waits until the stream of contacts says this, and its message has the words.
  void ExpectSaid(const std::string& state, const std::string& words,
                  std::chrono::seconds within = std::chrono::seconds{30});
  /// Makes a contact, which must be in the mirror in time.
  void ExpectOneToArrive(std::chrono::seconds within);
  /// Heals, settles, compares value by value. Nothing is in quarantine, nothing said to be amiss.
  void ExpectNothingLost();

  HttpProxy proxy;
  World world;

 private:
  uint64_t seed_ = 1;
};

}  // namespace hubmirror::testing
