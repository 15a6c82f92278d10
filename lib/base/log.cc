#include "base/log.h"

namespace hubmirror {

std::string_view NameOf(LogLevel level) {
  switch (level) {
    case LogLevel::kErr:
      return "err";
    case LogLevel::kWarning:
      return "warning";
    case LogLevel::kNotice:
      return "notice";
    case LogLevel::kInfo:
      return "info";
    case LogLevel::kDebug:
      return "debug";
  }
  return "info";
}

int PriorityOf(LogLevel level) {
  return 3 + static_cast<int>(level);
}

}  // namespace hubmirror
