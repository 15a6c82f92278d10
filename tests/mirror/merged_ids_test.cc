#include "mirror/merged_ids.h"

#include <doctest/doctest.h>

using namespace hubmirror;

namespace {

std::vector<int64_t> Merged(std::string_view raw, int64_t survivor = 1) {
  std::vector<RecordId> ids;
  AddMergedIds(raw, RecordId{survivor}, ids);
  std::vector<int64_t> values;
  for (const RecordId id : ids) values.push_back(id.value);
  return values;
}

using Ids = std::vector<int64_t>;

}  // namespace

TEST_CASE("merged ids: a list of ids") {
  CHECK(Merged("12") == Ids{12});
  CHECK(Merged("12;513881705057") == Ids{12, 513881705057});
}

TEST_CASE("merged ids: contacts name each id with a time") {
  CHECK(Merged("12:1700000000000;34:1700000000001") == Ids{12, 34});
}

TEST_CASE("merged ids: the survivor itself and repeated ids are left out") {
  CHECK(Merged("12;1;12;34", 1) == Ids{12, 34});
}

TEST_CASE("merged ids: both properties together name an id once") {
  std::vector<RecordId> ids;
  AddMergedIds("12;34", RecordId{1}, ids);
  AddMergedIds("34:5;56:6", RecordId{1}, ids);
  CHECK(ids == std::vector<RecordId>{{12}, {34}, {56}});
}

TEST_CASE("merged ids: junk between the ids is passed over") {
  CHECK(Merged(";;12; 34 ;x;5y;-6;0;;99999999999999999999;:7;7.5;56;") == Ids{12, 34, 56});
  CHECK(Merged("").empty());
  CHECK(Merged(";").empty());
}
