#pragma once

#include <optional>
#include <span>
#include <string_view>

namespace hubmirror {

/// The candidate `word` was probably meant to be: the one fewest letters away (inserted, left out,
/// replaced or swapped), if that is near enough to be no guess; else one that begins with `word` or
/// that `word` begins with. Upper and lower case, `-` and `_`
/// count as equal. Of equals the first wins.
std::optional<std::string_view> NearestWord(std::string_view word,
                                            std::span<const std::string_view> candidates);

}  // namespace hubmirror
