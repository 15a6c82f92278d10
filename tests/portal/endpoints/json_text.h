#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace simulated_portal {

/// JSON strings of our own, because values here may hold what RapidJSON would refuse: U+0000 and
/// unpaired surrogates. A raw value is UTF-8 in which a lone surrogate is written in three bytes
/// like any other code point of its size; in JSON both appear as `\u` escapes.

/// Appends `raw` with its quotes.
void AppendJsonString(std::string& out, std::string_view raw);
/// The same without quotes.
void AppendJsonEscaped(std::string& out, std::string_view raw);
/// The raw value of the text between two quotes, as AppendJsonEscaped wrote it.
std::string UnescapeJson(std::string_view escaped);

void AppendInteger(std::string& out, int64_t number);

/// Appends one code point (a surrogate too).
void AppendCodePoint(std::string& out, uint32_t code_point);

std::string LowerCase(std::string_view text);

}  // namespace simulated_portal
