#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace hubmirror {

/// What a stream owes and suspects beside its cursors: decisions that must outlive the process.
/// Stored in the commit that depends on them. Pure value.
struct StreamDebts {
  /// Counts the sweeps that were wanted. A walk serves those that were wanted before it began.
  int64_t sweeps_wanted = 0;
  int64_t sweeps_served = 0;  ///< how many of them
  bool sweep_owed = false;  ///< until all are served, changes are missing that cursors have passed
  std::optional<TimePoint> sweep_since;  ///< HubSpot's clock
  std::string sweep_why;
  std::string mass_gone;  ///< why that brake holds (rule R13); empty: it does not
  friend bool operator==(const StreamDebts&, const StreamDebts&) = default;

  bool sweep_stands() const { return sweeps_served < sweeps_wanted; }
  void WantSweep(bool owed, std::optional<TimePoint> since, std::string why);
  /// A walk that began when `wanted` sweeps were wanted has ended.
  void SweepEnded(int64_t wanted);
  /// Takes over what is stored and not known here, and keeps what was not stored yet.
  void Join(const StreamDebts& stored);
};

std::string ToText(const StreamDebts& debts);
/// Malformed text reads as no debts.
StreamDebts ParseStreamDebts(std::string_view text);

}  // namespace hubmirror
