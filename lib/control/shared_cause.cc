#include "control/shared_cause.h"

#include <algorithm>

namespace hubmirror {

std::string SharedCause::Names() const {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

std::vector<SharedCause> ByCause(const std::vector<std::pair<std::string, std::string>>& named) {
  std::vector<SharedCause> causes;
  for (const auto& one : named) {
    const auto& cause = one.second;
    if (cause.empty()) continue;
    const auto same = std::find_if(causes.begin(), causes.end(),
                                   [&](const SharedCause& known) { return known.cause == cause; });
    if (same == causes.end()) {
      causes.push_back({cause, {one.first}});
    } else {
      same->names.push_back(one.first);
    }
  }
  return causes;
}

}  // namespace hubmirror
