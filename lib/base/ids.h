#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>

namespace hubmirror {

/// A whole number that means one thing only: a RecordId cannot be passed as a PortalId.
template <typename Tag>
struct NumberId {
  int64_t value = 0;
  friend constexpr auto operator<=>(NumberId, NumberId) = default;
};

/// The id of one HubSpot account (also "hub id").
using PortalId = NumberId<struct PortalTag>;
/// The id of one record; unique within one object type of one portal.
using RecordId = NumberId<struct RecordTag>;

/// Names a portal in the config, in metrics and, by default, its schema: [a-z][a-z0-9_]{0,30}.
using PortalKey = std::string;

/// One object type of one portal, as metrics and logs name it.
struct StreamKey {
  PortalKey portal;
  std::string object;
  friend auto operator<=>(const StreamKey&, const StreamKey&) = default;
};

}  // namespace hubmirror

template <typename Tag>
struct std::hash<hubmirror::NumberId<Tag>> {
  size_t operator()(hubmirror::NumberId<Tag> id) const noexcept {
    return std::hash<int64_t>()(id.value);
  }
};
