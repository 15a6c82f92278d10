#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "base/count_text.h"
#include "model/source/stream.h"

namespace hubmirror {

/// A span for people, in its two largest units: `12 s`, `4 min 5 s`, `3 h 20 min`, `2 d 4 h`.
std::string SpanWords(std::chrono::seconds span);

/// A state for people: `up to date`, `blocked: a person must act`, ...
std::string_view StateWords(StreamState state);

/// `text` with what a page or a log would obey (base/printable.h), newlines included, as spaces.
std::string OneLine(std::string_view text);

/// At most `bytes` of `text`, cut at a character border and ended with an ellipsis.
std::string Shortened(std::string_view text, size_t bytes);

}  // namespace hubmirror
