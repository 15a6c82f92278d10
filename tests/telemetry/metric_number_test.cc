#include "telemetry/series/metric_number.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <sstream>
#include <string>

namespace hubmirror {
namespace {

std::string Written(double value) {
  std::string text;
  AppendNumber(value, text);
  return text;
}

TEST_CASE("metric number: it reads as the C++ library writes sixteen digits") {
  for (const double value : {0.0, 1.0, -1.0, 0.1, 1e-9, 2.5, 1796069151.749, 123456789012345.0,
                             1e15, 1e16, 1e20, 1.0 / 3, -2.0 / 3, 9007199254740993.0}) {
    std::ostringstream text;
    text.precision(16);
    text << value;
    CHECK(Written(value) == text.str());
  }
}

TEST_CASE("metric number: what is no number has a name") {
  CHECK(Written(std::nan("")) == "Nan");
  CHECK(Written(std::numeric_limits<double>::infinity()) == "+Inf");
  CHECK(Written(-std::numeric_limits<double>::infinity()) == "-Inf");
}

}  // namespace
}  // namespace hubmirror
