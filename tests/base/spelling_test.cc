#include "base/spelling.h"

#include <doctest/doctest.h>

#include <array>
#include <string>

namespace hubmirror {
namespace {

constexpr std::array<std::string_view, 5> kWords = {"interval", "freshness_target", "overlap",
                                                    "deep_overlap", "dsn"};

TEST_CASE("the word meant is found through one slip of each kind") {
  CHECK(NearestWord("intervall", kWords) == "interval");
  CHECK(NearestWord("interal", kWords) == "interval");
  CHECK(NearestWord("intervel", kWords) == "interval");
  CHECK(NearestWord("intevral", kWords) == "interval");
  CHECK(NearestWord("dns", kWords) == "dsn");
}

TEST_CASE("case and dashes do not matter") {
  CHECK(NearestWord("Interval", kWords) == "interval");
  CHECK(NearestWord("DEEP-OVERLAP", kWords) == "deep_overlap");
}

TEST_CASE("a word cut short or drawn out is found by its beginning") {
  CHECK(NearestWord("fresh", kWords) == "freshness_target");
  CHECK(NearestWord("intervals_between", kWords) == "interval");
}

TEST_CASE("what is far from every word is not guessed at") {
  CHECK(!NearestWord("verify", kWords));
  CHECK(!NearestWord("", kWords));
  CHECK(!NearestWord("abc", kWords));
  CHECK(!NearestWord(std::string(1000, 'i'), kWords));
}

}  // namespace
}  // namespace hubmirror
