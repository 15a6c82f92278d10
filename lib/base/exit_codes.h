#pragma once

namespace hubmirror {

// How our programs end, after sysexits.h. ControlCode and the JSON of the command line have the
// same numbers.
inline constexpr int kExitOk = 0;
inline constexpr int kExitProblem = 1;  ///< done, and a check found a problem
inline constexpr int kExitUsage = 64;
inline constexpr int kExitUnavailable = 69;  ///< the database or HubSpot cannot be reached
inline constexpr int kExitBug = 70;
inline constexpr int kExitCannotCreate = 73;
inline constexpr int kExitInputOutput = 74;
inline constexpr int kExitTryLater = 75;
inline constexpr int kExitPermission = 77;
inline constexpr int kExitConfiguration = 78;

}  // namespace hubmirror
