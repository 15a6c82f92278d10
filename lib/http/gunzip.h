#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"

namespace hubmirror {

enum class GunzipFailure {
  kCorrupt,   ///< not gzip, damaged or cut short
  kTooLarge,  ///< would inflate to more than the limit
};

/// Inflates a whole gzip (or zlib) body. Never allocates more than `limit` bytes and a little.
Result<std::string, GunzipFailure> Gunzip(std::string_view packed, size_t limit);

}  // namespace hubmirror
