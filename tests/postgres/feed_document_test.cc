#include <doctest/doctest.h>

#include <algorithm>

#include "postgres/feed_fixture.h"
#include "support/document.h"

namespace hubmirror::testing {
namespace {

TEST_CASE_FIXTURE(FeedFixture, "feed document: its examples run one after another, as a consumer") {
  SharedServer().Run("DROP ROLE IF EXISTS feed_document; CREATE ROLE feed_document LOGIN");
  PortalPlan asking = plan();
  asking.feed = {.enabled = true, .roles = {"feed_document"}};
  asking.readers = {"feed_document"};
  Open(asking);
  sink().Claim();
  // Logical decoding needs a server of its own, and has a test of its own.
  const std::string document = std::string(PROJECT_DIR) + "/docs/feed.md";
  auto blocks = BlocksOf(document, "sql");
  std::erase_if(blocks,
                [decoding = BlocksOf(document, "sql", "Logical decoding")](const auto& sql) {
                  return std::ranges::find(decoding, sql) != decoding.end();
                });
  REQUIRE(blocks.size() == 7);
  Session consumer(SharedServer().Dsn("feed_document", database()));

  consumer.Run(blocks[0]);
  const std::string last = Value("SELECT max(seq) FROM acme.changes");
  Value("INSERT INTO acme.changes (seq, tx, object, id, op, pipeline, before, after) VALUES (" +
        last +
        " + 1, 1, 'deals', 7, 'update', 'default', '{\"dealstage\":\"new\"}',"
        " '{\"dealstage\":\"closedwon\"}')");
  consumer.Run(blocks[1]);
  CHECK(Value("SELECT seq - " + last + " FROM acme.feed_consumers WHERE name = 'billing'") == "1");
  CHECK(consumer.Run("SELECT id FROM (" + blocks[2].substr(0, blocks[2].find(';')) + ") won") !=
        "");
  for (size_t i = 3; i < blocks.size(); ++i) {
    CAPTURE(blocks[i]);
    CHECK_NOTHROW(consumer.Run(blocks[i]));
  }
  CHECK(Value("SELECT string_agg(name, ',') FROM acme.feed_consumers") == "copy");
  Value("DROP OWNED BY feed_document; DROP ROLE feed_document");
}

}  // namespace
}  // namespace hubmirror::testing
