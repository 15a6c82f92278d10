#include "sync/portal_state.h"

#include <algorithm>

#include "base/check.h"

namespace hubmirror {

Task& SyncedStream::TaskOf(JobKind kind) {
  const auto found = std::find_if(tasks.begin(), tasks.end(),
                                  [kind](const Task& task) { return task.kind() == kind; });
  CHECK_THAT(found != tasks.end());
  return *found;
}

std::vector<size_t> PortalState::StreamsOf(const std::string& object) const {
  std::vector<size_t> found;
  for (size_t i = 0; i < streams.size(); ++i) {
    if (object.empty() || streams[i].context->key().object == object) found.push_back(i);
  }
  return found;
}

Task& PortalState::TaskAt(size_t place, size_t task) {
  return place < streams.size() ? streams[place].tasks[task] : portal_tasks[task];
}

}  // namespace hubmirror
