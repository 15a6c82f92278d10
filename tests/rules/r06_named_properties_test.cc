#include <doctest/doctest.h>

#include <algorithm>

#include "support/stream_fixture.h"

using hubmirror::ApiError;
using hubmirror::ApiErrorKind;
using hubmirror::PropertyState;
using hubmirror::StepOutcome;
using hubmirror::testing::FakeHubSpot;
using hubmirror::testing::StreamFixture;

namespace {

bool NamedIn(const FakeHubSpot& hubspot, const std::string& what, const std::string& property) {
  return std::ranges::any_of(hubspot.requests, [&](const FakeHubSpot::Request& request) {
    return request.what == what && request.properties && request.properties->Index(property);
  });
}

bool IsHeld(const StreamFixture& stream, const std::string& text) {
  return std::ranges::any_of(stream.sink.rows, [&](const auto& item) {
    return item.second.line.find(text) != std::string::npos;
  });
}

bool HasColumn(const StreamFixture& stream, const std::string& property) {
  return std::ranges::any_of(stream.sink.table->columns, [&](const auto& column) {
    return column.property() == property && !column.definition->archived && !column.excluded;
  });
}

}  // namespace

TEST_CASE("R6: a property that is named is asked for though HubSpot does not list it") {
  StreamFixture stream;
  SUBCASE("columns") {
    stream.columns = {"hs_hidden"};
  }
  SUBCASE("indexes") {
    stream.indexes = {"lower(hs_hidden)"};
  }
  SUBCASE("history") {
    stream.history = {"hs_hidden"};
  }
  SUBCASE("include") {
    stream.selection = {.include = {"name", "hs_hidden"}};
  }
  SUBCASE("columns beside an include") {
    stream.selection = {.include = {"name"}};
    stream.columns = {"hs_hidden"};
  }
  stream.Restart();
  stream.hubspot.Put(1, {{"hs_hidden", "unlisted one"}});
  stream.Load();
  CHECK(HasColumn(stream, "hs_hidden"));
  CHECK(IsHeld(stream, "unlisted one"));

  stream.Pass();
  stream.hubspot.Put(2, {{"hs_hidden", "unlisted two"}});
  stream.Run(*stream.changes);
  CHECK(NamedIn(stream.hubspot, "batch", "hs_hidden"));
  CHECK(IsHeld(stream, "unlisted two"));
  CHECK(stream.facts().names->complaint.empty());
}

TEST_CASE("R6: an unlisted property that is named later is filled by a sweep, not by search") {
  StreamFixture stream;
  stream.hubspot.Put(1, {{"hs_hidden", "unlisted one"}});
  stream.Load();

  stream.columns = {"hs_hidden"};
  stream.Restart();
  stream.Run(*stream.catalog);
  stream.Run(*stream.fill);
  CHECK(stream.facts().sweep_wanted());
  stream.Run(*stream.sweep);
  CHECK(IsHeld(stream, "unlisted one"));
}

TEST_CASE("R6: a name that HubSpot refuses stops nothing, and is told with the next step") {
  StreamFixture stream;
  stream.columns = {"nmae", "hs_hidden"};
  stream.hubspot.refused_properties = {"nmae"};
  stream.Restart();
  stream.hubspot.Put(1, {{"name", "well"}, {"hs_hidden", "unlisted"}});
  stream.Load();

  CHECK_FALSE(HasColumn(stream, "nmae"));
  CHECK(IsHeld(stream, "well"));
  CHECK(IsHeld(stream, "unlisted"));
  CHECK(stream.facts().names->complaint ==
        "columns of companies names nmae, which HubSpot refuses: did you mean name? correct the "
        "name, or remove it");
  CHECK(stream.log.Count("selection.unmatched") == 1);
}

TEST_CASE("R6: a name that HubSpot never answers with is asked for, and told") {
  StreamFixture stream;
  stream.history = {"soore"};
  stream.Restart();
  stream.hubspot.Put(1, {{"score", "5"}});
  stream.hubspot.Put(2, {{"score", "6"}});
  stream.Load();

  CHECK(NamedIn(stream.hubspot, "list", "soore"));
  CHECK(stream.facts().names->complaint ==
        "history of companies names soore, which HubSpot does not list and no record has a value "
        "of: did you mean score? correct the name, or remove it");

  stream.clock.Advance(std::chrono::hours(2));
  stream.hubspot.Put(3, {{"soore", "hidden after all"}});
  stream.Run(*stream.catalog);
  CHECK(stream.facts().names->complaint.empty());
}

TEST_CASE("R6: a name that few records have a value of is no mistake") {
  StreamFixture stream;
  stream.columns = {"hs_rare", "soore"};
  stream.Restart();
  for (int64_t id = 1; id <= 400; ++id) stream.hubspot.Put(id, {{"score", "5"}});
  stream.hubspot.Put(300, {{"hs_rare", "the only one"}});
  // One page shows none: nothing is known yet.
  stream.Run(*stream.catalog);
  CHECK(stream.facts().names->complaint.empty());
  stream.Load();
  CHECK(IsHeld(stream, "the only one"));

  stream.clock.Advance(std::chrono::hours(2));
  stream.Run(*stream.catalog);
  const std::string told =
      "columns of companies names soore, which HubSpot does not list and no record has a value of: "
      "did you mean score? correct the name, or remove it";
  CHECK(stream.facts().names->complaint == told);
  // Nor is it forgotten by a look at the definitions alone.
  stream.Run(*stream.catalog);
  CHECK(stream.facts().names->complaint == told);
}

TEST_CASE("R6: a sensitive property is not asked for by being named") {
  StreamFixture stream;
  stream.columns = {"iban"};
  stream.hubspot.definitions.push_back(StreamFixture::Defined("iban", "string"));
  stream.hubspot.definitions.back().data_sensitivity = "sensitive";
  stream.Restart();
  stream.hubspot.Put(1, {{"iban", "private"}});
  stream.Load();

  CHECK_FALSE(IsHeld(stream, "private"));
  CHECK_FALSE(NamedIn(stream.hubspot, "list", "iban"));
  CHECK(stream.facts().names->complaint.find("sensitive: true") != std::string::npos);
}

TEST_CASE("R6: a failure while unlisted names are asked about is tried again, not believed") {
  StreamFixture stream;
  stream.columns = {"hs_hidden"};
  stream.Restart();
  stream.hubspot.Put(1, {{"hs_hidden", "unlisted"}});
  // Live, two kinds of sensitive and archived definitions are read; then the names fail.
  for (int step = 0; step < 4; ++step) StepOnce(*stream.catalog, stream.clock.Now());
  stream.hubspot.errors = {ApiError{.kind = ApiErrorKind::kBurstLimit, .status = 429}};
  const StepOutcome failed = StepOnce(*stream.catalog, stream.clock.Now());
  CHECK(failed.failure.has_value());
  stream.Load();
  CHECK(IsHeld(stream, "unlisted"));
}
