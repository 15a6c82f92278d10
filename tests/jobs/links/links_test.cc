// Links: no answer is believed for being well-formed, no request is all or nothing, and a pair that
// HubSpot shows from one side only is read from that side.
#include <doctest/doctest.h>

#include "support/links_fixture.h"

namespace hubmirror::testing {
namespace {

using namespace std::chrono_literals;

/// Companies 1 to `records`, each linked with one of its own type.
struct ManyLinks : LinksFixture {
  explicit ManyLinks(int64_t records = 20) {
    Partner("companies");
    links.live.clear();
    for (int64_t id = 1; id <= records; ++id) {
      links.live.push_back(RecordId{id});
      links.links[id] = {id + 1000};
    }
  }
  bool ReadAll() { return RunThrough(job); }

  LinksJob job{context, partners};
};

TEST_CASE("links: a record that nobody asked for is not stored, and said to be shown") {
  ManyLinks stream(2);
  stream.links.strangers = {77, 78};
  REQUIRE(stream.ReadAll());
  CHECK(stream.links.Written() == std::set<std::pair<int64_t, int64_t>>{{1, 1001}, {2, 1002}});
  CHECK(stream.Distrusted("unasked"));
  CHECK(stream.facts().distrust(stream.clock.Now()).find("2 that were not asked for") !=
        std::string::npos);
}

TEST_CASE("links: one record that cannot be read is named, all others are read") {
  for (const ApiErrorKind kind : {ApiErrorKind::kServer, ApiErrorKind::kTimeout,
                                  ApiErrorKind::kDecode, ApiErrorKind::kBadRequest}) {
    ManyLinks stream;
    stream.links.failure = ApiError{.kind = kind, .message = "it failed"};
    stream.links.unreadable = {7};
    REQUIRE(stream.ReadAll());
    CHECK(stream.links.Written().size() == 19);
    CHECK(stream.links.Read().size() == 19);
    CHECK_FALSE(stream.links.Read().contains(7));
    CHECK(stream.sink.set_aside.contains(7));
    CHECK(stream.facts().quarantined == 1);
    CHECK(stream.Said("record.unreadable"));
    CHECK_FALSE(stream.Said("links.refused"));
  }
}

TEST_CASE("links: while HubSpot answers for none, nobody is set aside") {
  ManyLinks stream;
  stream.links.failure = ApiError{.kind = ApiErrorKind::kServer};
  CHECK_FALSE(stream.ReadAll());
  CHECK(stream.sink.set_aside.empty());
  stream.links.failure.reset();
  REQUIRE(stream.ReadAll());
  CHECK(stream.links.Read().size() == 20);
  CHECK(stream.sink.set_aside.empty());
}

TEST_CASE("links: what is too large is asked for in smaller parts, which grow back") {
  ManyLinks stream(900);
  stream.links.most = 200;
  REQUIRE(stream.ReadAll());
  CHECK(stream.links.Read().size() == 900);
  CHECK(stream.Said("request.smaller"));
  CHECK(stream.links.asked.size() < 15);
  stream.links.most = kLinkInputs;
  stream.links.asked.clear();
  for (int i = 0; i < 4; ++i) REQUIRE(stream.ReadAll());
  stream.links.asked.clear();
  REQUIRE(stream.ReadAll());
  CHECK(stream.links.asked.size() == 1);
}

TEST_CASE("links: pages that lead in a circle end, and the others are read") {
  ManyLinks stream(3);
  stream.links.page = 2;
  stream.links.links[2] = {10, 11, 12, 13, 14, 15, 16};
  stream.links.circling = {2};
  REQUIRE(stream.ReadAll());
  CHECK(stream.links.Read() == std::set<int64_t>{1, 3});
  // What was shown is true all the same.
  CHECK(stream.links.Written().contains({2, 13}));
  CHECK(stream.Distrusted("cursor"));
  CHECK(stream.sink.set_aside.contains(2));
  CHECK(stream.links.asked.size() < 10);
}

TEST_CASE("links: a page that is left out is no end") {
  ManyLinks stream(3);
  stream.links.page = 2;
  stream.links.links[2] = {10, 11, 12};
  stream.links.leaves_out_pages = true;
  REQUIRE(stream.ReadAll());
  CHECK(stream.links.Read() == std::set<int64_t>{1, 3});
  CHECK(stream.Distrusted("unanswered"));
}

TEST_CASE("links: silence about a record with links is asked about before they are gone") {
  ManyLinks stream(3);
  stream.links.linked = {RecordId{2}};
  stream.links.left_out = {2, 3};
  REQUIRE(stream.ReadAll());
  CHECK(stream.links.asked ==
        std::vector<std::string>{"companies>companies 1 2 3", "companies>companies 2"});
  CHECK(stream.links.Written().contains({2, 1002}));
  CHECK(stream.Distrusted("unanswered"));

  // Once more silent: it has none any more.
  ManyLinks other(3);
  other.links.links[2].clear();
  other.links.linked = {RecordId{2}};
  REQUIRE(other.ReadAll());
  CHECK(other.links.Read().contains(2));
  CHECK_FALSE(other.Distrusted("unanswered"));
}

TEST_CASE("links: a record that an answer says to have failed is asked for by itself") {
  const ObjectType type = *FindObjectType("companies");
  LinkBatch batch(type, type, {RecordId{1}, RecordId{2}});
  const auto all = batch.NextInputs(10);
  CHECK(batch.Take(all, {.accounted = {RecordId{1}}, .failed = {RecordId{2}}}).empty());
  REQUIRE_FALSE(batch.whole());
  const auto alone = batch.NextInputs(10);
  REQUIRE(alone.size() == 1);
  CHECK(alone[0].id == RecordId{2});
  CHECK(batch.Take(alone, {.accounted = {RecordId{2}}}).empty());
  CHECK(batch.whole());
  CHECK(batch.ToCommit().read.size() == 2);
}

TEST_CASE("links: types that HubSpot refuses for every record are left out at once") {
  ManyLinks stream;
  stream.links.failure = ApiError{.kind = ApiErrorKind::kBadRequest, .message = "no such pair"};
  REQUIRE(stream.ReadAll());
  CHECK(stream.Said("links.refused"));
  CHECK(stream.links.asked.size() == 2);
  CHECK(stream.sink.set_aside.empty());
}

TEST_CASE("relink: one record that cannot be read does not hold up the others") {
  LinksFixture stream;
  stream.Partner("companies");
  for (int64_t id = 1; id <= 9; ++id) {
    stream.links.due.push_back({RecordId{id}, "t"});
    stream.links.links[id] = {};
  }
  stream.links.failure = ApiError{.kind = ApiErrorKind::kServer};
  stream.links.unreadable = {5};
  stream.context->facts().Tell([](StreamFacts& facts) { facts.links_due = true; });
  RelinkJob job(stream.context, stream.partners);
  REQUIRE(stream.RunThrough(job));
  CHECK(stream.links.Read() == std::set<int64_t>{1, 2, 3, 4, 6, 7, 8, 9});
  CHECK(stream.sink.set_aside.contains(5));
  CHECK(stream.links.dropped.size() == 9);
}

/// Leads 1 and 2 are linked with deals 11 and 12.
struct LeadsAndDeals {
  LeadsAndDeals() {
    for (LinksFixture* stream : {&deals, &leads}) {
      stream->links.links = {{1, {11}}, {2, {12}}, {11, {1}}, {12, {2}}};
      stream->links.live_of = {{"leads", {RecordId{1}, RecordId{2}}},
                               {"deals", {RecordId{11}, RecordId{12}}}};
      stream->links.blind = {"deals>leads"};
    }
    for (const char* name : {"deals", "leads"}) partners.Add(*FindObjectType(name));
  }
  LinkPair Pair() const {
    return partners.PairFor(*FindObjectType("deals"), *FindObjectType("leads"));
  }

