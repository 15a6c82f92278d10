#include "jobs/changes/resolve_cursor.h"

#include "base/json_fields.h"

namespace hubmirror {

std::string ToText(const ResolveCursor& cursor) {
  JsonFieldWriter fields;
  fields.Put("sweep", cursor.sweep);
  fields.Put("marked_gone", cursor.marked_gone);
  fields.Put("accepted", cursor.accepted);
  return fields.Text();
}

std::optional<ResolveCursor> ParseResolveCursor(std::string_view text) {
  const auto fields = JsonFields::Parse(text);
  if (!fields) return std::nullopt;
  return ResolveCursor{.sweep = fields->Text("sweep"),
                       .marked_gone = fields->Number("marked_gone").value_or(0),
                       .accepted = fields->Flag("accepted")};
}

}  // namespace hubmirror
