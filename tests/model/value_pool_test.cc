#include "model/source/value_pool.h"

#include <doctest/doctest.h>

#include <memory>
#include <string>

namespace hubmirror {
namespace {

std::shared_ptr<const std::string> Text(const std::string& text) {
  return std::make_shared<const std::string>(text);
}

TEST_CASE("value pool: equal values become one, others of the same digest do not") {
  ValuePool<std::string> pool;
  const auto first = pool.Share(7, Text("a"));
  CHECK(pool.Share(7, Text("a")) == first);
  const auto other = pool.Share(7, Text("b"));
  CHECK(other != first);
  CHECK(*other == "b");
  CHECK(pool.Share(7, Text("b")) == other);
}

TEST_CASE("value pool: it keeps nothing that nobody has") {
  ValuePool<std::string> pool;
  const auto kept = pool.Share(1, Text("kept"));
  const std::weak_ptr<const std::string> gone = pool.Share(2, Text("gone"));
  CHECK(gone.expired());
  for (uint64_t digest = 3; digest < 1000; ++digest) pool.Share(digest, Text("one of many"));
  CHECK(pool.Share(1, Text("kept")) == kept);
  CHECK(*pool.Share(2, Text("gone")) == "gone");
}

}  // namespace
}  // namespace hubmirror
