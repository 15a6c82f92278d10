#include <doctest/doctest.h>

#include <set>
#include <string>

#include "support/links_fixture.h"

// R17: links are read once, from the type with the lower id, and what is missing in them is gone
// only when every page of every record was read.

using namespace hubmirror;
using namespace std::chrono_literals;
using hubmirror::testing::LinksFixture;

TEST_CASE("R17: the type with the lower id is the one that is read, by number") {
  CHECK(PairOf(*FindObjectType("users"), *FindObjectType("tasks")).from.name == "tasks");
  CHECK(PairOf(*FindObjectType("contacts"), *FindObjectType("deals")).from.name == "contacts");
  CHECK(PairOf(*FindObjectType("deals"), *FindObjectType("contacts")).from.name == "contacts");
}

TEST_CASE("R17: nothing is written before the last page of the last record") {
  LinksFixture stream;
  stream.Partner("companies");
  stream.links.page = 2;
  stream.links.links[1] = {10, 11, 12, 13, 14};
  LinksJob job(stream.context, stream.partners);

  StepOnce(job, stream.clock.Now());  // Loads.
  StepOnce(job, stream.clock.Now());  // What links there can be.
  StepOnce(job, stream.clock.Now());
  StepOnce(job, stream.clock.Now());
  CHECK(stream.links.commits.empty());
  StepOnce(job, stream.clock.Now());

  REQUIRE(stream.links.commits.size() == 1);
  CHECK(stream.links.commits[0].links.size() == 5);
  CHECK(stream.links.commits[0].read == std::vector<RecordId>{RecordId{1}, RecordId{2}});
  // Only the record with further pages was asked again.
  CHECK(stream.links.asked == std::vector<std::string>{"companies>companies 1 2",
                                                       "companies>companies 1",
                                                       "companies>companies 1"});
}

TEST_CASE("R17: pages that lead nowhere are no end, and what was not read is not gone") {
  const ObjectType type = *FindObjectType("companies");
  LinkBatch batch(type, type, {RecordId{1}});
  const LinkAnswer nowhere{.links = {{RecordId{1}, RecordId{5}, {"HUBSPOT_DEFINED", 1, ""}}},
                           .more = {{RecordId{1}, "7"}}};
  CHECK(batch.Take(batch.NextInputs(10), nowhere).empty());
  CHECK(batch.Take(batch.NextInputs(10), nowhere).at(0).promise == "cursor");
  // It is read by itself and from its beginning, once.
  REQUIRE_FALSE(batch.whole());
  CHECK_FALSE(batch.NextInputs(10).at(0).after);
  CHECK(batch.Take(batch.NextInputs(10), nowhere).empty());
  CHECK(batch.Take(batch.NextInputs(10), nowhere).at(0).promise == "cursor");
  REQUIRE(batch.whole());
  CHECK(batch.ToCommit().read.empty());
  CHECK(batch.TakeUnread().at(0).id == RecordId{1});
}

TEST_CASE(
    "R17: all pairs of a type are read, each from one side, and types that cannot be linked "
    "are left out") {
  LinksFixture stream;
  for (const char* name : {"contacts", "companies", "deals", "tickets"}) stream.Partner(name);
  LinksJob job(stream.context, stream.partners);
  CHECK(stream.Run(job).end == StepOutcome::End::kUnused);  // Loads.
  stream.Run(job);
  stream.Run(job);
  stream.Run(job);
  CHECK(stream.links.asked == std::vector<std::string>{"companies>companies 1 2",
                                                       "companies>deals 1 2",
                                                       "companies>tickets 1 2"});

  LinksFixture alone;
  alone.Partner("companies");
  alone.links.types.clear();
  LinksJob other(alone.context, alone.partners);
  alone.Run(other);
  CHECK(alone.links.asked.empty());
  CHECK(alone.partners.Linkable(PairOf(alone.context->object(), alone.context->object()),
                                alone.clock.Now()) == false);
}

TEST_CASE("R17: what was refused is asked again once the stream that was stopped goes on") {
  LinkPartners partners;
  const auto type = [](const char* name) { return *FindObjectType(name); };
  for (const char* name : {"contacts", "companies", "deals"}) partners.Add(type(name));
  const Instant now{};
  const LinkPair refused = PairOf(type("contacts"), type("companies"));
  const LinkPair other = PairOf(type("companies"), type("deals"));
  const LinkPair never = PairOf(type("contacts"), type("deals"));
  partners.NoteRefused(refused, now);
  partners.NoteRefused(other, now);
  partners.NoteLinkable(never, false, now);

  CHECK(partners.ForgetRefusals("contacts") == std::set<std::string>{refused.from.name});

  CHECK_FALSE(partners.Linkable(refused, now));
  CHECK(partners.Linkable(other, now) == false);
  CHECK(partners.Linkable(never, now) == false);
}

TEST_CASE("R17: a pair that either side leaves out is not read") {
  LinkPartners partners;
  const auto type = [](const char* name) { return *FindObjectType(name); };
  partners.Add(type("contacts"));
  partners.Add(type("deals"), {"contacts", "deals"});
  partners.Add(type("tickets"), {"deals"});
  const auto names = [](const std::vector<LinkPair>& pairs) {
    std::string text;
    for (const LinkPair& pair : pairs) text += pair.from.name + ">" + pair.to.name + " ";
    return text;
  };
  CHECK(names(partners.PairsFrom(type("contacts"))) == "contacts>contacts contacts>deals ");
  CHECK(names(partners.PairsFrom(type("deals"))) == "deals>deals ");
  CHECK(names(partners.PairsTo(type("deals"))) == "contacts>deals ");
  CHECK(names(partners.PairsTo(type("tickets"))).empty());
}

TEST_CASE("R17: a record of the higher type asks who it is linked with, and these are read") {
  LinksFixture stream("deals");
  for (const char* name : {"contacts", "deals"}) stream.Partner(name);
  stream.links.due = {{RecordId{7}, "t1"}};
  stream.links.links[7] = {21};
  stream.links.linked_from = {RecordId{20}};
  stream.context->facts().Tell([](StreamFacts& facts) { facts.links_due = true; });
  RelinkJob job(stream.context, stream.partners);

  stream.Run(job);

  CHECK(stream.links.asked == std::vector<std::string>{"deals>deals 7", "deals>deals 20 21",
                                                       "deals>contacts 7", "contacts>deals 20 21"});
  REQUIRE(stream.links.commits.size() == 3);
  // Of one type a link is stored from both ends, so both are read.
  CHECK(stream.links.commits[0].read == std::vector<RecordId>{RecordId{7}});
  CHECK(stream.links.commits[1].read == std::vector<RecordId>{RecordId{20}, RecordId{21}});
  CHECK(stream.links.commits[2].pair.from.name == "contacts");
  CHECK(stream.links.commits[2].read == std::vector<RecordId>{RecordId{20}, RecordId{21}});
  CHECK(stream.links.dropped.size() == 1);
}

TEST_CASE("R17: links that are wanted anew are not continued where a kill stopped") {
  for (const bool wanted : {false, true}) {
    LinksFixture stream;
    for (const char* name : {"companies", "tickets"}) stream.Partner(name);
    StoredStream stored;
    stored.progress[JobKind::kLinks].cursor = ToText(LinksCursor{.other = "tickets"});
    LinksJob job(stream.context, stream.partners);
    job.Load(stored);
    if (wanted) job.Restart();
    stream.Run(job);
    CHECK(
        stream.links.asked.at(0).starts_with(wanted ? "companies>companies" : "companies>tickets"));
  }
}
