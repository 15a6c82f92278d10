#include "mirror/column_name.h"

#include <doctest/doctest.h>

#include <set>

using namespace hubmirror;

namespace {

std::string Free(std::string_view property) {
  return ColumnNameFor(property, [](const std::string&) { return false; });
}

}  // namespace

TEST_CASE("column name: an ordinary property keeps its name") {
  CHECK(Free("email") == "email");
  CHECK(Free("Mixed Case-and.dots") == "Mixed Case-and.dots");
  CHECK(Free(std::string(63, 'x')) == std::string(63, 'x'));
}

TEST_CASE("column name: over 63 bytes it is cut and gets a hash of the whole name") {
  // echo -n xxx... (64 of them) | sha256sum
  CHECK(Free(std::string(64, 'x')) == std::string(54, 'x') + "_7ce10097");
}

TEST_CASE("column name: a cut never splits a character") {
  const std::string name = std::string(53, 'x') + "ö" + std::string(20, 'y');

  const std::string column = Free(name);

  CHECK(column.substr(0, 54) == std::string(53, 'x') + "_");
  CHECK(column.size() == 62);
}

TEST_CASE("column name: the envelope, our own and the server's columns are not to be had") {
  for (const char* name : {"id", "created_at", "updated_at", "archived", "archived_at",
                           "merged_into", "erased_at", "purged_at", "tableoid", "xmin", "cmin",
                           "xmax", "cmax", "ctid", "_hash", "_anything", "_"}) {
    const std::string column = Free(name);
    CHECK(column != name);
    CHECK(column.substr(0, column.size() - 9) == name);
  }
}

TEST_CASE("column name: quoted identifiers differ by case") {
  CHECK(Free("ID") == "ID");
  CHECK(Free("Email") == "Email");
}

TEST_CASE("column name: a name that is taken gives way") {
  const std::string taken = Free(std::string(64, 'x'));

  const std::string column =
      ColumnNameFor(taken, [&taken](const std::string& name) { return name == taken; });

  CHECK(column != taken);
  CHECK(column.size() <= kLongestIdentifier);
}

TEST_CASE("column name: a short name that is taken too goes on in the same digest") {
  std::set<std::string> taken;
  const auto is_taken = [&taken](const std::string& name) { return taken.contains(name); };
  for (int i = 0; i < 8; ++i) taken.insert(ColumnNameFor("xmin", is_taken));
  CHECK(taken.size() == 8);
}