  LinksFixture deals{"deals"};
  LinksFixture leads{"leads"};
  LinkPartners partners;
  LinksJob of_deals{deals.context, partners};
  LinksJob of_leads{leads.context, partners};
};

TEST_CASE("one-way pairs: what the first side does not show is read from the other one") {
  LeadsAndDeals portal;
  CHECK_FALSE(portal.of_leads.urgent());
  REQUIRE(portal.deals.RunThrough(portal.of_deals));
  CHECK(portal.of_leads.urgent());
  REQUIRE(portal.leads.RunThrough(portal.of_leads));

  CHECK(portal.Pair().from.name == "leads");
  CHECK(portal.leads.links.Written() == std::set<std::pair<int64_t, int64_t>>{{1, 11}, {2, 12}});
  CHECK(portal.leads.Said("links.one_way"));
  CHECK(std::ranges::find(portal.leads.links.types_saved, "leads>deals") !=
        portal.leads.links.types_saved.end());
  CHECK_FALSE(portal.of_leads.urgent());

  // From now on it is not asked for on the side that shows nothing.
  portal.deals.links.asked.clear();
  REQUIRE(portal.deals.RunThrough(portal.of_deals));
  CHECK(portal.deals.links.Asked("deals>leads") == 0);
}

TEST_CASE("one-way pairs: a wrong proof is found by the next reading of all links") {
  LeadsAndDeals portal;
  REQUIRE(portal.deals.RunThrough(portal.of_deals));
  REQUIRE(portal.leads.RunThrough(portal.of_leads));
  REQUIRE(portal.Pair().from.name == "leads");

  // Both sides show it after all.
  portal.deals.links.blind.clear();
  portal.leads.links.blind.clear();
  portal.leads.links.asked.clear();
  portal.of_leads.Restart();
  REQUIRE(portal.leads.RunThrough(portal.of_leads));
  CHECK(portal.leads.links.Asked("deals>leads") == 1);
  CHECK(portal.leads.Said("links.both_ways"));
  CHECK(portal.Pair().from.name == "deals");
  REQUIRE(portal.deals.RunThrough(portal.of_deals));
  CHECK(portal.deals.links.Written().contains({11, 1}));

  // Nor is the wrong one recalled after a restart.
  StoredStream stored;
  stored.progress = portal.leads.sink.progress;
  LeadsAndDeals after;
  after.of_leads.Load(stored);
  CHECK(after.Pair().from.name == "deals");
}

TEST_CASE("one-way pairs: a right proof costs one request in each reading of all links") {
  LeadsAndDeals portal;
  REQUIRE(portal.deals.RunThrough(portal.of_deals));
  REQUIRE(portal.leads.RunThrough(portal.of_leads));
  portal.leads.links.asked.clear();
  portal.of_leads.Restart();
  REQUIRE(portal.leads.RunThrough(portal.of_leads));
  CHECK(portal.leads.links.Asked("deals>leads") == 1);
  CHECK(portal.Pair().from.name == "leads");
}

TEST_CASE("one-way pairs: a look before its time reads no other pair, a wish for all does") {
  LeadsAndDeals portal;
  REQUIRE(portal.leads.RunThrough(portal.of_leads));
  REQUIRE(portal.deals.RunThrough(portal.of_deals));
  portal.leads.links.asked.clear();
  CHECK(portal.of_leads.urgent());
  REQUIRE(portal.leads.RunThrough(portal.of_leads));
  CHECK(portal.leads.links.Asked("leads>leads") == 0);
  CHECK(portal.Pair().from.name == "leads");
  portal.of_leads.Restart();
  REQUIRE(portal.leads.RunThrough(portal.of_leads));
  CHECK(portal.leads.links.Asked("leads>leads") == 1);
}

TEST_CASE("one-way pairs: a wish for all stands until some of it is stored") {
  LeadsAndDeals portal;
  REQUIRE(portal.leads.RunThrough(portal.of_leads));
  REQUIRE(portal.deals.RunThrough(portal.of_deals));
  REQUIRE(portal.of_leads.urgent());
  portal.of_leads.Restart();
  StepOnce(portal.of_leads, portal.leads.clock.Now());
  // The portal is closed and opened again.
  StoredStream stored;
  stored.progress = portal.leads.sink.progress;
  portal.of_leads.Load(stored);
  portal.leads.links.asked.clear();

  REQUIRE(portal.leads.RunThrough(portal.of_leads));
  CHECK(portal.leads.links.Asked("leads>leads") == 1);
}

/// What the job has said of links that are new to the mirror.
struct LoadedLinks {
  explicit LoadedLinks(LinksFixture& stream) : stream_(stream) {}

