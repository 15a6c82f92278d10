#include "compare/selection.h"

#include <doctest/doctest.h>

namespace hubmirror::compare {
namespace {

TEST_CASE("the comparer's own HMAC agrees with RFC 4231") {
  const Selection jefe{.hash_key = "Jefe"};
  CHECK(HashOf(jefe, "what do ya want for nothing?") ==
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  const Selection long_key{.hash_key = std::string(131, '\xaa')};
  CHECK(HashOf(long_key, "Test Using Larger Than Block-Size Key - Hash Key First") ==
        "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
  CHECK(HashOf(jefe, "").empty());
}

TEST_CASE("the comparer's own patterns") {
  const Selection selection{.include = {"hs_*", "a?c"}, .exclude = {"*_old"}, .sensitive = false};
  const auto selects = [&](const char* name) { return IsSelected(selection, {.name = name}); };
  CHECK(selects("hs_score"));
  CHECK(selects("abc"));
  CHECK_FALSE(selects("abbc"));
  CHECK_FALSE(selects("hs_score_old"));
  CHECK_FALSE(IsSelected(selection, {.name = "hs_iban", .sensitive = true}));
}

}  // namespace
}  // namespace hubmirror::compare
