#include "mirror/value_hasher.h"

#include <doctest/doctest.h>

using namespace hubmirror;

TEST_CASE("a hash is the HMAC-SHA-256 of RFC 4231, in hex") {
  const auto hasher = ValueHasher::Make(Secret(std::string(20, '\x0b')));
  REQUIRE(hasher);
  CHECK(hasher->Hash("Hi There") ==
        "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  CHECK(hasher->Hash(std::string_view("Hi\0There", 8)) != hasher->Hash("Hi"));
}

TEST_CASE("a key that could be guessed is refused, and not shown") {
  const auto hasher = ValueHasher::Make(Secret("fifteen-letters"));
  REQUIRE_FALSE(hasher);
  CHECK(hasher.error().find("fifteen-letters") == std::string::npos);
  CHECK(hasher.error().find("openssl rand -hex 32") != std::string::npos);
  CHECK(ValueHasher::Make(Secret("sixteen-letters!")));
}

TEST_CASE("another key has another id") {
  const auto one = ValueHasher::Make(Secret("sixteen-letters!"));
  const auto two = ValueHasher::Make(Secret("sixteen-letters?"));
  CHECK(one->id() != two->id());
  CHECK(one->id().size() == 16);
  CHECK(one->id() == ValueHasher::Make(Secret("sixteen-letters!"))->id());
}
