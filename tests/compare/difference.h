#pragma once

#include <cstdint>
#include <functional>
#include <string>

namespace hubmirror::compare {

/// One place where a mirror is not as it must be.
struct Difference {
  std::string object;
  int64_t id = 0;      ///< 0: it is about the table, not about one record
  std::string column;  ///< a column, `_rejected.NAME`, `view.NAME`, or what the place is called
  std::string expected;
  std::string found;

  friend bool operator==(const Difference&, const Difference&) = default;
};

/// Where differences go, as they are found.
using DifferenceSink = std::function<void(const Difference&)>;

/// One line: object, id, column, expected, found; long values cut, control characters escaped.
std::string ToLine(const Difference& difference);

}  // namespace hubmirror::compare
