#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace hubmirror {

/// Makes the text of a JSON body what PostgreSQL can store, in place and without moving a byte:
/// escapes of U+0000 and of unpaired surrogates (`\ud83d` alone) and surrogates encoded as UTF-8
/// become U+FFFD. Returns how many did; nullopt when the bytes are not UTF-8 otherwise.
std::optional<uint64_t> RepairText(std::string& json);

}  // namespace hubmirror
