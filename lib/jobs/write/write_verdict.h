#pragma once

#include <chrono>
#include <optional>

#include "jobs/write/write_plan.h"
#include "model/source/record_target.h"
#include "model/store/write_sink.h"

namespace hubmirror {

/// How long nothing is sent for a record whose last request has an unknown end: HubSpot may go on
/// working for 100 s after it has left, and it leaves within 20 s after its claim (rule W11).
inline constexpr std::chrono::milliseconds kWriteDoubt = std::chrono::seconds{120};
/// A request whose claim is older than this does not leave any more (rule W23).
inline constexpr std::chrono::milliseconds kClaimHolds = std::chrono::seconds{20};

/// How long a row waits that was sent `attempts` times and came back: doubling from one second, at
/// most five minutes.
std::chrono::milliseconds WriteBackoff(int attempts);

/// Whether a row has been tried for so long that it is given up. It counts the waits between its
/// attempts, so time in which nothing is sent at all, because a portal is paused or blocked, is
/// none.
bool IsGivenUp(int attempts, std::chrono::milliseconds give_up);

/// A row that was planned without anything to send, as it stands from now on; nullopt for kSend and
/// kLater. `in_mirror`: the mirror shows what HubSpot holds, so nothing has to be read back.
std::optional<OutboxChange> ChangeUnsent(const OutboxRow& row, const PlannedRow& plan,
                                         bool in_mirror);

/// A row that was sent, as it stands from now on (rule W11). `attempts`: with this one.
/// `failure`: of the whole request.
OutboxChange ChangeSent(const OutboxRow& row, const PlannedRow& plan, int attempts,
                        const WriteOutcome& outcome, const std::optional<ApiError>& failure,
                        std::chrono::milliseconds give_up);

}  // namespace hubmirror
