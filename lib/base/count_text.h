#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace hubmirror {

/// `27,600`.
std::string CountWords(int64_t count);

/// `1 record`, `27,600 records`: for words whose plural ends in an s.
std::string Counted(int64_t count, std::string_view one);

}  // namespace hubmirror