  /// Whether the links written since the last question were all part of a load, or none.
  std::optional<bool> AsLoad() {
    std::optional<bool> all;
    for (; commits_ < stream_.links.commits.size(); ++commits_) {
      const bool loads = stream_.links.commits[commits_].loads;
      REQUIRE(all.value_or(loads) == loads);
      all = loads;
    }
    return all;
  }
  int64_t Marks() const { return std::ranges::count(stream_.sink.loaded, "associations"); }

 private:
  LinksFixture& stream_;
  size_t commits_ = 0;
};

TEST_CASE("links: a type that is linked later is loaded, and said once to be") {
  LinksFixture stream;
  stream.Partner("companies");
  stream.links.links[1] = {1001};
  LinksJob job(stream.context, stream.partners);
  LoadedLinks loaded(stream);
  REQUIRE(stream.RunThrough(job));
  CHECK(loaded.AsLoad() == true);
  CHECK(loaded.Marks() == 1);
  REQUIRE(stream.RunThrough(job));
  CHECK(loaded.AsLoad() == false);
  CHECK(loaded.Marks() == 1);

  // After a restart with one more of `associations:`.
  StoredStream stored;
  stored.progress = stream.sink.progress;
  LinkPartners more;
  for (const char* name : {"companies", "tickets"}) more.Add(*FindObjectType(name));
  LinksJob later(stream.context, more);
  later.Load(stored);
  stream.links.commits.clear();
  REQUIRE(stream.RunThrough(later));
  for (const LinkCommit& commit : stream.links.commits) {
    CHECK(commit.loads == (commit.pair.to.name == "tickets"));
  }
  CHECK(loaded.Marks() == 2);
  REQUIRE(stream.RunThrough(later));
  CHECK(loaded.Marks() == 2);
}

TEST_CASE("links: what a kill interrupts stays a load until it is said to be loaded") {
  LinksFixture stream;
  for (const char* name : {"companies", "tickets"}) stream.Partner(name);
  StoredStream stored;
  stored.progress[JobKind::kLinks] = {
      .cursor = ToText(LinksCursor{.other = "tickets", .read = {"companies"}, .loaded = {{}}}),
      .last_complete_at = stream.clock.WallNow()};
  LinksJob job(stream.context, stream.partners);
  job.Load(stored);
  LoadedLinks loaded(stream);
  REQUIRE(stream.RunThrough(job));
  CHECK(loaded.AsLoad() == true);
  CHECK(loaded.Marks() == 1);
  REQUIRE(stream.RunThrough(job));
  CHECK(loaded.AsLoad() == false);
  CHECK(loaded.Marks() == 1);
}

TEST_CASE("links: where nobody noted which types are loaded, all are") {
  LinksFixture stream;
  stream.Partner("companies");
  StoredStream stored;
  stored.progress[JobKind::kLinks] = {.cursor = R"({"other":"","one_way":[]})",
                                      .last_complete_at = stream.clock.WallNow()};
  LinksJob job(stream.context, stream.partners);
  job.Load(stored);
  LoadedLinks loaded(stream);
  REQUIRE(stream.RunThrough(job));
  CHECK(loaded.AsLoad() == false);
  CHECK(loaded.Marks() == 0);
}

TEST_CASE("one-way pairs: the side outlives a restart") {
  LeadsAndDeals portal;
  REQUIRE(portal.deals.RunThrough(portal.of_deals));
  REQUIRE(portal.leads.RunThrough(portal.of_leads));
  StoredStream stored;
  stored.progress = portal.leads.sink.progress;

  LeadsAndDeals after;
  after.of_leads.Load(stored);
  CHECK(after.Pair().from.name == "leads");
  REQUIRE(after.leads.RunThrough(after.of_leads));
  CHECK(after.leads.links.Written().size() == 2);
}

TEST_CASE("one-way pairs: a pair that both sides show stays with its first one") {
  LeadsAndDeals portal;
  portal.deals.links.blind.clear();
  portal.leads.links.blind.clear();
  // The first batch is of deals without leads.
  portal.deals.links.links[11].clear();
  portal.deals.links.links[12].clear();
  REQUIRE(portal.deals.RunThrough(portal.of_deals));
  REQUIRE(portal.leads.RunThrough(portal.of_leads));
  CHECK(portal.Pair().from.name == "deals");
  CHECK(portal.leads.links.Asked("deals>leads") == 1);
  CHECK(std::ranges::none_of(portal.leads.links.commits, [](const LinkCommit& commit) {
    return commit.pair.to.name == "deals";
  }));
  CHECK_FALSE(portal.leads.Said("links.one_way"));
}

TEST_CASE("one-way pairs: a first side that HubSpot denies is not the one to read") {
  for (const ApiErrorKind kind : {ApiErrorKind::kBadRequest, ApiErrorKind::kNotFound}) {
    LeadsAndDeals portal;
    portal.leads.links.refused = {{"deals>leads", kind}};
    REQUIRE(portal.deals.RunThrough(portal.of_deals));
    REQUIRE(portal.leads.RunThrough(portal.of_leads));
    CHECK(portal.Pair().from.name == "leads");
    CHECK(portal.leads.Said("links.one_way"));
  }
}

TEST_CASE("one-way pairs: a proof that is too large is asked for with half as many records") {
  LeadsAndDeals portal;
  portal.leads.links.most = 1;
  REQUIRE(portal.deals.RunThrough(portal.of_deals));
  REQUIRE(portal.leads.RunThrough(portal.of_leads));
  CHECK(portal.Pair().from.name == "leads");
  CHECK(portal.leads.links.Written() == std::set<std::pair<int64_t, int64_t>>{{1, 11}, {2, 12}});
}

TEST_CASE("one-way pairs: whom HubSpot forbids the first side proves nothing, and tries again") {
  LeadsAndDeals portal;
  portal.leads.links.refused = {{"deals>leads", ApiErrorKind::kForbidden}};
  REQUIRE(portal.deals.RunThrough(portal.of_deals));
  portal.leads.RunThrough(portal.of_leads);
  CHECK(portal.Pair().from.name == "deals");
  CHECK_FALSE(portal.leads.Said("links.one_way"));

  portal.leads.links.refused.clear();
  portal.of_leads.Restart();
  REQUIRE(portal.leads.RunThrough(portal.of_leads));
  CHECK(portal.Pair().from.name == "leads");
}

TEST_CASE("one-way pairs: a changed record finds out what no walk has seen") {
  LeadsAndDeals portal;
  portal.leads.links.due = {{RecordId{1}, "t1"}};
  portal.leads.context->facts().Tell([](StreamFacts& facts) { facts.links_due = true; });
  RelinkJob relink(portal.leads.context, portal.partners);
  REQUIRE(portal.leads.RunThrough(relink));
  CHECK(portal.of_leads.urgent());
  REQUIRE(portal.leads.RunThrough(portal.of_leads));
  CHECK(portal.Pair().from.name == "leads");

  // A deal asks those who are known to be linked with it, and nobody on its own side.
  portal.deals.links.due = {{RecordId{11}, "t2"}};
  portal.deals.links.linked_from = {RecordId{1}};
  portal.deals.context->facts().Tell([](StreamFacts& facts) { facts.links_due = true; });
  RelinkJob of_deal(portal.deals.context, portal.partners);
  REQUIRE(portal.deals.RunThrough(of_deal));
  CHECK(portal.deals.links.Asked("deals>leads") == 0);
  CHECK(portal.deals.links.Asked("leads>deals") == 1);
}

}  // namespace
}  // namespace hubmirror::testing
