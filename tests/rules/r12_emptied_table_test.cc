#include <doctest/doctest.h>

#include "support/stream_fixture.h"

using namespace std::chrono_literals;
using hubmirror::testing::StreamFixture;

TEST_CASE("R12: a table that holds less than nine tenths of the portal's records is swept now") {
  StreamFixture stream;
  for (int64_t id = 1; id <= 200; ++id) stream.hubspot.Put(id);
  stream.Load();
  for (int64_t id = 1; id <= 30; ++id) stream.sink.rows.erase(id);

  stream.Pass(2h);
  stream.Run(*stream.catalog);

  CHECK(stream.facts().sweep_wanted());
  stream.Run(*stream.sweep);
  CHECK(stream.sink.rows.size() == 200);
}

TEST_CASE("R12: a whole table is not swept before its time") {
  StreamFixture stream;
  for (int64_t id = 1; id <= 200; ++id) stream.hubspot.Put(id);
  stream.Load();

  stream.Pass(2h);
  stream.Run(*stream.catalog);

  CHECK_FALSE(stream.facts().sweep_wanted());
}
