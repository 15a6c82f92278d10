#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace hubmirror {

/// Counts the walks of a list that were wanted. A walk serves those that were wanted before it
/// began. Pure value.
struct WantedWalks {
  int64_t wanted = 0;
  int64_t served = 0;  ///< how many of them
  friend bool operator==(const WantedWalks&, const WantedWalks&) = default;

  bool stand() const { return served < wanted; }
  /// A walk that began when `before` were wanted has ended.
  void Ended(int64_t before);
  /// See StreamDebts.
  void Join(const WantedWalks& stored);
};

/// What a stream owes and suspects beside its cursors: decisions that must outlive the process.
/// Stored in the commit that depends on them. Pure value.
struct StreamDebts {
  WantedWalks sweeps;
  /// Of the archived list: what its records have of properties that are new.
  WantedWalks archived;
  bool sweep_owed = false;  ///< until all are served, changes are missing that cursors have passed
  std::optional<TimePoint> sweep_since;  ///< HubSpot's clock
  std::string sweep_why;
  /// When the first load began, by HubSpot's clock: a record made since then is new.
  std::optional<TimePoint> load_began;
  std::string mass_gone;  ///< why that brake holds (rule R13); empty: it does not
  friend bool operator==(const StreamDebts&, const StreamDebts&) = default;

  void WantSweep(bool owed, std::optional<TimePoint> since, std::string why);
  /// A sweep that began when `before` were wanted has ended.
  void SweepEnded(int64_t before);
  /// Takes over what is stored and not known here, and keeps what was not stored yet.
  void Join(const StreamDebts& stored);
};

std::string ToText(const StreamDebts& debts);
/// Malformed text reads as no debts.
StreamDebts ParseStreamDebts(std::string_view text);

}  // namespace hubmirror
