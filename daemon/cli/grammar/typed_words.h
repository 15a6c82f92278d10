#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "model/portal/controls.h"

namespace hubmirror {

/// A target as typed: PORTAL, PORTAL/OBJECT or PORTAL/OBJECT/ID.
struct TypedTarget {
  ControlTarget target;
  std::optional<RecordId> id;
};
std::optional<TypedTarget> ParseTarget(const std::string& text);

/// A number from 1 on, in decimal digits and without leading zeros; nullopt for anything else.
std::optional<int64_t> ParseNumber(const std::string& text);

}  // namespace hubmirror
