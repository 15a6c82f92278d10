#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "postgres/sql_text.h"

namespace hubmirror {

/// Takes one line of COPY text apart; \N becomes an absent value.
std::vector<Param> FieldsOfLine(std::string_view line);

/// `text` with every byte that is not valid UTF-8 as U+FFFD, so that a record PostgreSQL refused
/// for its encoding can be kept at all.
std::string ValidUtf8(std::string_view text);

}  // namespace hubmirror
