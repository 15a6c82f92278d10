#pragma once

#include <optional>
#include <string_view>

namespace hubmirror {

/// How early the column of a property stands in its table: those that people query most come
/// first, because PostgreSQL reads early columns of a wide row faster (measured: a column at place
/// 240 costs twice one at the front). Absent: not one of HubSpot's well-known properties.
std::optional<size_t> WellKnownRank(std::string_view property);

}  // namespace hubmirror
