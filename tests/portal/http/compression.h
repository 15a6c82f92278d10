#pragma once

#include <string>

namespace simulated_portal {

/// `text` as gzip, at the fastest level.
std::string Gzip(const std::string& text);

}  // namespace simulated_portal
