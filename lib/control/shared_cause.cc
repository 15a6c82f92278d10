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
  for (const auto& [name, cause] : named) {
    if (cause.empty()) continue;
    const auto same = std::find_if(causes.begin(), causes.end(),
                                   [&](const SharedCause& known) { return known.cause == cause; });
    if (same == causes.end()) {
      causes.push_back({cause, {name}});
    } else {
      same->names.push_back(name);
    }
  }
  return causes;
}

}  // namespace hubmirror
