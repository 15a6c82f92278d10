#include "compare/layout_check.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "compare/sample_mirror.h"

namespace hubmirror::compare {
namespace {

using Lines = std::vector<std::string>;

MirrorProperty& Property(SampleMirror& mirror, const std::string& name) {
  for (MirrorProperty& property : mirror.layout.properties) {
    if (property.name == name) return property;
  }
  FAIL("no property " << name);
  return mirror.layout.properties[0];
}

Column& TableColumn(SampleMirror& mirror, const std::string& name) {
  return mirror.layout.table.columns.at(mirror.layout.table.Find(name).value());
}

TEST_CASE("layout check: a right layout has no differences and a place for every live property") {
  const SampleMirror mirror;
  Findings findings;

  const auto places = CheckLayout(mirror.definitions, mirror.layout, findings.sink());

  CHECK(findings.lines() == Lines{});
  CHECK(places.size() == mirror.definitions.size() - 1);
}

TEST_CASE("layout check: a property the mirror does not know of is missed") {
  SampleMirror mirror;
  mirror.definitions.push_back({.name = "brand_new", .type = "string"});

  CHECK(LayoutFindings(mirror) == Lines{"0 properties.brand_new: a line / none"});
}

TEST_CASE("layout check: an archived property the portal never shows may be unknown") {
  SampleMirror mirror;
  mirror.definitions.push_back({.name = "long_gone", .type = "string", .archived = true});

  CHECK(LayoutFindings(mirror) == Lines{});
}

TEST_CASE("layout check: a property that is gone from the portal must be called archived") {
  SampleMirror mirror;
  std::erase_if(mirror.definitions, [](const Definition& d) { return d.name == "name"; });

  CHECK(LayoutFindings(mirror) == Lines{"0 properties.name: archived / not archived"});
}

TEST_CASE("layout check: a column must be named by the rule") {
  SampleMirror mirror;
  Property(mirror, "name").column_name = "title";
  TableColumn(mirror, "name").name = "title";
  mirror.layout.views[0].columns[mirror.layout.views[0].Find("name").value()].name = "title";

  CHECK(LayoutFindings(mirror) == Lines{"0 properties.name.column_name: name / title"});
}

TEST_CASE("layout check: a column must have its property's type") {
  SampleMirror mirror;
  TableColumn(mirror, "amount").type = "text";

  CHECK(LayoutFindings(mirror) == Lines{"0 contacts.amount: numeric / text"});
}

TEST_CASE("layout check: a retype somebody's view forbids keeps the old type") {
  SampleMirror mirror;
  for (Definition& definition : mirror.definitions) {
    if (definition.name == "name") definition.type = "number";
  }
  Property(mirror, "name").type = "number";

  CHECK(LayoutFindings(mirror).size() == 2);  // The table's and the view's column.
  Property(mirror, "name").blocked_by = "view reports.people";
  CHECK(LayoutFindings(mirror) == Lines{});
}

TEST_CASE("layout check: label, description, group and type must be the portal's") {
  SampleMirror mirror;
  MirrorProperty& property = Property(mirror, "name");
  property.label = "name";
  property.description = "old words";
  property.group = "other";
  property.type = "enumeration";

  CHECK(LayoutFindings(mirror).size() == 4);
}

TEST_CASE("layout check: how a property is shown must be the portal's") {
  SampleMirror mirror;
  mirror.definitions[2].shown = "4|deal_currency_code|t|currency||";

  CHECK(LayoutFindings(mirror) ==
        Lines{"0 properties.amount.how it is shown: 4|deal_currency_code|t|currency|| / -1||f|||"});
}

TEST_CASE("layout check: nothing is filling once all is settled") {
  SampleMirror mirror;
  Property(mirror, "remark").state = "filling";

  CHECK(LayoutFindings(mirror) == Lines{"0 properties.remark.state: current / filling"});
}

TEST_CASE("layout check: the envelope, the views and their columns are needed") {
  SampleMirror mirror;
  TableColumn(mirror, "purged_at").name = "gone_at";
  CHECK(LayoutFindings(mirror).size() == 1);

  SampleMirror without_column;
  std::erase_if(without_column.layout.views[0].columns,
                [](const Column& column) { return column.name == "remark"; });
  CHECK(LayoutFindings(without_column) == Lines{"0 view.remark: a column / none"});

  SampleMirror without_view;
  without_view.layout.views.clear();
  CHECK(LayoutFindings(without_view) == Lines{"0 contacts_live: a view / none"});
}

TEST_CASE("layout check: over 400 property columns are too many") {
  SampleMirror mirror;
  for (int i = 0; i < 400; ++i) {
    mirror.layout.properties.push_back(
        {.name = "p" + std::to_string(i), .storage = "column", .archived = true});
  }

  CHECK(LayoutFindings(mirror) == Lines{"0 properties: at most 400 columns / 406"});
}

}  // namespace
}  // namespace hubmirror::compare
