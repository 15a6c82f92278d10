#pragma once

#include <chrono>
#include <optional>

namespace hubmirror {

/// What the outside asks of the process by a signal.
enum class Signal { kStop, kReload };

/// Blocks SIGTERM, SIGINT and SIGHUP in the calling thread and all threads made later, so that
/// only Wait sees them; ignores SIGPIPE. Called once, first thing in main.
void TakeOverSignals();

/// The next signal, or nullopt when none came within `at_most`. SIGTERM and SIGINT ask to stop,
/// SIGHUP to reload.
std::optional<Signal> WaitForSignal(std::chrono::milliseconds at_most);

}  // namespace hubmirror
