#include "postgres/schema/layout_steps.h"

#include "model/source/crash_point.h"
#include "model/store/database_error.h"
#include "postgres/schema/embedded_steps.h"
#include "postgres/session/sql_text.h"

namespace hubmirror {
namespace {

std::string WithSchema(std::string_view sql, const std::string& schema) {
  constexpr std::string_view kMark = "@schema@";
  const std::string name = QuoteName(schema);
  std::string text;
  for (size_t at = 0; at < sql.size();) {
    const size_t mark = sql.find(kMark, at);
    text += sql.substr(at, mark - at);
    if (mark == std::string_view::npos) break;
    text += name;
    at = mark + kMark.size();
  }
  return text;
}

}  // namespace

std::span<const LayoutStep> PortalSteps() {
  return kPortalStepTexts;
}
std::span<const LayoutStep> WriteSteps() {
  return kWriteStepTexts;
}
std::span<const LayoutStep> CommonSteps() {
  return kCommonStepTexts;
}

int RunSteps(Transaction& transaction, const std::string& schema, int stored,
             std::span<const LayoutStep> steps) {
  const int newest = static_cast<int>(steps.size());
  if (stored > newest) {
    throw DatabaseError(DatabaseError::Kind::kForeign, "",
                        "schema " + QuoteName(schema) +
                            " was written by a newer hubmirror (layout " + std::to_string(stored) +
                            ", this one knows " + std::to_string(newest) +
                            "); install that version here too");
  }
  for (const LayoutStep step : steps.subspan(static_cast<size_t>(stored))) {
    transaction.Run(WithSchema(step, schema));
    Reach(CrashPoint::kLayoutStep);
  }
  return newest;
}

}  // namespace hubmirror
