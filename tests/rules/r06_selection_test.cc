#include <doctest/doctest.h>

#include <algorithm>

#include "support/stream_fixture.h"

using namespace std::chrono_literals;
using hubmirror::ApiErrorKind;
using hubmirror::PropertyState;
using hubmirror::Secret;
using hubmirror::StepOutcome;
using hubmirror::ValueHasher;
using hubmirror::testing::FakeHubSpot;
using hubmirror::testing::StreamFixture;

namespace {

bool AsksFor(const FakeHubSpot& hubspot, const std::string& property) {
  return std::ranges::any_of(hubspot.requests, [&](const FakeHubSpot::Request& request) {
    return request.properties && request.properties->Index(property);
  });
}

int64_t AskedAs(const FakeHubSpot& hubspot, const std::string& sensitivity) {
  return std::ranges::count_if(hubspot.requests, [&](const FakeHubSpot::Request& request) {
    return request.sensitivity == sensitivity;
  });
}

bool Holds(const StreamFixture& stream, const std::string& text) {
  return std::ranges::any_of(stream.sink.rows, [&](const auto& item) {
    return item.second.line.find(text) != std::string::npos;
  });
}

}  // namespace

TEST_CASE("R6: what is left out is not asked for, by no job") {
  StreamFixture stream;
  stream.selection = {.exclude = {"na*", "hs_lastmodifieddate"}};
  stream.Restart();
  for (int64_t id = 1; id <= 150; ++id) stream.hubspot.Put(id, {{"name", "private"}});
  stream.Load();
  stream.Pass();
  stream.hubspot.Put(7, {{"name", "private"}, {"score", "5"}});
  stream.Run(*stream.changes);
  stream.context->RequestRefresh(hubmirror::RecordId{9});
  stream.Resolve();

  CHECK(stream.hubspot.Count("batch") > 0);
  CHECK_FALSE(AsksFor(stream.hubspot, "name"));
  CHECK(AsksFor(stream.hubspot, "score"));
  CHECK(AsksFor(stream.hubspot, "hs_lastmodifieddate"));
  CHECK_FALSE(Holds(stream, "private"));
}

TEST_CASE("R6: a newly included property is filled at once") {
  StreamFixture stream;
  stream.selection = {.exclude = {"name"}};
  stream.Restart();
  for (int64_t id = 1; id <= 250; ++id) stream.hubspot.Put(id, {{"name", "private"}});
  stream.Load();
  CHECK_FALSE(Holds(stream, "private"));

  stream.selection = {};
  stream.Restart();
  stream.Run(*stream.catalog);
  const int64_t lists = stream.hubspot.Count("list");
  stream.Run(*stream.fill);

  CHECK(stream.sink.rows.at(250).line.find("private") != std::string::npos);
  CHECK(stream.sink.filled == std::vector<std::string>{"name"});
  CHECK(stream.hubspot.Count("list") == lists);
}

TEST_CASE("R6: many newly included properties are read together, by a sweep") {
  StreamFixture stream;
  for (int n = 100; n < 120; ++n) {
    stream.hubspot.definitions.push_back(
        StreamFixture::Defined("extra_" + std::to_string(n), "string"));
  }
  stream.selection = {.exclude = {"extra_*"}};
  stream.Restart();
  for (int64_t id = 1; id <= 250; ++id) stream.hubspot.Put(id, {{"extra_119", "private"}});
  stream.Load();
  stream.Pass();

  stream.selection = {};
  stream.Restart();
  stream.Run(*stream.catalog);
  stream.Run(*stream.fill);
  CHECK(stream.facts().sweep_wanted());
  while (stream.facts().sweep_wanted()) StepOnce(*stream.sweep, stream.clock.Now());
  stream.Run(*stream.fill);
  stream.Pass();
  stream.Run(*stream.sweep);
  stream.Run(*stream.fill);

  CHECK(std::ranges::none_of(stream.hubspot.requests, [](const FakeHubSpot::Request& request) {
    return request.search.has_property.has_value();
  }));
  CHECK(stream.sink.filled.size() == 20);
  CHECK(stream.sink.rows.at(250).line.find("private") != std::string::npos);
}

