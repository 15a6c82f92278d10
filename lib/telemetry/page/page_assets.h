#pragma once

#include <string>
#include <string_view>

namespace hubmirror {

// The style and the script of the status page, which carries them inside, and the policy that lets
// a browser run exactly these two and nothing else.

std::string_view PageStyle();
std::string_view PageScript();

/// Value of the Content-Security-Policy header.
std::string ContentSecurityPolicy();

}  // namespace hubmirror
