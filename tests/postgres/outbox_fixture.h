#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "model/store/write_sink.h"
#include "postgres/feed_fixture.h"
#include "postgres/mirror_fixture.h"

namespace hubmirror::testing {

/// A portal that may be written to: of contacts, what the list of a test names.
struct OutboxFixture : MirrorFixture {
  explicit OutboxFixture(const std::vector<std::string>& update = {"score", "city", "note", "day",
                                                                   "at", "flag", "far"},
                         bool feed = false) {
    Open(Asking(update, feed));
    MakeContacts(Properties());
  }
  /// One of each type; `closed` is on no list.
  static std::vector<MirrorColumn> Properties() {
    return {Property("score", ColumnType::kNumeric),
            Property("city"),
            Property("note"),
            Property("day", ColumnType::kDate),
            Property("at", ColumnType::kTimestamp),
            Property("flag", ColumnType::kBoolean),
            Property("far", ColumnType::kText, Storage::kOverflow),
            Property("closed")};
  }

  PortalPlan Asking(const std::vector<std::string>& update, bool feed = false) const {
    PortalPlan asking = plan();
    asking.write = {.enabled = true, .writers = {"outbox_writer"}};
    asking.feed.enabled = feed;
    asking.streams = {{.object = *FindObjectType("contacts"), .write = {.update = update}}};
    return asking;
  }
  static ObjectType Contacts() { return *FindObjectType("contacts"); }

  /// A row for contact `record`; returns its id.
  OutboxId Insert(int64_t record, const std::string& properties) const {
    return OutboxId{std::stoll(
        Value("INSERT INTO acme.outbox (object, op, record_id, properties) VALUES ('contacts',"
              " 'update', " +
              std::to_string(record) + ", '" + properties + "') RETURNING id"))};
  }
  std::string StateOf(OutboxId id) const {
    return Value("SELECT concat_ws('/', state, reason) FROM acme.outbox WHERE id = " +
                 std::to_string(id.value));
  }
  std::string Of(OutboxId id, const std::string& columns) const {
    return Value("SELECT " + columns +
                 " FROM acme.outbox o WHERE id = " + std::to_string(id.value));
  }

  std::vector<OutboxRow> Pick(TimePoint settled = Second(0), size_t limit = 100) {
    return sink().Pick(Contacts(), {.settled = settled, .limit = limit});
  }
  /// The ids of what is picked: `1 2`.
  std::string Picked(TimePoint settled = Second(0), size_t limit = 100) {
    std::string ids;
    for (const OutboxRow& row : Pick(settled, limit)) {
      ids += (ids.empty() ? "" : " ") + std::to_string(row.id.value);
    }
    return ids;
  }
  /// Claims one row as it was picked, to send `sent` of record 1 at `at`.
  bool Claim(OutboxId id, std::vector<PropertyText> sent, TimePoint at = Second(1'700'000'000),
             int attempts = 0) {
    return !sink()
                .Claim(Contacts(),
                       {{.id = id,
                         .attempts = attempts,
                         .record = RecordId{1},
                         .sent = std::move(sent)}},
                       at)
                .empty();
  }
  void Change(OutboxChange change) { sink().Change(Contacts(), {std::move(change)}); }
  /// The row is done with the commit that shows its record.
  void Done(OutboxId id, int attempts, const Told& told, std::string reason = {}) {
    Commit commit = NewCommit();
    commit.rows.push_back(Batch({told}));
    commit.outbox = {{.id = id,
                      .attempts = attempts,
                      .state = OutboxState::kDone,
                      .reason = std::move(reason),
                      .record = RecordId{told.id}}};
    sink().Write(commit);
    clock().Advance(std::chrono::seconds(1));
  }
};

}  // namespace hubmirror::testing
