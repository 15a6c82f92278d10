#pragma once

#include <optional>
#include <string_view>

#include "settings/text/problem.h"

namespace hubmirror {

/// What is wrong with a libpq connection string (`key=value ...` or postgresql://): it cannot be
/// taken apart, or it holds a password, which belongs into `database.password`. Only the form is
/// looked at: libpq itself judges keywords and values. Messages never quote the string.
/// https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING
std::optional<ConfigFault> CheckDsn(std::string_view text);

}  // namespace hubmirror
