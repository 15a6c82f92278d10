#include "compare/truth_link.h"

#include "compare/json.h"

namespace hubmirror::compare {

TruthLink ParseTruthLink(std::string_view line) {
  const Json json = Json::Parse(line);
  const Json& type = json["type"];
  TruthLink link{.from_type_id = json.Text("from_type_id"), .to_type_id = json.Text("to_type_id")};
  link.line = {.from = std::stoll(json.Text("from")),
               .to = std::stoll(json.Text("to")),
               .category = type.Text("category"),
               .type_id = std::to_string(type["typeId"].AsInteger()),
               .label = type["label"].is_null() ? "" : type.Text("label")};
  return link;
}

}  // namespace hubmirror::compare
