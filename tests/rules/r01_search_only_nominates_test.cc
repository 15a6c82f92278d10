#include <doctest/doctest.h>

#include "support/stream_fixture.h"

using namespace std::chrono_literals;
using hubmirror::testing::StreamFixture;

TEST_CASE("R1: a change found by search is read from the primary store") {
  StreamFixture stream;
  stream.hubspot.Put(1, {{"name", "old"}});
  stream.Load();
  stream.Pass(1min);

  stream.hubspot.Put(1, {{"name", "new"}});
  stream.Pass();
  stream.Run(*stream.changes);

  CHECK(stream.sink.rows.at(1).line.find("new") != std::string::npos);
  CHECK(stream.hubspot.Count("batch") == 1);
}

TEST_CASE("R1: an id whose stamp is not newer than the stored one is not read again") {
  StreamFixture stream;
  stream.hubspot.Put(1);
  stream.Load();

  stream.Run(*stream.changes);

  CHECK(stream.hubspot.Count("search") >= 1);
  CHECK(stream.hubspot.Count("batch") == 0);
}

TEST_CASE("R1: an answer older than its nomination leaves the id pending") {
  StreamFixture stream;
  stream.hubspot.Put(1);
  stream.Load();
  stream.Pass(1min);

  stream.hubspot.index[1] = stream.clock.WallNow();
  stream.Pass();
  stream.Run(*stream.changes);

  CHECK(stream.sink.waiting.contains(1));
}

TEST_CASE("R1: a record the index shows but the primary store does not is not written") {
  StreamFixture stream;
  stream.hubspot.Put(1);
  stream.Load();
  stream.Pass(1min);

  stream.hubspot.Put(2);
  stream.hubspot.Erase(2);
  stream.Pass();
  stream.Run(*stream.changes);

  CHECK_FALSE(stream.sink.rows.contains(2));
  CHECK(stream.sink.waiting.contains(2));
}
