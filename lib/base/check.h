#pragma once

namespace hubmirror {

/// Ends the program with a message. For our own mistakes only, never for outside input.
[[noreturn]] void CheckFailed(const char* condition, const char* file, int line);

}  // namespace hubmirror

/// Aborts when `condition` is false, in release builds too.
#define CHECK_THAT(condition)                                   \
  do {                                                          \
    if (!(condition)) [[unlikely]]                              \
      ::hubmirror::CheckFailed(#condition, __FILE__, __LINE__); \
  } while (false)
