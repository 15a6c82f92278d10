#include "writes/write_request.h"

#include <exception>

#include "endpoints/json_fields.h"

namespace simulated_portal {
namespace {

constexpr size_t kInputsMost = 100;

WriteInput ReadInput(JsonFields& fields) {
  WriteInput input;
  fields.Read("id", input.id);
  fields.Read("idProperty", input.id_property);
  fields.Read("objectWriteTraceId", input.trace_id);
  const rapidjson::Value* values = fields.Take("properties");
  if (values != nullptr && values->IsObject()) {
    for (const auto& member : values->GetObject()) input.has_null |= member.value.IsNull();
  }
  fields.ReadTexts("properties", [&input](const std::string& name, const std::string& value) {
    input.properties.emplace_back(name, value);
  });
  fields.ReadObjects("associations", [&input](JsonFields asked) {
    AskedLink link;
    asked.ReadObject("to", [&link](JsonFields to) { to.Read("id", link.to); });
    asked.ReadObjects("types", [&link](JsonFields type) {
      std::string category;
      int64_t id = 0;
      type.Read("associationCategory", category);
      type.Read("associationTypeId", id);
      link.types.emplace_back(category, id);
    });
    input.links.push_back(std::move(link));
  });
  fields.RefuseOthers();
  return input;
}

template <typename Read>
WriteRequest Parse(std::string_view body, const Read& read) {
  WriteRequest request;
  try {
    const rapidjson::Document document = ParseJsonObject(body);
    JsonFields fields(document, "");
    read(fields, request);
  } catch (const std::exception& error) {
    request.problem = std::string("Invalid input JSON: ") + error.what();
  }
  return request;
}

}  // namespace

WriteRequest ParseBatchWrite(std::string_view body) {
  WriteRequest parsed = Parse(body, [](JsonFields& fields, WriteRequest& request) {
    fields.ReadObjects(
        "inputs", [&request](JsonFields input) { request.inputs.push_back(ReadInput(input)); });
    fields.RefuseOthers();
  });
  if (parsed.inputs.size() > kInputsMost) {
    parsed.problem = "The maximum number of inputs is " + std::to_string(kInputsMost);
  }
  if (parsed.problem.empty() && parsed.inputs.empty()) parsed.problem = "inputs must not be empty";
  return parsed;
}

WriteRequest ParseSingleWrite(std::string_view body) {
  return Parse(body, [](JsonFields& fields, WriteRequest& request) {
    request.inputs.push_back(ReadInput(fields));
  });
}

}  // namespace simulated_portal
