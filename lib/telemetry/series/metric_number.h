#pragma once

#include <string>

namespace hubmirror {

/// Appends a value as the Prometheus text format has it: sixteen digits at most, as prometheus-cpp
/// writes those of histograms.
void AppendNumber(double value, std::string& text);

}  // namespace hubmirror
