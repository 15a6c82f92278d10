#include "base/result.h"

#include <doctest/doctest.h>

#include <string>

using hubmirror::Result;

TEST_CASE("a result holds a value or an error") {
  const Result<int, std::string> good(7);
  const Result<int, std::string> bad(std::string("no"));

  REQUIRE(good);
  CHECK(*good == 7);
  REQUIRE_FALSE(bad);
  CHECK(bad.error() == "no");
}
