#include "compare/column_name.h"

#include <doctest/doctest.h>

#include <string>

namespace hubmirror::compare {
namespace {

TEST_CASE("column name: a property's column is called like the property") {
  CHECK(ColumnNameFor("firstname") == "firstname");
  CHECK(ColumnNameFor("select") == "select");
  CHECK(ColumnNameFor(std::string(63, 'a')) == std::string(63, 'a'));
}

// The digits come from sha256sum.
TEST_CASE("column name: long names keep 54 bytes and 8 hex digits of their hash") {
  CHECK(ColumnNameFor(std::string(64, 'a')) == std::string(54, 'a') + "_ffe054fe");
}

TEST_CASE("column name: names that every table has are told apart by their hash") {
  CHECK(ColumnNameFor("id") == "id_a5614527");
  CHECK(ColumnNameFor("xmin") == "xmin_eafb2f50");
  CHECK(ColumnNameFor("archived") == "archived_dd9e8812");
  CHECK(ColumnNameFor("_hash") == "_hash_757ab5dd");
}

TEST_CASE("column name: a character is never cut in two") {
  const std::string name = std::string(53, 'a') + "é" + std::string(20, 'b');

  CHECK(ColumnNameFor(name).starts_with(std::string(53, 'a') + "_"));
}

}  // namespace
}  // namespace hubmirror::compare
