#include <doctest/doctest.h>

#include "jobs/links/links_job.h"
#include "jobs/links/relink_job.h"
#include "support/stream_fixture.h"

// R17: links are read once, from the type with the lower id, and what is missing in them is gone
// only when every page of every record was read.

using namespace hubmirror;
using namespace std::chrono_literals;
using hubmirror::test::StreamFixture;

namespace {

/// Links in memory, `page` of a record at a time.
class FakeLinks final : public LinkSource, public LinkSink {
 public:
  std::map<int64_t, std::vector<int64_t>> links;  ///< as seen from whichever type is asked
  size_t page = 500;
  std::vector<std::string> asked;  ///< `companies>deals 1 2`
  std::vector<LinkCommit> commits;
  std::vector<RecordId> live;
  std::vector<DueRecord> due;
  std::vector<DueRecord> dropped;
  std::vector<RecordId> linked_from;
  std::vector<LinkType> types = {{"HUBSPOT_DEFINED", 1, ""}};

  Result<LinkAnswer, ApiError> ReadLinks(const ObjectType& from, const ObjectType& to,
                                         const std::vector<LinkInput>& inputs) override {
    std::string words = from.name + ">" + to.name;
    LinkAnswer answer;
    for (const LinkInput& input : inputs) {
      words += " " + std::to_string(input.id.value);
      const auto& others = links[input.id.value];
      size_t at = input.after ? std::stoul(*input.after) : 0;
      for (size_t end = at + page; at < others.size() && at < end; ++at) {
        answer.links.push_back({input.id, RecordId{others[at]}, types.front()});
      }
      if (at < others.size()) answer.more.push_back({input.id, std::to_string(at)});
    }
    asked.push_back(words);
    return answer;
  }
  Result<std::vector<LinkType>, ApiError> LinkTypes(const ObjectType&, const ObjectType&) override {
    return types;
  }

  std::vector<RecordId> LiveIds(const ObjectType&, std::optional<RecordId> above,
                                size_t limit) override {
    std::vector<RecordId> ids;
    for (const RecordId id : live) {
      if ((!above || id > *above) && ids.size() < limit) ids.push_back(id);
    }
    return ids;
  }
  std::vector<DueRecord> DueLinks(const ObjectType&, size_t) override {
    return std::exchange(due, {});
  }
  void DropDueLinks(const ObjectType&, const std::vector<DueRecord>& records) override {
    dropped = records;
  }
  std::vector<RecordId> LinkedFrom(const LinkPair&, const std::vector<RecordId>&) override {
    return linked_from;
  }
  void WriteLinks(const LinkCommit& commit) override { commits.push_back(commit); }
  void SaveLinkTypes(const LinkPair&, const std::vector<LinkType>&) override {}
};

struct LinksFixture : StreamFixture {
  explicit LinksFixture(const std::string& object = "companies") : StreamFixture(object) {
    hubspot.Put(1);
    Pass();
    Load();
    links.live = {RecordId{1}, RecordId{2}};
    context->ClearLinksDue();
  }

  void Partner(const std::string& name) { partners.Add(*FindObjectType(name)); }
  LinkPorts ports() { return {links, links, partners}; }

  FakeLinks links;
  LinkPartners partners;
};

}  // namespace

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
  LinksJob job(stream.context, stream.ports());

  job.Step(stream.clock.Now());  // Loads.
  job.Step(stream.clock.Now());  // What links there can be.
  job.Step(stream.clock.Now());
  job.Step(stream.clock.Now());
  CHECK(stream.links.commits.empty());
  job.Step(stream.clock.Now());

  REQUIRE(stream.links.commits.size() == 1);
  CHECK(stream.links.commits[0].links.size() == 5);
  CHECK(stream.links.commits[0].read == std::vector<RecordId>{RecordId{1}, RecordId{2}});
  // Only the record with further pages was asked again.
  CHECK(stream.links.asked == std::vector<std::string>{"companies>companies 1 2",
                                                       "companies>companies 1",
                                                       "companies>companies 1"});
}

TEST_CASE("R17: pages that lead nowhere are an error, not an end and not a loop") {
  const ObjectType type = *FindObjectType("companies");
  LinkBatch batch(type, type, {RecordId{1}});
  REQUIRE(batch.Take({.more = {{RecordId{1}, "7"}}}));

  CHECK_FALSE(batch.Take({.more = {{RecordId{1}, "7"}}}));
  CHECK_FALSE(batch.Take({.more = {{RecordId{2}, "8"}}}));
  CHECK_FALSE(batch.whole());
  CHECK(batch.Take({}));
  CHECK(batch.whole());
}

TEST_CASE(
    "R17: all pairs of a type are read, each from one side, and types that cannot be linked "
    "are left out") {
  LinksFixture stream;
  for (const char* name : {"contacts", "companies", "deals", "tickets"}) stream.Partner(name);
  LinksJob job(stream.context, stream.ports());
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
  LinksJob other(alone.context, alone.ports());
  alone.Run(other);
  CHECK(alone.links.asked.empty());
  CHECK(alone.partners.Linkable(PairOf(alone.context->object(), alone.context->object()),
                                alone.clock.Now()) == false);
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
  stream.context->NoteLinksDue();
  RelinkJob job(stream.context, stream.ports());

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

TEST_CASE("R17: links that are wanted anew are not gone on with where a kill stopped") {
  for (const bool wanted : {false, true}) {
    LinksFixture stream;
    for (const char* name : {"companies", "tickets"}) stream.Partner(name);
    StoredStream stored;
    stored.progress[JobKind::kLinks].cursor = ToText(LinksCursor{"tickets", {}});
    LinksJob job(stream.context, stream.ports());
    job.Load(stored);
    if (wanted) job.Restart();
    stream.Run(job);
    CHECK(
        stream.links.asked.at(0).starts_with(wanted ? "companies>companies" : "companies>tickets"));
  }
}
