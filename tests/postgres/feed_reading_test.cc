#include <doctest/doctest.h>

#include "postgres/feed_fixture.h"

namespace hubmirror::testing {
namespace {

struct ReadingFixture : FeedFixture {
  std::string Read(int most = 500) const {
    return List("seq - " + std::to_string(today),
                "FROM acme.feed_read('billing', " + std::to_string(most) + ")");
  }
  void Ack(int64_t number) { Value("SELECT acme.feed_ack('billing', " + Seq(number) + ")"); }
  /// As retention does it, in two steps.
  void RaiseTo(int64_t number) { Value("UPDATE acme._feed SET dropped_to = " + Seq(number)); }

  Connection other{{.dsn = dsn(), .password = {}}};
};

TEST_CASE_FIXTURE(ReadingFixture, "feed: a consumer reads on from where it acked, in order") {
  Note(1, 3);
  Value("SELECT acme.feed_start('billing')");
  CHECK(Read() == "");
  Note(4, 9);

  CHECK(Read(2) == "4;5");
  CHECK(Read(2) == "4;5");
  Ack(5);
  CHECK(Read() == "6;7;8;9");
  CHECK(StandOf("billing") == 5);
  CHECK(Value("SELECT acked_at > created_at FROM acme.feed_consumers") == "t");
}

TEST_CASE_FIXTURE(ReadingFixture,
                  "feed: a consumer may start at the oldest entry, or at a number") {
  Note(1, 4);

  CHECK(Value("SELECT acme.feed_start('billing', from_seq => 0)") == Seq(-1));
  CHECK(Read() == "0;1;2;3;4");
  CHECK(Value("SELECT acme.feed_start('late', " + Seq(3) + ")") == Seq(3));
  // A service says it at each start of its own.
  Ack(2);
  CHECK(Value("SELECT acme.feed_start('billing', from_seq => 0)") == Seq(2));
}

TEST_CASE_FIXTURE(ReadingFixture, "feed: a consumer of an empty feed meets its first epoch") {
  Clear();
  CHECK(Value("SELECT acme.feed_start('billing')") == "0");
  CHECK(Read() == "");
  NoteEpoch(0, -today);
  Note(1, 1);
  CHECK(Read() == "0;1");
}

TEST_CASE_FIXTURE(ReadingFixture, "feed: start and tables in one REPEATABLE READ leave no gap") {
  Note(1, 3);
  Session snapshot(dsn());
  snapshot.Run("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM acme.properties");
  Note(4, 5);

  CHECK(snapshot.Run("SELECT acme.feed_start('billing')") == Seq(3));
  snapshot.Run("COMMIT");
  CHECK(Read() == "4;5");
}

TEST_CASE_FIXTURE(ReadingFixture,
                  "feed: an ack moves forwards only, and not beyond the last entry") {
  Value("SELECT acme.feed_start('billing')");
  Note(1, 5);
  Ack(4);

  CHECK(Value("SELECT acme.feed_ack('billing', " + Seq(2) + ")") == Seq(4));
  CHECK(StandOf("billing") == 4);
  CHECK(Says(FailureOf(other, "SELECT acme.feed_ack('billing', " + Seq(6) + ")"), "22003"));
  CHECK(StandOf("billing") == 4);
}

TEST_CASE_FIXTURE(ReadingFixture,
                  "feed: what is rolled back is read again, with its effects undone") {
  Value("CREATE TABLE public.done (seq bigint)");
  Value("SELECT acme.feed_start('billing')");
  Note(1, 2);
  const std::string work =
      "INSERT INTO public.done SELECT seq FROM acme.feed_read('billing');"
      "SELECT acme.feed_ack('billing', max(seq)) FROM public.done";

  Session session(dsn());
  session.Run("BEGIN; " + work);
  session.Run("ROLLBACK");
  session.Run("BEGIN; " + work);
  session.Run("COMMIT");
  session.Run("BEGIN; " + work);
  session.Run("COMMIT");

  CHECK(Value("SELECT count(*) FROM public.done") == "2");
}

TEST_CASE_FIXTURE(ReadingFixture, "feed: the second reader of a name is sent away at once") {
  Value("SELECT acme.feed_start('billing'); SELECT acme.feed_start('other')");
  Note(1, 2);
  Session first(dsn());
  first.Run("BEGIN; SELECT * FROM acme.feed_read('billing')");

  for (const std::string& call : {std::string("SELECT * FROM acme.feed_read('billing')"),
                                  "SELECT acme.feed_ack('billing', " + Seq(1) + ")",
                                  std::string("SELECT acme.feed_reset('billing')"),
                                  std::string("SELECT acme.feed_drop('billing')")}) {
    CAPTURE(call);
    CHECK(Says(FailureOf(other, call), "55P03"));
  }
  CHECK(FailureOf(other, "SELECT * FROM acme.feed_read('other')") == "none");
  first.Run("COMMIT");
  CHECK(Read() == "1;2");
}

TEST_CASE_FIXTURE(ReadingFixture, "feed: a consumer that is not there is told how it starts") {
  const std::string failure = FailureOf(other, "SELECT * FROM acme.feed_read('nobody')");
  CHECK(Says(failure, "42704"));
  CHECK(Says(failure, "nobody"));
  CHECK(Value("SELECT acme.feed_drop('nobody')") == "f");
}

TEST_CASE_FIXTURE(ReadingFixture, "feed: a name that would not fit a label is refused") {
  CHECK(Says(FailureOf(other, "SELECT acme.feed_start('bad \"name\"')"), "23514"));
  CHECK(Says(FailureOf(other, "SELECT acme.feed_start('')"), "23514"));
}

TEST_CASE_FIXTURE(ReadingFixture, "feed: an epoch that follows what was read is no gap") {
  Value("SELECT acme.feed_start('billing')");
  Note(1, 3);
  NoteEpoch(1000, 3);
  Note(1001, 1001);

  Ack(3);
  CHECK(Read() == "1000;1001");
  // A failover that lost the last entry: the consumer outside has gone on, the epoch follows less.
  StandAt(5);
  CHECK(Read() == "1000;1001");
}

TEST_CASE_FIXTURE(ReadingFixture,
                  "feed: a consumer below what was dropped is told, until a person moves it") {
  Value("SELECT acme.feed_start('billing')");
  Note(1, 9);
  Ack(2);
  RaiseTo(5);

  for (int i = 0; i < 2; ++i) {
    const std::string failure = FailureOf(other, "SELECT * FROM acme.feed_read('billing')");
    CHECK(Says(failure, "HM001"));
    CHECK(Says(failure, Seq(2)));
    CHECK(Says(failure, Seq(5)));
  }
  CHECK(Says(FailureOf(other, "SELECT acme.feed_ack('billing', " + Seq(3) + ")"), "HM001"));
  CHECK(StandOf("billing") == 2);
  CHECK(Says(FailureOf(other, "SELECT acme.feed_reset('billing', " + Seq(4) + ")"), "22003"));
  CHECK(Value("SELECT acme.feed_reset('billing', 0)") == Seq(5));
  CHECK(Read() == "6;7;8;9");
  CHECK(Value("SELECT acme.feed_reset('billing')") == Seq(9));
  CHECK(Read() == "");
}

TEST_CASE_FIXTURE(ReadingFixture,
                  "feed: whoever has read all that was dropped is not lost by its ack") {
  Value("SELECT acme.feed_start('billing')");
  Note(1, 9);
  Session slow(dsn());
  slow.Run("BEGIN; SELECT * FROM acme.feed_read('billing')");
  RaiseTo(5);

  slow.Run("SELECT acme.feed_ack('billing', " + Seq(9) + "); COMMIT");

  CHECK(Read() == "");
}

TEST_CASE_FIXTURE(ReadingFixture, "feed: a snapshot older than a drop sees an error, never a gap") {
  MakeDay(-1);
  Value("SELECT acme.feed_start('billing')");
  Clear();
  Note(-9, -1);
  NoteEpoch(1000, -1);
  StandAt(-5);
  const std::string read = "SELECT * FROM acme.feed_read('billing')";
  other.Begin("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM acme._portal");
  RaiseTo(-1);
  Value("DROP TABLE acme." + FeedPartition(FeedDayOf(today) - 1));

  const std::string failure = FailureOf(other, read);

  CHECK(Says(failure, "HM001"));
  CHECK(Says(failure, Seq(-5)));
  CHECK(Says(failure, Seq(-1)));
}

TEST_CASE_FIXTURE(ReadingFixture,
                  "feed: whoever keeps a number of its own asks for dropped_to after it read") {
  MakeDay(-1);
  Note(-9, -1);
  NoteEpoch(1000, -1);
  RaiseTo(-1);

  CHECK(Value("SELECT dropped_to > " + Seq(-5) + " FROM acme._feed") == "t");
  CHECK(Value("SELECT dropped_to > " + Seq(-1) + " FROM acme._feed") == "f");
}

TEST_CASE_FIXTURE(ReadingFixture, "feed: stages that records came to, with their labels") {
  Value(
      "INSERT INTO acme.pipeline_stages (object, pipeline_id, id, label) VALUES"
      " ('deals', 'default', 'a', 'New'), ('deals', 'default', 'b', 'Won'),"
      " ('deals', 'other', 'a', 'Elsewhere'), ('tickets', '0', '1', 'Open')");
  Value("INSERT INTO acme.changes (seq, tx, object, id, op, pipeline, before, after) VALUES" +
        std::string(" (") + Seq(1) +
        ", 1, 'deals', 7, 'update', 'default',"
        " '{\"dealstage\":\"a\"}', '{\"dealstage\":\"b\",\"amount\":\"5\"}'), (" +
        Seq(2) +
        ", 1, 'deals', 8, 'update', 'default', '{\"amount\":\"5\"}',"
        " '{\"amount\":null}'), (" +
        Seq(3) +
        ", 1, 'deals', 9, 'update', 'default',"
        " '{\"dealstage\":\"a\",\"pipeline\":\"other\"}',"
        " '{\"dealstage\":\"b\",\"pipeline\":\"default\"}'), (" +
        Seq(4) + ", 1, 'tickets', 1, 'create', '0', NULL, '{\"hs_pipeline_stage\":\"1\"}'), (" +
        Seq(5) +
        ", 1, 'deals', 10, 'update', 'default', '{\"dealstage\":\"b\"}',"
        " '{\"dealstage\":\"gone\"}')");

  CHECK(List("object, id, coalesce(from_stage, '-'), to_stage, coalesce(from_label, '-'),"
             " coalesce(to_label, '-')",
             "FROM acme.stage_changes ORDER BY seq") ==
        "deals|7|a|b|New|Won;deals|9|a|b|Elsewhere|Won;tickets|1|-|1|-|Open;"
        "deals|10|b|gone|Won|-");
}

}  // namespace
}  // namespace hubmirror::testing
