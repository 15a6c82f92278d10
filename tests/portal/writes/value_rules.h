#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "http/call.h"
#include "writes/write_request.h"

namespace simulated_portal {

/// Why an input is refused, in HubSpot's words.
struct Problem {
  int status = 400;
  std::string category = "VALIDATION_ERROR";
  std::string code = {};      ///< of one property
  std::string property = {};  ///< the one at fault; empty: none
  std::string message = {};
};

/// Reads the properties of an input as HubSpot takes them: values are checked and normalised, and
/// what is ignored is left out. `stored` is what the record has; null for a new one.
std::optional<Problem> ReadValues(const Call& call, const WriteInput& input,
                                  const RecordVersion* stored, Changes& changes);

/// What a new record of the type must have and this one lacks.
std::optional<Problem> LacksRequired(const Call& call, const Changes& changes);

/// Another record (than `self`) that has one of the unique values.
std::optional<Problem> TakesAway(const Call& call, const Changes& changes, const Record* self);

/// Whether a type is something that happened with a record: a task, a note, an e-mail.
bool IsActivity(const ObjectType& type);

}  // namespace simulated_portal
