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

std::string_view NameOf(ChangeCause cause) {
  switch (cause) {
    case ChangeCause::kChanges:
      return "changes";
    case ChangeCause::kSweep:
      return "sweep";
    case ChangeCause::kArchived:
      return "archived";
    case ChangeCause::kResolve:
      return "resolve";
    case ChangeCause::kLinks:
      return "links";
    case ChangeCause::kVerify:
      return "verify";
    case ChangeCause::kFill:
      return "fill";
    case ChangeCause::kLoad:
      return "load";
    case ChangeCause::kRepair:
      return "repair";
  }
  return "changes";
}

}  // namespace hubmirror
