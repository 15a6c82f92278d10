#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace hubmirror {

/// `27,600`.
std::string CountWords(int64_t count);

/// A ratio for people, two digits that say something: `0.031`, `0.31`, `3.1`, `310`.
std::string RatioWords(double ratio);

/// `1 record`, `27,600 records`: for words whose plural ends in an s.
std::string Counted(int64_t count, std::string_view one);

}  // namespace hubmirror
