#pragma once

#include <string>

namespace hubmirror {

/// Which of HubSpot's promises an answer does not keep, as SyncObserver::OnBrokenPromise names it.
struct BrokenPromise {
  std::string promise;
  std::string how;  ///< for people
};

}  // namespace hubmirror
