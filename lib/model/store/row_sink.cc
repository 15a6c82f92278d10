#include "model/store/row_sink.h"

namespace hubmirror {

std::string_view NameOf(PendingCause cause) {
  switch (cause) {
    case PendingCause::kNominated:
      return "nominated";
    case PendingCause::kAbsent:
      return "absent";
    case PendingCause::kUnarchived:
      return "unarchived";
    case PendingCause::kOutrun:
      return "outrun";
    case PendingCause::kRequested:
      return "requested";
    case PendingCause::kUnreadable:
      return "unreadable";
    case PendingCause::kUnproved:
      return "unproved";
  }
  return "nominated";
}

}  // namespace hubmirror
