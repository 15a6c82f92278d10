#include "telemetry/metric_text.h"

#include <cstdlib>
#include <sstream>

namespace hubmirror {

std::optional<double> ValueOf(const std::string& text, const std::string& series) {
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with(series + " ")) return std::strtod(line.c_str() + series.size(), nullptr);
  }
  return std::nullopt;
}

int CountSeries(const std::string& text, const std::string& first_part,
                const std::string& second_part) {
  std::istringstream lines(text);
  int count = 0;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with('#')) continue;
    const std::string name = line.substr(0, line.rfind(' '));
    if (name.find(first_part) != std::string::npos && name.find(second_part) != std::string::npos) {
      ++count;
    }
  }
  return count;
}

}  // namespace hubmirror
