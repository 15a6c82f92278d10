#pragma once

#include <string>
#include <string_view>

namespace hubmirror {

/// Encodes everything but RFC 3986's unreserved characters; right for path segments, query values
/// and form fields alike.
std::string PercentEncode(std::string_view text);
/// Undoes %XX and `+`; a malformed escape stays as it is.
std::string PercentDecode(std::string_view text);

}  // namespace hubmirror
