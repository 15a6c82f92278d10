#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "store/object_type.h"

namespace simulated_portal {

/// What clients did, for tests to judge. Owned by one thread.
class TrafficStats {
 public:
  void Count(PortalId portal, const std::string& endpoint, int status) {
    ++requests_[{portal, endpoint, status}];
  }
  /// `kind` as in README.md, "Stats".
  void CountViolation(std::string_view kind) { ++violations_.find(kind)->second; }
  void CountUnexpected() { ++unexpected_; }
  void Reset() { *this = TrafficStats(); }

  /// Appends the members `requests`, `violations` and `unexpected`, ending with a comma.
  void AppendJson(std::string& out) const;

 private:
  struct Key {
    PortalId portal;
    std::string endpoint;
    int status;
    auto operator<=>(const Key&) const = default;
  };
  std::map<Key, uint64_t> requests_;
  std::map<std::string, uint64_t, std::less<>> violations_ = {
      {"burst", 0},         {"search", 0},       {"daily", 0},
      {"search_shared", 0}, {"daily_shared", 0}, {"associations", 0}};
  uint64_t unexpected_ = 0;
};

}  // namespace simulated_portal
