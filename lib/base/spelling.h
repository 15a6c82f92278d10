#pragma once

#include <optional>
#include <span>
#include <string_view>

namespace hubmirror {

/// The candidate that `word` was probably meant to be: the one that is fewest letters away
/// (inserted, left out, replaced or swapped), if it is near enough not to be a guess; otherwise one
/// that begins with `word`, or with which `word` begins. Upper and lower case, `-` and `_` count as
/// equal. Of equals the first wins.
std::optional<std::string_view> NearestWord(std::string_view word,
                                            std::span<const std::string_view> candidates);

}  // namespace hubmirror
