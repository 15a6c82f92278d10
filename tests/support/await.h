#pragma once

#include <chrono>
#include <functional>
#include <string>

namespace hubmirror::testing {

/// Asks `done` again and again until it says yes. Throws std::runtime_error that names `what` when
/// `limit` has passed. For things outside this process, which can only be waited for: `limit` is
/// what they need on a machine with processors to spare, so time in which twice as many threads
/// want a processor as there are counts by half.
void Await(const std::string& what, std::chrono::milliseconds limit,
           const std::function<bool()>& done);

/// The same; returns whether `done` said yes in time.
bool Happens(std::chrono::milliseconds limit, const std::function<bool()>& done);

}  // namespace hubmirror::testing
