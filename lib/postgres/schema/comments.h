#pragma once

#include <string>
#include <utility>
#include <vector>

#include "postgres/session/connection.h"

namespace hubmirror {

/// What people and their tools are told of a table or view and of its columns.
struct Description {
  std::string relation;
  std::string text;  ///< empty: the present comment is right
  std::vector<std::pair<std::string, std::string>> columns;
};

/// Writes them as comments of `schema` where they differ from the present ones. Skips what does not
/// exist or is not ours. `first`: statements before those that take locks.
void WriteComments(Connection& connection, const std::string& schema,
                   const std::vector<Description>& descriptions, const std::string& first = "");

}  // namespace hubmirror
