#pragma once

#include <string>
#include <utility>
#include <variant>

#include "model/source/api_error.h"
#include "model/store/database_error.h"

namespace hubmirror {

/// Why a step could not go on: HubSpot's answer, or the database.
using Failure = std::variant<ApiError, DatabaseError>;

/// For people: cause and next step, without secrets or values.
inline std::string MessageOf(const Failure& failure) {
  if (const auto* api = std::get_if<ApiError>(&failure)) return api->message;
  return std::get<DatabaseError>(failure).what();
}

}  // namespace hubmirror
