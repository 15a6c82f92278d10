#include <doctest/doctest.h>

#include <random>
#include <regex>

#include "mirror/tables.h"
#include "mirror/value_parser.h"
#include "mirror/written_row.h"

// Values nobody thought of: made by chance, the same ones in every run.

using namespace hubmirror;
using namespace hubmirror::testing;

namespace {

class JunkMaker {
 public:
  explicit JunkMaker(uint32_t seed) : random_(seed) {}

  std::string Make() {
    switch (random_() % 4) {
      case 0:
        return Of("0123456789", 20);
      case 1:
        return Of("0123456789+-.eE", 14);
      case 2:
        return Damaged(kSeeds[random_() % std::size(kSeeds)]);
      default:
        return AnyBytes();
    }
  }

 private:
  std::string Of(std::string_view letters, size_t most) {
    std::string text(random_() % most, ' ');
    for (char& letter : text) letter = letters[random_() % letters.size()];
    return text;
  }

  std::string Damaged(std::string text) {
    for (auto damages = random_() % 3; damages > 0; --damages) {
      const size_t at = random_() % (text.size() + 1);
      const char letter = "0123456789-:.TZ+ \t\\\n\0eE"[random_() % 23];
      if (random_() % 2 == 0 && at < text.size()) {
        text[at] = letter;
      } else {
        text.insert(at, 1, letter);
      }
    }
    return text;
  }

  std::string AnyBytes() {
    std::string text(random_() % 40, ' ');
    for (char& letter : text) letter = static_cast<char>(random_() % 256);
    return text;
  }

  static constexpr const char* kSeeds[] = {
      "2026-02-01T10:00:00.123Z",  "2026-02-01", "1700000000000", "1.7E12", "true", "No", "10.50",
      "2024-06-01T12:00:00+02:00", "-0.5e-3"};
  std::mt19937 random_;
};

}  // namespace

TEST_CASE("generated values: what is accepted has a form that PostgreSQL loads") {
  const std::regex number(R"([+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]{1,3})?)");
  const std::regex date("[0-9]{4}-[01][0-9]-[0-3][0-9]");
  const std::regex time(
      "[0-9]{4}-[01][0-9]-[0-3][0-9]T[012][0-9]:[0-5][0-9]:[0-5][0-9]\\.[0-9]{3}Z");
  JunkMaker junk(11);
  int accepted = 0;
  for (int round = 0; round < 30'000; ++round) {
    const std::string raw = junk.Make();
    for (const auto& [type, form] :
         {std::pair(ColumnType::kNumeric, &number), std::pair(ColumnType::kDate, &date),
          std::pair(ColumnType::kTimestamp, &time)}) {
      std::string out;
      if (!AppendCanonical(type, raw, out)) continue;
      ++accepted;
      CAPTURE(raw);
      REQUIRE(std::regex_match(out, *form));
      std::string again;
      REQUIRE(AppendCanonical(type, out, again));
      REQUIRE(again == out);
    }
  }
  CHECK(accepted > 10'000);
}

TEST_CASE("generated values: every record makes a line with all its fields") {
  const MirrorTablePtr table =
      TableOf(Deals(), {Define("t"), Define("n", "number"), Define("b", "bool"),
                        Define("d", "date"), Define("z", "datetime")});
  JunkMaker junk(12);
  for (int round = 0; round < 5'000; ++round) {
    PageBuilder::Values values;
    for (const char* name : {"t", "n", "b", "d", "z", "hs_merged_object_ids"}) {
      values.emplace_back(name, junk.Make());
    }
    const RowBatch batch = MapWhole(table, round, values);
    const WrittenRow row(batch, 0);
    for (size_t i = 1; i < 5; ++i) {
      const auto& [name, raw] = values[i];
      const bool stored = row[name] != "NULL";
      const bool rejected = row["_rejected"].find('"' + name + "\":") != std::string::npos;
      REQUIRE(stored + rejected == (raw.empty() ? 0 : 1));
    }
  }
}
