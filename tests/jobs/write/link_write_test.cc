#include <doctest/doctest.h>

#include "jobs/write/write_job.h"
#include "support/memory_outbox.h"
#include "support/stream_fixture.h"

namespace hubmirror {
namespace {

using namespace std::chrono_literals;
using End = StepOutcome::End;
using testing::FakeRecordTarget;
using testing::MemoryOutbox;
using testing::StreamFixture;

const LinkType kPlain{"HUBSPOT_DEFINED", 1, ""};

LinkType Label(const std::string& name) {
  return {"USER_DEFINED", 100 + name.front(), name};
}

/// A loaded stream of companies, which may be linked with deals and contacts. HubSpot shows the
/// links with deals from the companies, those with contacts from the contacts.
struct LinkWriteFixture : StreamFixture {
  MemoryOutbox outbox;
  FakeRecordTarget target{hubspot};
  LinkPartners partners;
  LinkTurns turns;
  std::shared_ptr<WriteJob> write;
  testing::FakeLinkStore& linked = target.linked;

  LinkWriteFixture() {
    for (const char* const type : {"companies", "deals", "contacts"}) {
      partners.Add(*FindObjectType(type));
    }
    links.shown_of = [this](RecordId from) { return linked.LinksFrom(from); };
    for (const int64_t id : {1, 2, 3, 101, 102, 103, 104}) hubspot.Put(id);
    Load();
    clock.Advance(1s);
    Rise();
  }
  void Rise() {
    write = std::make_shared<WriteJob>(context, WriteJob::Shared{target, outbox, partners, turns},
                                       WriteJob::Terms{.associate = {"deals", "contacts"}});
    write->Load(sink.Load(context->object()));
  }
  static WantedLink To(int64_t id, const std::string& label = "",
                       const std::string& object = "deals") {
    WantedLink link{.object = object, .id = {id}, .label = label};
    if (!label.empty()) link.type = Label(label);
    return link;
  }
  void Ask(int64_t row, WriteOp op, int64_t record, std::vector<WantedLink> wanted) {
    outbox.Put({.id = {row}, .op = op, .record = {record}, .links = std::move(wanted)});
  }
  StepOutcome Work() { return Run(*write); }
  /// Until what was taken away can be told from what came in the same second.
  void WorkThrough() {
    for (int i = 0; i < 4; ++i) {
      Work();
      Pass(2s);
    }
  }
};

constexpr WriteOp kLinkUp = WriteOp::kAssociate;
constexpr WriteOp kTakeAway = WriteOp::kDisassociate;

TEST_CASE_FIXTURE(LinkWriteFixture, "W16: a link is made, and done when the mirror shows it") {
  Ask(1, kLinkUp, 1, {To(101)});

  CHECK(Work().end == End::kCaughtUp);

  CHECK(linked.Labels(1, 101) == "|");
  CHECK(linked.deeds == std::vector{LinkDeed::kLink});
  CHECK(outbox.state(1) == OutboxState::kDone);
  CHECK(outbox.last(1).reason.empty());
  REQUIRE(outbox.claims.size() == 1);
  CHECK(outbox.claims[0][0].sent == std::vector<PropertyText>{{"deals/101", "link"}});
  CHECK(links.Written() == std::set<std::pair<int64_t, int64_t>>{{1, 101}});
}

TEST_CASE_FIXTURE(LinkWriteFixture, "W16: a new label goes with those that are there") {
  linked.pairs[{1, 101}] = {kPlain, Label("A")};
  linked.pairs[{1, 102}] = {kPlain};
  Ask(1, kLinkUp, 1, {To(101, "B"), To(102, "B"), To(103, "B"), To(103, "C")});

  Work();

  CHECK(linked.Labels(1, 101) == "||A|B");
  CHECK(linked.Labels(1, 102) == "||B");
  CHECK(linked.Labels(1, 103) == "||B|C");
  CHECK(linked.requests.size() == 1);
  CHECK(outbox.state(1) == OutboxState::kDone);
}

TEST_CASE_FIXTURE(LinkWriteFixture, "W16: a label is taken away and the link stays") {
  linked.pairs[{1, 101}] = {kPlain, Label("A"), Label("B")};
  linked.pairs[{2, 101}] = {kPlain, Label("A")};
  linked.pairs[{3, 101}] = {kPlain, Label("A")};
  Ask(1, kTakeAway, 1, {To(101, "A")});
  Ask(2, kTakeAway, 2, {To(101, "A")});
  Ask(3, kTakeAway, 3, {To(101)});

  WorkThrough();

  CHECK(linked.Labels(1, 101) == "||B");
  CHECK(linked.Labels(2, 101) == "|");
  CHECK(linked.Labels(3, 101).empty());
  for (int64_t row = 1; row <= 3; ++row) CHECK(outbox.state(row) == OutboxState::kDone);
}

TEST_CASE_FIXTURE(LinkWriteFixture, "W16: what is so already is not sent") {
  linked.pairs[{1, 101}] = {kPlain, Label("A")};
  Ask(1, kLinkUp, 1, {To(101), To(101, "A")});
  Ask(2, kTakeAway, 2, {To(101)});
  Ask(3, kTakeAway, 3, {To(101, "A")});

  Work();

  CHECK(linked.requests.empty());
  CHECK(outbox.claims.empty());
  for (int64_t row = 1; row <= 3; ++row) {
    CHECK(outbox.state(row) == OutboxState::kDone);
    CHECK(outbox.last(row).reason == "unchanged");
  }
}

TEST_CASE_FIXTURE(LinkWriteFixture, "W16: what needs different requests is done in one row") {
  linked.pairs[{1, 102}] = {kPlain};
  linked.pairs[{2, 101}] = {kPlain};
  linked.pairs[{2, 102}] = {kPlain, Label("A")};
  Ask(1, kLinkUp, 1, {To(101), To(102, "A")});
  Ask(2, kTakeAway, 2, {To(101), To(102, "A")});

  WorkThrough();

  CHECK(linked.Labels(1, 101) == "|");
  CHECK(linked.Labels(1, 102) == "||A");
  CHECK(linked.Labels(2, 101).empty());
  CHECK(linked.Labels(2, 102) == "|");
  CHECK(linked.requests.size() == 4);
  CHECK(outbox.state(1) == OutboxState::kDone);
  CHECK(outbox.state(2) == OutboxState::kDone);
}

TEST_CASE_FIXTURE(LinkWriteFixture,
                  "W16: links are written from the side that they are read from") {
  linked.pairs[{103, 1}] = {kPlain, Label("A")};
  Ask(1, kLinkUp, 1, {To(103, "B", "contacts"), To(104, "", "contacts")});

  Work();

  CHECK(linked.Labels(103, 1) == "||A|B");
  CHECK(linked.Labels(104, 1) == "|");
  CHECK(links.Asked("companies>contacts") == 0);
  CHECK(outbox.state(1) == OutboxState::kDone);
}

TEST_CASE_FIXTURE(LinkWriteFixture, "W16: a hundred links of one kind take one request") {
  for (int64_t id = 201; id <= 300; ++id) hubspot.Put(id);
  for (int64_t id = 1; id <= 100; ++id) hubspot.Put(id);
  for (int64_t id = 1; id <= 100; ++id) Ask(id, kLinkUp, id, {To(200 + id)});
  hubspot.requests.clear();

  Work();

  CHECK(linked.requests.size() == 1);
  CHECK(hubspot.Count("batch") == 2);
  CHECK(links.asked.size() == 2);
  for (int64_t id = 1; id <= 100; ++id) CHECK(outbox.state(id) == OutboxState::kDone);
}

TEST_CASE_FIXTURE(LinkWriteFixture, "W11: a lost answer about links is looked into, not repeated") {
  Ask(1, kLinkUp, 1, {To(101, "A")});
  linked.loses_answer = true;

  CHECK(Work().end == End::kFailed);
  CHECK(outbox.state(1) == OutboxState::kUnknown);
  Pass(119s);
  Work();
  CHECK(outbox.state(1) == OutboxState::kUnknown);
  Pass(2s);
  Rise();
  Work();

  CHECK(outbox.state(1) == OutboxState::kDone);
  CHECK(outbox.last(1).reason.empty());
  CHECK(linked.requests.size() == 1);
}

TEST_CASE_FIXTURE(LinkWriteFixture,
                  "W18: links follow a merge, and end with a record that is gone") {
  hubspot.Merge(2, 3);
  hubspot.Merge(102, 103);
  hubspot.Archive(104);
  Ask(1, kLinkUp, 2, {To(102)});
  Ask(2, kLinkUp, 1, {To(101), To(104)});
  Ask(3, kTakeAway, 999, {To(101)});

  WorkThrough();

  CHECK(linked.Labels(3, 103) == "|");
  CHECK(outbox.last(1).record == RecordId{3});
  for (const int64_t row : {2, 3}) {
    CHECK(outbox.state(row) == OutboxState::kFailed);
    CHECK(outbox.last(row).reason == "gone");
  }
  CHECK(outbox.last(2).message.find("no record 104 of deals") != std::string::npos);
  CHECK(linked.Labels(1, 101).empty());
}

TEST_CASE_FIXTURE(LinkWriteFixture, "W13: a bad link fails alone, in parts or in halves") {
  linked.unknown_records = {102};
  Ask(1, kLinkUp, 1, {To(101)});
  Ask(2, kLinkUp, 2, {To(102)});
  Work();
  CHECK(outbox.state(1) == OutboxState::kDone);
  CHECK(outbox.state(2) == OutboxState::kFailed);
  CHECK(outbox.last(2).reason == "gone");

  linked.refuses = WriteRefusal{.status = 400, .category = "VALIDATION_ERROR", .message = "no"};
  Ask(3, kLinkUp, 1, {To(103), To(104)});
  Ask(4, kLinkUp, 2, {To(103)});
  Work();
  CHECK(outbox.state(3) == OutboxState::kFailed);
  CHECK(outbox.state(4) == OutboxState::kFailed);
  CHECK(outbox.last(4).reason == "invalid");
}

TEST_CASE_FIXTURE(LinkWriteFixture, "W13: a record whose links HubSpot does not show fails alone") {
  links.failure = ApiError{.kind = ApiErrorKind::kBadRequest, .status = 400, .message = "no"};
  links.unreadable = {2};
  for (const int64_t row : {1, 2, 3}) Ask(row, kLinkUp, row, {To(100 + row)});
  for (int i = 0; i < 4; ++i) Work();

  CHECK(outbox.state(1) == OutboxState::kDone);
  CHECK(outbox.state(2) == OutboxState::kFailed);
  CHECK(outbox.last(2).reason == "refused");
  CHECK(outbox.last(2).http_status == 400);
  CHECK(outbox.last(2).message == "HubSpot does not show the links: no");
  CHECK(outbox.state(3) == OutboxState::kDone);
  CHECK(linked.Labels(2, 102).empty());
}

TEST_CASE_FIXTURE(LinkWriteFixture, "W16: a reading of links that fails is begun anew") {
  links.failure = ApiError{.kind = ApiErrorKind::kServer, .status = 502, .message = "bad gateway"};
  Ask(1, kLinkUp, 1, {To(101)});

  CHECK(Work().end == End::kFailed);

  CHECK(outbox.state(1) == OutboxState::kQueued);
  CHECK(linked.requests.empty());
  links.failure.reset();
  Pass(2min);
  Work();
  CHECK(outbox.state(1) == OutboxState::kDone);
}

TEST_CASE_FIXTURE(LinkWriteFixture, "W1: links with an object that is not mirrored are not sent") {
  Ask(1, kLinkUp, 1, {To(7, "", "line_items")});
  Work();
  CHECK(outbox.state(1) == OutboxState::kRejected);
  CHECK(outbox.last(1).reason == "operation");
  CHECK(linked.requests.empty());
}

TEST_CASE_FIXTURE(LinkWriteFixture, "W1: what is not allowed, or has no such label, is not sent") {
  WantedLink unlabelled = To(101, "Z");
  unlabelled.type.reset();
  WantedLink nobody = To(101);
  nobody.id = {};
  Ask(1, kLinkUp, 1, {To(7, "", "tickets")});
  Ask(2, kLinkUp, 2, {unlabelled});
  Ask(3, kLinkUp, 3, {nobody});

  Work();

  CHECK(outbox.state(1) == OutboxState::kRejected);
  CHECK(outbox.last(1).reason == "operation");
  CHECK(outbox.state(2) == OutboxState::kRejected);
  CHECK(outbox.last(2).reason == "label");
  CHECK(outbox.state(3) == OutboxState::kFailed);
  CHECK(outbox.last(3).reason == "gone");
  CHECK(linked.requests.empty());
}

TEST_CASE_FIXTURE(LinkWriteFixture,
                  "W16: nobody reads the labels of a pair that is being written") {
  const LinkEnds ends{
      .row = {99},
      .pair = partners.PairFor(*FindObjectType("companies"), *FindObjectType("deals")),
      .from = {1},
      .to = {101}};
  REQUIRE(turns.Take({ends}, clock.Now(), clock.Now() + 1min));
  Ask(1, kLinkUp, 1, {To(101, "A")});
  Ask(2, kLinkUp, 2, {To(101, "A")});

  for (int i = 0; i < 40 && outbox.state(2) != OutboxState::kDone; ++i) {
    if (write->Next(clock.Now())) StepOnce(*write, clock.Now());
  }
  CHECK(outbox.state(2) == OutboxState::kDone);
  CHECK(outbox.state(1) == OutboxState::kQueued);
  CHECK(outbox.last(1).not_within > 0ms);
  CHECK(linked.Labels(1, 101).empty());

  turns.Free({ends});
  Work();
  CHECK(linked.Labels(1, 101) == "||A");
}

TEST_CASE_FIXTURE(LinkWriteFixture, "W16: a pair in doubt is left alone until it no longer is") {
  const LinkEnds ends{
      .row = {99},
      .pair = partners.PairFor(*FindObjectType("companies"), *FindObjectType("deals")),
      .from = {1},
      .to = {101}};
  linked.meanwhile = [&] { CHECK_FALSE(turns.Take({ends}, clock.Now(), clock.Now() + 1s)); };
  linked.loses_answer = true;
  Ask(1, kLinkUp, 1, {To(101, "A")});

  Work();

  CHECK_FALSE(turns.Take({ends}, clock.Now() + 119s, clock.Now() + 120s));
  CHECK(turns.Take({ends}, clock.Now() + 141s, clock.Now() + 142s));
}

TEST_CASE("W22: whoever may not read links, or not write them, may do all the rest") {
  for (const bool reading : {true, false}) {
    CAPTURE(reading);
    LinkWriteFixture it;
    std::optional<ApiError>& failure = reading ? it.links.failure : it.linked.failure;
    failure = ApiError{.kind = ApiErrorKind::kForbidden, .status = 403, .message = "no scope"};
    it.Ask(1, kLinkUp, 1, {LinkWriteFixture::To(101)});

    CHECK(it.Work().end == End::kCaughtUp);

    CHECK(it.outbox.state(1) == OutboxState::kQueued);
    CHECK(it.outbox.last(1).reason == "blocked");
    CHECK(it.log.Count("write.blocked") == 1);
    CHECK(it.linked.Labels(1, 101).empty());
    failure.reset();
    it.Pass(6min);
    it.Work();
    CHECK(it.outbox.state(1) == OutboxState::kDone);
  }
}

TEST_CASE_FIXTURE(LinkWriteFixture, "W12: what is written and not shown is said to differ") {
  links.shown_of = [](RecordId) { return std::vector<Link>(); };
  Ask(1, kLinkUp, 1, {To(101)});

  Work();
  CHECK(outbox.state(1) == OutboxState::kWritten);
  WorkThrough();

  CHECK(outbox.state(1) == OutboxState::kDone);
  CHECK(outbox.last(1).reason == "differs");
}

TEST_CASE_FIXTURE(LinkWriteFixture, "W25: links that are only tried are read and not written") {
  linked.pairs[{1, 102}] = {kPlain};
  Ask(1, kLinkUp, 1, {To(101), To(102, "A"), To(0)});
  Ask(2, kTakeAway, 2, {To(101)});
  Ask(3, kLinkUp, 3, {To(999)});
  for (int64_t row = 1; row <= 3; ++row) outbox.rows.at(row).row.dry_run = true;

  Work();

  CHECK(linked.requests.empty());
  CHECK(outbox.claims.empty());
  for (const int64_t row : {1, 2}) {
    CHECK(outbox.state(row) == OutboxState::kDone);
    CHECK(outbox.last(row).reason == "dry");
  }
  CHECK(outbox.last(1).tried == std::vector<PropertyText>{{"deals/new", "link"},
                                                          {"deals/101", "link"},
                                                          {"deals/102",
                                                           "label HUBSPOT_DEFINED/1 "
                                                           "USER_DEFINED/165"}});
  CHECK(outbox.state(3) == OutboxState::kFailed);
  CHECK(
      turns.Take({{.row = {99},
                   .pair = partners.PairFor(*FindObjectType("companies"), *FindObjectType("deals")),
                   .from = {1},
                   .to = {101}}},
                 clock.Now(), clock.Now() + 1s));
}

}  // namespace
}  // namespace hubmirror
