#pragma once

#include <string>
#include <utility>
#include <vector>

#include "postgres/session/connection.h"

namespace hubmirror {

/// What people and their tools are told of a table or view and of its columns.
struct Description {
  std::string relation;
  std::string text;  ///< empty: what stands is right
  std::vector<std::pair<std::string, std::string>> columns;
};

/// Writes them as comments of `schema` where they differ from what stands. What is not there, or is
/// somebody else's, is passed over. `first`: statements before those that take locks.
void WriteComments(Connection& connection, const std::string& schema,
                   const std::vector<Description>& descriptions, const std::string& first = "");

}  // namespace hubmirror
