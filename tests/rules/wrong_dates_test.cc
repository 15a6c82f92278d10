#include <doctest/doctest.h>

#include "support/stream_fixture.h"

using namespace std::chrono_literals;
using hubmirror::JobKind;
using hubmirror::ParseChangesCursor;
using hubmirror::TimePoint;
using hubmirror::testing::StreamFixture;

namespace {

constexpr TimePoint kYear2038{std::chrono::sys_days{std::chrono::year{2038} / 1 / 19}};

bool Has(StreamFixture& stream, int64_t id, const std::string& text) {
  return stream.sink.rows.at(id).line.find(text) != std::string::npos;
}

void Poll(StreamFixture& stream) {
  stream.Pass(10s);
  stream.Run(*stream.changes);
}

}  // namespace

TEST_CASE("dates: one answer of the year 2038 stops no changes") {
  StreamFixture stream;
  stream.hubspot.Put(1, {{"name", "old"}});
  stream.Load();
  Poll(stream);

  stream.hubspot.dates = {kYear2038};
  stream.clock.Advance(10s);
  stream.Run(*stream.changes);
  CHECK(*stream.changes->watermark() <= stream.clock.WallNow());

  stream.Pass(1h);
  stream.hubspot.Put(1, {{"name", "new"}});
  Poll(stream);
  CHECK(Has(stream, 1, "new"));
}

TEST_CASE("dates: an answer from a host whose clock is slow takes nothing back") {
  StreamFixture stream;
  stream.hubspot.Put(1, {{"name", "old"}});
  stream.Load();
  stream.Pass(2h);
  Poll(stream);
  const auto verified = *stream.changes->watermark();

  stream.hubspot.dates = {stream.clock.WallNow() - 2min};
  stream.clock.Advance(10s);
  stream.Run(*stream.changes);

  CHECK(*stream.changes->watermark() >= verified);
}

TEST_CASE("dates: a cursor that was stored by a wrong clock is left, and the list is walked") {
  StreamFixture stream;
  stream.hubspot.Put(1, {{"name", "old"}});
  stream.Load();
  Poll(stream);
  // Three answers may agree and be wrong all the same.
  stream.hubspot.dates = {kYear2038, kYear2038, kYear2038, kYear2038};
  stream.hubspot.Tell();
  stream.hubspot.Tell();
  stream.hubspot.Tell();
  stream.clock.Advance(1min);
  stream.Run(*stream.changes);
  REQUIRE(ParseChangesCursor(stream.sink.progress[JobKind::kChanges].cursor)->followed_to ==
          kYear2038);

  stream.Restart();
  for (int i = 0; i < 3; ++i) stream.hubspot.Tell();
  stream.hubspot.Put(1, {{"name", "newer"}});
  Poll(stream);

  CHECK(stream.facts().sweep_wanted());
  CHECK_FALSE(stream.changes->watermark());
  stream.hubspot.Put(1, {{"name", "newest"}});
  Poll(stream);
  CHECK(Has(stream, 1, "newest"));

  stream.Run(*stream.sweep);
  Poll(stream);
  CHECK(stream.changes->watermark() == stream.clock.WallNow());
}

TEST_CASE("dates: a walk that heard of 2038 once does not end then") {
  StreamFixture stream;
  stream.hubspot.Put(1, {{"name", "old"}});
  stream.Run(*stream.catalog);
  stream.hubspot.Tell();
  stream.hubspot.dates = {kYear2038, kYear2038};
  stream.Run(*stream.sweep);
  CHECK(*stream.sink.progress[JobKind::kSweep].last_complete_at <= stream.clock.WallNow());
}
