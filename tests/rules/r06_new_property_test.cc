#include <doctest/doctest.h>

#include "support/stream_fixture.h"

using namespace std::chrono_literals;
using hubmirror::ApiError;
using hubmirror::ApiErrorKind;
using hubmirror::testing::StreamFixture;

TEST_CASE("R6: the values of a new property are filled for the records that have one") {
  StreamFixture stream;
  for (int64_t id = 1; id <= 500; ++id) stream.hubspot.Put(id);
  stream.Load();
  stream.hubspot.definitions.push_back(StreamFixture::Defined("tier", "string"));
  for (int64_t id = 1; id <= 250; ++id) stream.hubspot.Calculate(id, "tier", "gold");

  stream.Run(*stream.catalog);
  stream.Run(*stream.fill);

  CHECK(stream.sink.rows.at(250).line.find("gold") != std::string::npos);
  CHECK(stream.sink.filled == std::vector<std::string>{"tier"});
}

TEST_CASE("R6: a property that cannot be searched is filled by a sweep") {
  StreamFixture stream;
  for (int64_t id = 1; id <= 50; ++id) stream.hubspot.Put(id);
  stream.Load();
  stream.Pass();
  stream.hubspot.definitions.push_back(StreamFixture::Defined("tier", "string"));
  stream.hubspot.Calculate(7, "tier", "gold");
  stream.Run(*stream.catalog);

  stream.hubspot.errors.push_back({.kind = ApiErrorKind::kBadRequest});
  stream.Run(*stream.fill);
  CHECK(stream.facts().sweep_wanted());
  CHECK(stream.sink.filled.empty());

  // The sweep begins, fill notices, the sweep ends.
  StepOnce(*stream.sweep, stream.clock.Now());
  stream.Run(*stream.fill);
  stream.Pass();
  stream.Run(*stream.sweep);
  stream.Run(*stream.fill);
  CHECK(stream.sink.rows.at(7).line.find("gold") != std::string::npos);
  CHECK(stream.sink.filled == std::vector<std::string>{"tier"});
}

TEST_CASE("R6: a sweep that begins and ends between two looks has filled all the same") {
  StreamFixture stream;
  for (int64_t id = 1; id <= 50; ++id) stream.hubspot.Put(id);
  stream.Load();
  stream.Pass();
  stream.hubspot.definitions.push_back(StreamFixture::Defined("tier", "string"));
  stream.hubspot.Calculate(7, "tier", "gold");
  stream.Run(*stream.catalog);
  stream.hubspot.errors.push_back({.kind = ApiErrorKind::kBadRequest});
  stream.Run(*stream.fill);

  stream.Run(*stream.sweep);
  stream.Run(*stream.fill);

  CHECK(stream.sink.rows.at(7).line.find("gold") != std::string::npos);
  CHECK(stream.sink.filled == std::vector<std::string>{"tier"});
}

TEST_CASE("R6: a sweep that was under way when it was wanted fills nothing") {
  StreamFixture stream;
  for (int64_t id = 1; id <= 300; ++id) stream.hubspot.Put(id);
  stream.Load();
  stream.Pass();
  StepOnce(*stream.sweep, stream.clock.Now());
  StepOnce(*stream.sweep, stream.clock.Now());
  stream.hubspot.definitions.push_back(StreamFixture::Defined("tier", "string"));
  stream.hubspot.Calculate(7, "tier", "gold");
  stream.Run(*stream.catalog);
  stream.hubspot.errors.push_back({.kind = ApiErrorKind::kBadRequest});
  stream.Run(*stream.fill);

  stream.Run(*stream.sweep);
  stream.Run(*stream.fill);
  CHECK(stream.sink.filled.empty());

  stream.Pass();
  stream.Run(*stream.sweep);
  stream.Run(*stream.fill);
  CHECK(stream.sink.filled == std::vector<std::string>{"tier"});
}

TEST_CASE("R6: a walk keeps the property set it began with") {
  StreamFixture stream;
  for (int64_t id = 1; id <= 300; ++id) stream.hubspot.Put(id, {{"tier", "gold"}});
  stream.Run(*stream.catalog);
  StepOnce(*stream.sweep, stream.clock.Now());
  StepOnce(*stream.sweep, stream.clock.Now());
  StepOnce(*stream.sweep, stream.clock.Now());

  stream.hubspot.definitions.push_back(StreamFixture::Defined("tier", "string"));
  stream.Run(*stream.catalog);
  stream.Run(*stream.sweep);

  CHECK(stream.sink.rows.at(300).line.find("gold") == std::string::npos);
}

TEST_CASE("R6: one short list of properties archives none") {
  StreamFixture stream;
  stream.hubspot.Put(1, {{"score", "5"}});
  stream.Load();
  const auto archived = [&] {
    return std::ranges::count_if(stream.sink.table->columns,
                                 [](const auto& column) { return column.definition->archived; });
  };

  stream.hubspot.short_definitions = 1;
  stream.Run(*stream.catalog);
  CHECK(archived() == 0);

  stream.hubspot.definitions.pop_back();
  stream.Run(*stream.catalog);
  CHECK(archived() == 1);
}
