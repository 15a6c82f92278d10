#pragma once

#include <string>

namespace hubmirror {

/// Which of HubSpot's promises an answer breaks, by the names of SyncObserver::OnBrokenPromise.
struct BrokenPromise {
  std::string promise;
  std::string how;  ///< for people
};

}  // namespace hubmirror
