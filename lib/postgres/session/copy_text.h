#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "postgres/session/sql_text.h"

namespace hubmirror {

/// Takes one line of COPY text apart; \N becomes an absent value.
std::vector<Param> FieldsOfLine(std::string_view line);

}  // namespace hubmirror
