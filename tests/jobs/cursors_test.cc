#include <doctest/doctest.h>

#include "jobs/changes/changes_cursor.h"
#include "jobs/changes/resolve_job.h"
#include "jobs/links/links_job.h"
#include "jobs/reference/reference_job.h"
#include "jobs/walk/fill_job.h"
#include "jobs/walk/verify_job.h"

using namespace hubmirror;
using namespace std::chrono_literals;

TEST_CASE("cursors read back as they were written") {
  const WalkCursor walk{
      .ranges = {{.next = 5, .end = 900, .after = "6"}, {.next = 900, .after = "899"}},
      .records_done = 17,
      .records_expected = 40,
      .ordered = true};
  CHECK(ParseWalkCursor(ToText(walk)) == walk);

  const ChangesCursor changes{.followed_to = TimePoint{5ms},
                              .until = TimePoint{9ms},
                              .from = TimePoint{1ms},
                              .last = RecordId{77}};
  CHECK(ParseChangesCursor(ToText(changes)) == changes);

  const FillCursor fill{.property = "tier", .last = RecordId{3}};
  CHECK(ParseFillCursor(ToText(fill)) == fill);

  VerifyCursor verify{.walk = walk, .report = {}, .repair = true};
  verify.report.list_pages = 12;
  verify.report.batch_reads = 2;
  verify.report.checked = 1200;
  verify.report.left = 3;
  verify.report.absent = {RecordId{5}, RecordId{9}};
  const auto again = ParseVerifyCursor(ToText(verify));
  REQUIRE(again);
  CHECK(again->walk == walk);
  CHECK(again->report.Text() == verify.report.Text());
  CHECK(again->report.absent == verify.report.absent);
  CHECK(again->repair);
  CHECK(again->report.list_pages == 12);
  CHECK(again->report.batch_reads == 2);

  const ResolveCursor resolve{.sweep = "171", .marked_gone = 4, .accepted = true};
  CHECK(ParseResolveCursor(ToText(resolve)) == resolve);
}

TEST_CASE("text that is not a cursor is refused, not guessed") {
  for (const char* text : {"", "null", "[]", "{", "7", "{\"ranges\":7}", "{\"ranges\":[{}]}"}) {
    CAPTURE(text);
    CHECK_FALSE(ParseWalkCursor(text));
    CHECK_FALSE(ParseChangesCursor(text));
    CHECK_FALSE(ParseVerifyCursor(text));
  }
}
