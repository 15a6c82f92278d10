#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "store/object_type.h"

namespace simulated_portal {

/// A kind of link that a new record asks for, by HubSpot's numbers.
struct AskedLink {
  std::string to;
  std::vector<std::pair<std::string, int64_t>> types;  ///< category and type id
};

/// One record of a write request, as it was sent.
struct WriteInput {
  std::string id;
  std::string id_property;
  std::string trace_id;
  std::vector<std::pair<std::string, std::string>> properties;  ///< null as ""
  bool has_null = false;
  std::vector<AskedLink> links;
};

struct WriteRequest {
  std::vector<WriteInput> inputs;
  std::string problem;  ///< not empty: 400
};

/// A body with `inputs`, of which at most 100 are allowed.
WriteRequest ParseBatchWrite(std::string_view body);
/// A body that is one record.
WriteRequest ParseSingleWrite(std::string_view body);

}  // namespace simulated_portal
