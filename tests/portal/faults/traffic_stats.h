#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

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
  /// `answer`: what the client was told. The first ten are kept in words.
  void CountUnexpected(std::string_view method, std::string_view target, std::string_view answer);
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
  std::vector<std::string> first_unexpected_;
};

}  // namespace simulated_portal
