#pragma once

#include <string>

namespace hubmirror {

/// The value that a libpq connection string (`key=value ...` or postgresql://) gives for a keyword;
/// "" when it gives none or cannot be read.
std::string DsnValue(const std::string& dsn, const std::string& keyword);

}  // namespace hubmirror
