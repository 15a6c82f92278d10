#include "model/store/write_sink.h"

namespace hubmirror {

std::string_view NameOf(OutboxState state) {
  switch (state) {
    case OutboxState::kQueued:
      return "queued";
    case OutboxState::kSending:
      return "sending";
    case OutboxState::kWritten:
      return "written";
    case OutboxState::kUnknown:
      return "unknown";
    case OutboxState::kConflict:
      return "conflict";
    case OutboxState::kRejected:
      return "rejected";
    case OutboxState::kFailed:
      return "failed";
    case OutboxState::kDone:
      return "done";
  }
  return "queued";
}

std::string LinkEcho(bool made, std::string_view to_object, RecordId to, const LinkType& type) {
  std::string text(made ? "link " : "unlink ");
  text.append(to_object).append("/").append(std::to_string(to.value));
  if (!type.label.empty()) text += " " + type.category + "/" + std::to_string(type.type_id);
  return text;
}

std::optional<ConflictRule> ConflictRuleOf(std::string_view name) {
  if (name == "hold") return ConflictRule::kHold;
  if (name == "ours") return ConflictRule::kOurs;
  if (name == "theirs") return ConflictRule::kTheirs;
  return std::nullopt;
}

}  // namespace hubmirror
