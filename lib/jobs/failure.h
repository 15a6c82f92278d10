#pragma once

#include <exception>
#include <string>
#include <variant>

#include "model/source/api_error.h"
#include "model/store/database_error.h"

namespace hubmirror {

/// A mistake of ours: a step met something that nobody had thought of.
struct Bug {
  std::string what;  ///< for us; without secrets or values
};
Bug BugOf(const std::exception& error);

/// Why a step could not go on: HubSpot's answer, the database, or ourselves.
using Failure = std::variant<ApiError, DatabaseError, Bug>;

/// For people: cause and next step, without secrets or values.
std::string MessageOf(const Failure& failure);

}  // namespace hubmirror
