#pragma once

#include <functional>
#include <stop_token>
#include <string>
#include <thread>

namespace hubmirror {

/// Starts a thread that bears `name`, of at most 15 characters, wherever people look for what hangs
/// or works: `top -H`, `ps -L`, the backtraces of a core. The only way to a thread in lib/ and
/// daemon/; lib/README.md has the page of their names.
std::jthread StartThread(std::string name, std::function<void(std::stop_token)> work);

}  // namespace hubmirror
