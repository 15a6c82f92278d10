#include "support/feed_copy.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <random>

#include "postgres/mirror_fixture.h"

namespace hubmirror::testing {
namespace {

using namespace std::chrono_literals;

/// A portal in which anything happens, in the way the jobs would write it.
struct BusyPortal : MirrorFixture {
  BusyPortal() {
    PortalPlan with_feed = plan();
    with_feed.feed = {.enabled = true, .everything = true};
    Open(with_feed);
    MakeContacts({Property("a"), Property("b"), Property("n", ColumnType::kNumeric),
                  Property("d", ColumnType::kTimestamp),
                  Property("o", ColumnType::kText, Storage::kOverflow),
                  Property("p", ColumnType::kText, Storage::kOverflow)});
  }

  int64_t Pick(int64_t below) {
    return static_cast<int64_t>(random() % static_cast<uint64_t>(below));
  }
  int64_t AnyId() { return 1 + Pick(kRecords); }

  Told AnyRecord() {
    Told told{.id = AnyId(), .modified = Second(1'600'000'000 + ++stamp)};
    for (const char* name : {"a", "b", "o", "p"}) {
      if (Pick(3) > 0) told.values[name] = std::to_string(Pick(4));
    }
    if (Pick(3) > 0) told.values["n"] = Pick(2) == 0 ? "1.50" : "1.5";
    if (Pick(3) > 0) told.values["d"] = "2024-01-0" + std::to_string(1 + Pick(3)) + "T00:00:00Z";
    if (Pick(40) == 0) told.values["a"] = std::string(9000 + static_cast<size_t>(Pick(3)), 'x');
    told.archived = Pick(8) == 0;
    if (Pick(10) == 0) told.merged_ids = {AnyId()};
    return told;
  }

  void WriteAny(ChangeCause cause = ChangeCause::kChanges) {
    Commit commit = NewCommit();
    commit.cause = cause;
    commit.load_began = Second(1'500'000'000);
    std::vector<Told> records;
    for (int64_t i = Pick(Pick(20) == 0 ? 400 : 6); i >= 0; --i) records.push_back(AnyRecord());
    switch (Pick(8)) {
      case 0:
        commit.rows.push_back(PartialBatch({"lastmodifieddate", "a", "o"}, records));
        break;
      case 1:
        commit.loads = true;
        [[fallthrough]];
      default:
        commit.rows.push_back(Batch(records));
    }
    for (int64_t i = Pick(12); i < 2; ++i) {
      commit.fates.push_back({.id = RecordId{AnyId()},
                              .kind = static_cast<Fate::Kind>(Pick(3)),
                              .merged_into = RecordId{AnyId()},
                              .at = Second(1'700'000'000)});
    }
    sink().Write(commit);
    clock().Advance(1s);
  }

  void WriteAnyLinks() {
    LinkCommit commit{.pair = {contacts()->object, contacts()->object},
                      .at = Second(1'640'000'000 + 10 * ++stamp)};
    const RecordId from{AnyId()};
    commit.read = {from};
    for (int64_t i = Pick(4); i > 0; --i) {
      commit.links.push_back(
          {from, RecordId{AnyId()}, {"USER_DEFINED", 1 + Pick(2), Pick(2) == 0 ? "boss" : ""}});
    }
    sink().WriteLinks(commit);
  }

  /// Takes the values of `b` away, in one of the ways in which that happens, and has some of them
  /// read again while other things go on.
  void FillAnew() {
    MirrorTable wanted = *contacts();
    const auto b = std::ranges::find(wanted.columns, "b", &MirrorColumn::property);
    switch (Pick(3)) {
      case 0:
        Value("ALTER TABLE acme.contacts DROP COLUMN b CASCADE");
        break;
      case 1:
        b->excluded = true;
        set_contacts(sink().ApplyLayout(wanted));
        b->excluded = false;
        break;
      default:
        b->type = b->type == ColumnType::kText ? ColumnType::kNumeric : ColumnType::kText;
    }
    b->state = PropertyState::kFilling;
    set_contacts(sink().ApplyLayout(wanted));
    for (int i = 0; i < 20; ++i) WriteAny(i % 2 == 0 ? ChangeCause::kFill : ChangeCause::kChanges);
    set_contacts(sink().MarkFilled(contacts()->object, {"b"}));
  }

  static constexpr int64_t kRecords = 60;
  std::mt19937_64 random{7};
  int64_t stamp = 0;
};

TEST_CASE_FIXTURE(BusyPortal, "the tables at the start and the entries make the tables") {
  FeedCopy copy(dsn(), "acme");
  for (int i = 0; i < 40; ++i) WriteAny();
  copy.Take();
  int64_t applied = 0;
  for (int i = 0; i < 1500; ++i) {
    if (i % 3 == 2) {
      WriteAnyLinks();
    } else {
      WriteAny();
    }
    if (i % 200 == 199) sink().Claim();
    if (i % 100 != 99) continue;
    CAPTURE(i);
    applied += copy.Follow();
    REQUIRE(copy.Differences() == "");
  }
  CHECK(applied > 5000);
  for (const char* op : {"create", "update", "archive", "restore", "merge", "purge", "erase",
                         "link", "unlink", "relabel", "epoch"}) {
    CAPTURE(op);
    CHECK(Value("SELECT count(*) > 0 FROM acme.changes WHERE op = '" + std::string(op) + "'") ==
          "t");
  }
}

TEST_CASE_FIXTURE(BusyPortal, "so they do where values went and came back") {
  FeedCopy copy(dsn(), "acme");
  for (int i = 0; i < 40; ++i) WriteAny();
  copy.Take();
  for (int i = 0; i < 20; ++i) {
    CAPTURE(i);
    FillAnew();
    if (i % 2 == 0) copy.Follow();
    for (int n = 0; n < 5; ++n) WriteAny();
    copy.Follow();
    REQUIRE(copy.Differences() == "");
  }
  const std::string filled =
      "FROM acme.changes WHERE op = 'update' AND cause = 'fill' AND after ? 'b'";
  CHECK(Value("SELECT count(*) > 100 " + filled) == "t");
  CHECK(Value("SELECT count(*) " + filled + " AND before->'b' = 'null'") == "0");
}

TEST_CASE_FIXTURE(BusyPortal, "a copy tells a feed that is not true") {
  Write({{.id = 1, .values = {{"a", "x"}}}});
  const auto said = [&](const std::string& forged) -> std::string {
    FeedCopy copy(dsn(), "acme");
    copy.Take();
    Value(
        "INSERT INTO acme.changes (seq, tx, object, id, op, before, after) SELECT seq, seq, o, 1,"
        " p, b, a FROM (SELECT max(seq) + " +
        forged + " FROM acme.changes) f(seq, o, p, b, a)");
    try {
      copy.Follow();
      return copy.Differences();
    } catch (const std::runtime_error& error) {
      return error.what();
    }
  };
  CHECK(said(R"(1, 'contacts', 'update', '{"a": "y"}'::jsonb, '{"a": "z"}'::jsonb)")
            .ends_with("a was x, not y"));
  CHECK(said(R"(1, 'contacts', 'update', '{"a": "x"}'::jsonb, '{"a": "z"}'::jsonb)") ==
        "contacts 1 a: z, not x\n");
  CHECK(said(R"(2, 'contacts', 'archive', NULL::jsonb, NULL::jsonb)").find("the last one was") !=
        std::string::npos);
}

}  // namespace
}  // namespace hubmirror::testing