TEST_CASE("R6: under a changed selection nothing is read before the table follows it") {
  StreamFixture stream;
  for (int64_t id = 1; id <= 50; ++id) stream.hubspot.Put(id, {{"name", "private"}});
  stream.Load();

  stream.selection = {.hash = {"name"}};
  stream.Restart();
  CHECK(stream.context->table().Now() == nullptr);
  CHECK_FALSE(stream.changes->Next(stream.clock.Now()));
  CHECK(stream.catalog->urgent());
  stream.Run(*stream.catalog);
  CHECK(stream.context->table().Now() != nullptr);
  stream.Run(*stream.fill);

  const auto hasher = ValueHasher::Make(*stream.hash_key);
  CHECK_FALSE(Holds(stream, "private"));
  CHECK(Holds(stream, hasher->Hash("private")));

  stream.Restart();
  CHECK(stream.context->table().Now() != nullptr);
}

TEST_CASE("R6: without its key a stream that hashes stands still and says why") {
  StreamFixture stream;
  stream.selection = {.hash = {"name"}};
  stream.hash_key = std::string("file:/k cannot be read");
  stream.Restart();
  stream.hubspot.Put(1, {{"name", "private"}});

  const StepOutcome outcome = stream.Run(*stream.catalog);

  REQUIRE(outcome.failure);
  CHECK(std::get<hubmirror::ApiError>(*outcome.failure).kind == ApiErrorKind::kSecret);
  CHECK(stream.sink.table == nullptr);
}

TEST_CASE("R6: another hash key makes all hashes anew") {
  StreamFixture stream;
  stream.selection = {.hash = {"name"}};
  stream.Restart();
  for (int64_t id = 1; id <= 50; ++id) stream.hubspot.Put(id, {{"name", "private"}});
  stream.Load();
  const std::string old_hash = ValueHasher::Make(*stream.hash_key)->Hash("private");
  CHECK(Holds(stream, old_hash));

  stream.hash_key = Secret("quite another key here");
  stream.Run(*stream.catalog);
  stream.Run(*stream.fill);

  CHECK_FALSE(Holds(stream, old_hash));
  CHECK(Holds(stream, ValueHasher::Make(*stream.hash_key)->Hash("private")));
}

TEST_CASE("R6: sensitive definitions are read only where the operator wants them") {
  StreamFixture stream;
  stream.hubspot.definitions.push_back(StreamFixture::Defined("iban", "string"));
  stream.hubspot.definitions.back().data_sensitivity = "sensitive";
  stream.hubspot.Put(1, {{"iban", "private"}});
  stream.Load();
  CHECK(AskedAs(stream.hubspot, "sensitive") + AskedAs(stream.hubspot, "highly_sensitive") == 0);
  CHECK_FALSE(AsksFor(stream.hubspot, "iban"));

  stream.selection = {.sensitive = true};
  stream.Restart();
  stream.Run(*stream.catalog);
  stream.Run(*stream.fill);
  CHECK(AskedAs(stream.hubspot, "sensitive") == 1);
  CHECK(AskedAs(stream.hubspot, "highly_sensitive") == 1);
  CHECK(Holds(stream, "private"));
}

TEST_CASE("R6: a name that no property has is told once, with the one that was perhaps meant") {
  StreamFixture stream;
  stream.selection = {.exclude = {"nmae"}};
  stream.Restart();
  stream.Run(*stream.catalog);
  stream.catalog->Restart();
  stream.Run(*stream.catalog);

  CHECK(stream.log.Count("selection.unmatched") == 1);
  CHECK(std::ranges::any_of(stream.log.messages(), [](const std::string& message) {
    return message.find("nmae") != std::string::npos &&
           message.find("did you mean name?") != std::string::npos;
  }));
}
