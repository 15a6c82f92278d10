#include "mirror/table_layout.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <random>

#include "mirror/tables.h"

using namespace hubmirror;
using namespace hubmirror::testing;

namespace {

using Definitions = std::vector<PropertyDefinition>;

PropertyDefinition HubSpotDefined(std::string name) {
  PropertyDefinition definition = Define(std::move(name));
  definition.hubspot_defined = true;
  return definition;
}

PropertyDefinition Archived(PropertyDefinition definition) {
  definition.archived = true;
  return definition;
}

Definitions Many(const std::string& prefix, int count, bool hubspot_defined = false) {
  Definitions definitions;
  for (int i = 0; i < count; ++i) {
    definitions.push_back(Define(prefix + std::to_string(1000 + i)));
    definitions.back().hubspot_defined = hubspot_defined;
  }
  return definitions;
}

Definitions Joined(Definitions first, const Definitions& second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

std::vector<std::string> Names(const MirrorTable& table) {
  std::vector<std::string> names;
  for (const MirrorColumn& column : table.columns) names.push_back(column.property());
  return names;
}

int64_t ColumnsUsed(const MirrorTable& table) {
  return std::count_if(table.columns.begin(), table.columns.end(), [](const MirrorColumn& column) {
    return column.storage == Storage::kColumn;
  });
}

MirrorTable New(const Definitions& definitions, const std::vector<std::string>& forced = {}) {
  return PlanLayout(Deals(), definitions, nullptr, forced);
}

MirrorTable Next(const MirrorTable& standing, const Definitions& definitions,
                 const std::vector<std::string>& forced = {}) {
  return PlanLayout(Deals(), definitions, &standing, forced);
}

}  // namespace

TEST_CASE("table layout: HubSpot's types become PostgreSQL's") {
  CHECK(ColumnTypeOf(Define("a", "number")) == ColumnType::kNumeric);
  CHECK(ColumnTypeOf(Define("a", "bool")) == ColumnType::kBoolean);
  CHECK(ColumnTypeOf(Define("a", "date")) == ColumnType::kDate);
  CHECK(ColumnTypeOf(Define("a", "datetime")) == ColumnType::kTimestamp);
  for (const char* type : {"string", "enumeration", "phone_number", "json", "of next year"}) {
    CHECK(ColumnTypeOf(Define("a", type)) == ColumnType::kText);
  }
}

TEST_CASE("table layout: what the mirror cannot do without has a column though nobody lists it") {
  const MirrorTable table = New({});
  CHECK(Names(table) ==
        std::vector<std::string>{"hs_lastmodifieddate", "hs_merged_object_ids", "hs_object_id"});
  CHECK(ColumnsUsed(table) == 3);
  CHECK(ColumnOf(table, "hs_lastmodifieddate").type == ColumnType::kTimestamp);
  CHECK(HasColumnFor(PlanLayout(Contacts(), {}, nullptr, {}), "lastmodifieddate"));
}

TEST_CASE("table layout: required, forced, well-known, custom, the rest") {
  const MirrorTable table =
      New({HubSpotDefined("hs_zzz_internal"), Define("b_custom"), Define("a_custom"),
           HubSpotDefined("amount"), HubSpotDefined("dealname"), HubSpotDefined("hs_forced"),
           HubSpotDefined("hs_object_id")},
          {"hs_forced", "no_such_property"});

  CHECK(Names(table) == std::vector<std::string>{"hs_lastmodifieddate", "hs_merged_object_ids",
                                                 "hs_object_id", "hs_forced", "dealname", "amount",
                                                 "a_custom", "b_custom", "hs_zzz_internal"});
  CHECK(std::all_of(table.columns.begin(), table.columns.end(), [](const MirrorColumn& column) {
    return column.state == PropertyState::kCurrent && column.column_name == column.property();
  }));
}

TEST_CASE("table layout: the order in which a portal lists its properties does not matter") {
  Definitions definitions = Joined(Many("c", 250), Many("hs_", 250, true));
  const MirrorTable table = New(definitions, {"hs_1249"});
  std::mt19937 random(3);
  for (int round = 0; round < 5; ++round) {
    std::shuffle(definitions.begin(), definitions.end(), random);
    CHECK(New(definitions, {"hs_1249"}).columns == table.columns);
  }
}

TEST_CASE("table layout: a new table has at most 360 columns, the rest goes to overflow") {
  const MirrorTable table =
      New(Joined(Many("c", 300), Many("hs_", 700, true)), {"hs_1699", "hs_1698"});

  CHECK(table.columns.size() == 1003);
  CHECK(ColumnsUsed(table) == 360);
  CHECK(HasColumnFor(table, "hs_1699"));
  CHECK(HasColumnFor(table, "c1299"));
  CHECK(HasColumnFor(table, "hs_1000"));
  CHECK_FALSE(HasColumnFor(table, "hs_1697"));
}

TEST_CASE("table layout: the config may force as many columns as a row can bear, no more") {
  std::vector<std::string> forced;
  for (const PropertyDefinition& definition : Many("c", 500)) forced.push_back(definition.name);

  const MirrorTable table = New(Many("c", 500), forced);

  CHECK(ColumnsUsed(table) == 400);
  CHECK(HasColumnFor(table, "hs_object_id"));
}

TEST_CASE("table layout: nothing new, nothing changed") {
  const Definitions definitions = Joined(Many("c", 300), Many("hs_", 700, true));
  const MirrorTable table = New(definitions);
  CHECK(Next(table, definitions).columns == table.columns);
}

TEST_CASE("table layout: what stands never moves, new properties follow and are filled") {
  const MirrorTable table = New({Define("b")});

  const MirrorTable next = Next(table, {Define("a"), Define("b"), HubSpotDefined("dealname")});

  CHECK(Names(next) == std::vector<std::string>{"hs_lastmodifieddate", "hs_merged_object_ids",
                                                "hs_object_id", "b", "dealname", "a"});
  CHECK(ColumnOf(next, "a").state == PropertyState::kFilling);
  CHECK(ColumnOf(next, "a").storage == Storage::kColumn);
  CHECK(ColumnOf(next, "b").state == PropertyState::kCurrent);
}

TEST_CASE("table layout: the columns kept free are for custom properties") {
  const Definitions start = Joined(Many("c", 100), Many("hs_", 300, true));
  const MirrorTable full = New(start);
  REQUIRE(ColumnsUsed(full) == 360);

  const MirrorTable next =
      Next(full, Joined(Joined(start, Many("later", 41)), {HubSpotDefined("hs_later")}));

  CHECK(ColumnsUsed(next) == 400);
  CHECK(HasColumnFor(next, "later1039"));
  CHECK_FALSE(HasColumnFor(next, "later1040"));
  CHECK_FALSE(HasColumnFor(next, "hs_later"));
  CHECK(ColumnOf(next, "hs_later").state == PropertyState::kFilling);
}

TEST_CASE("table layout: an archived property keeps column and type and counts as archived") {
  const MirrorTable table = New({Define("a", "number"), Define("b")});

  const MirrorTable next = Next(table, {Archived(Define("a", "string")), Define("b")});

  CHECK(ColumnOf(next, "a").definition->archived);
  CHECK(ColumnOf(next, "a").type == ColumnType::kNumeric);
  CHECK(HasColumnFor(next, "a"));
  CHECK_FALSE(WholeSet(next)->Index("a").has_value());
}

TEST_CASE("table layout: a property that is no longer listed at all counts as archived") {
  const MirrorTable table = New({Define("a")});
  CHECK(ColumnOf(Next(table, {}), "a").definition->archived);
  CHECK_FALSE(ColumnOf(Next(table, {}), "hs_object_id").definition->archived);
}

TEST_CASE("table layout: a property archived while it was filled needs filling no more") {
  const MirrorTable filling = Next(New({}), {Define("a")});
  REQUIRE(ColumnOf(filling, "a").state == PropertyState::kFilling);
  CHECK(ColumnOf(Next(filling, {}), "a").state == PropertyState::kCurrent);
}

TEST_CASE("table layout: a property archived before it was seen gets nothing") {
  const MirrorTable table = New({Archived(Define("a"))});
  CHECK(Names(table).size() == 3);
}

TEST_CASE("table layout: archived and created again, a property goes on in its column, filled") {
  const MirrorTable archived = Next(New({Define("a"), Define("b")}), {Define("b")});

  const MirrorTable again = Next(archived, {Define("a"), Define("b"), Archived(Define("a"))});

  CHECK(again.columns.size() == archived.columns.size());
  CHECK_FALSE(ColumnOf(again, "a").definition->archived);
  CHECK(ColumnOf(again, "a").state == PropertyState::kFilling);
}

TEST_CASE("table layout: a retype changes the column's type and fills it again") {
  const MirrorTable table = New({Define("a", "string")});

  const MirrorTable next = Next(table, {Define("a", "number")});

  CHECK(ColumnOf(next, "a").type == ColumnType::kNumeric);
  CHECK(ColumnOf(next, "a").state == PropertyState::kFilling);
  CHECK(ColumnOf(next, "a").column_name == "a");
}

TEST_CASE("table layout: types that are stored alike need no retype") {
  const MirrorTable next = Next(New({Define("a", "string")}), {Define("a", "enumeration")});
  CHECK(ColumnOf(next, "a").definition->type == "enumeration");
  CHECK(ColumnOf(next, "a").state == PropertyState::kCurrent);
}

TEST_CASE("table layout: labels and descriptions follow the portal") {
  PropertyDefinition renamed = Define("a");
  renamed.label = "A new label";
  const MirrorTable next = Next(New({Define("a")}), {renamed});
  CHECK(ColumnOf(next, "a").definition == renamed);
  CHECK(ColumnOf(next, "a").state == PropertyState::kCurrent);
}

TEST_CASE("table layout: a blocked retype is asked for again") {
  MirrorTable standing = New({Define("a", "string")});
  standing.columns[3].blocked_by = "view reports.deals";
  const MirrorTable next = Next(standing, {Define("a", "number")});
  CHECK(ColumnOf(next, "a").type == ColumnType::kNumeric);
  CHECK(ColumnOf(next, "a").blocked_by.empty());
}

TEST_CASE("table layout: what waits in overflow for its column gets it, what lives there stays") {
  MirrorTable standing = Next(New({}), {Define("a"), Define("b")});
  for (MirrorColumn& column : standing.columns) {
    if (column.property() == "a" || column.property() == "b") column.storage = Storage::kOverflow;
    if (column.property() == "a") column.blocked_by = "a lock on the table";
  }

  const MirrorTable next = Next(standing, {Define("a"), Define("b")});

  CHECK(HasColumnFor(next, "a"));
  CHECK(ColumnOf(next, "a").blocked_by.empty());
  CHECK_FALSE(HasColumnFor(next, "b"));
  CHECK(HasColumnFor(Next(standing, {Define("a"), Define("b")}, {"b"}), "b"));
}

TEST_CASE("table layout: every column name is unique and fits PostgreSQL") {
  Definitions definitions;
  for (const std::string name : {"id", "ID", "xmin", "_hash", "archived"}) {
    definitions.push_back(Define(name));
  }
  for (int i = 0; i < 50; ++i) {
    definitions.push_back(Define(std::string(60, 'x') + "_" + std::to_string(i) + "_long"));
  }
  const MirrorTable short_names = New(definitions);
  // Somebody calls a property just like the short name of another one.
  definitions.push_back(Define(ColumnOf(short_names, "xmin").column_name));

  const MirrorTable table = Next(short_names, definitions);

  std::vector<std::string> names;
  for (const MirrorColumn& column : table.columns) {
    CHECK(column.column_name.size() <= 63);
    names.push_back(column.column_name);
  }
  std::sort(names.begin(), names.end());
  CHECK(std::adjacent_find(names.begin(), names.end()) == names.end());
  CHECK(ColumnOf(table, "ID").column_name == "ID");
  CHECK(ColumnOf(table, "xmin") == ColumnOf(short_names, "xmin"));
}

TEST_CASE("layout: the id of an owner is a bigint, several of them a text") {
  CHECK(ColumnTypeOf({.name = "hubspot_owner_id", .type = "enumeration"}) == ColumnType::kInteger);
  CHECK(ColumnTypeOf({.name = "second",
                      .type = "string",
                      .field_type = "select",
                      .referenced_object_type = "OWNER"}) == ColumnType::kInteger);
  CHECK(ColumnTypeOf({.name = "hs_all_owner_ids",
                      .type = "enumeration",
                      .field_type = "checkbox",
                      .referenced_object_type = "OWNER"}) == ColumnType::kText);
}

TEST_CASE("table layout: what is asked for by name is a text until it is listed after all") {
  const PropertySelector all(Deals(), {}, "");
  const UnlistedProperties unlisted{.asked = {"hs_hidden"}, .shown = {}};
  const MirrorTable table = PlanLayout(Deals(), {Define("a")}, nullptr, {}, all, unlisted);
  REQUIRE(std::ranges::count(Names(table), "hs_hidden") == 1);
  const auto hidden = [](const MirrorTable& of) {
    return *std::ranges::find(of.columns, "hs_hidden", &MirrorColumn::property);
  };
  CHECK(hidden(table).type == ColumnType::kText);
  CHECK(hidden(table).storage == Storage::kColumn);
  CHECK_FALSE(hidden(table).definition->archived);

  const MirrorTable again = PlanLayout(Deals(), {Define("a")}, &table, {}, all, unlisted);
  CHECK(again.columns == table.columns);

  const MirrorTable listed =
      PlanLayout(Deals(), {Define("a"), Define("hs_hidden", "number")}, &table, {}, all, {});
  CHECK(hidden(listed).type == ColumnType::kNumeric);
  CHECK(hidden(listed).state == PropertyState::kFilling);

  // HubSpot leaves it out again: it stays what it is known to be.
  const MirrorTable unlisted_again = PlanLayout(Deals(), {Define("a")}, &listed, {}, all, unlisted);
  CHECK(hidden(unlisted_again).type == ColumnType::kNumeric);
  CHECK_FALSE(hidden(unlisted_again).definition->archived);
}

TEST_CASE("table layout: a name that vanished keeps its values until HubSpot answers with it") {
  const PropertySelector all(Deals(), {}, "");
  const MirrorTable table = New({Define("a"), Define("b")});
  const MirrorTable without = Next(table, {Define("a")});

  const auto b = [&](const UnlistedProperties& unlisted) {
    const MirrorTable next = PlanLayout(Deals(), {Define("a")}, &without, {}, all, unlisted);
    return *std::ranges::find(next.columns, "b", &MirrorColumn::property);
  };
  CHECK(b({.asked = {"b"}, .shown = {}}).definition->archived);
  CHECK_FALSE(b({.asked = {"b"}, .shown = {"b"}}).definition->archived);
  CHECK(b({.asked = {"b"}, .shown = {"b"}}).state == PropertyState::kFilling);
}
