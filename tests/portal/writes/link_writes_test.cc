#include "writes/link_writes.h"

#include <doctest/doctest.h>

#include "test_portal.h"

namespace simulated_portal {
namespace {

const std::string kBase = "/crm/associations/2026-09/contacts/deals/batch/";
using With = TestPortal::SwitchList;

With Settled(With more) {
  With list = {{"default_link", "keeps_labels"},
               {"link_answer", "ok"},
               {"unlink_answer", "no_content"},
               {"link_stamp", "stays"}};
  list.insert(list.end(), more.begin(), more.end());
  return list;
}

/// One contact and one deal, and what can link them.
struct Links {
  explicit Links(With more = {}) : test(Settled(std::move(more)), 20) {
    contact = Create("contacts", "{}");
    deal = Create("deals", "{}");
  }

  std::string Create(const std::string& object, const std::string& properties) {
    const HttpResponse made =
        test.Post("/_control/mutate", R"({"kind":"create","object":")" + object +
                                          R"(","properties":)" + properties + "}");
    REQUIRE(made.status == 200);
    return ParseAnswer(made)["id"].GetString();
  }
  std::string Type(size_t kind) const {
    return R"({"associationCategory":")" + std::string(kinds[kind].category) +
           R"(","associationTypeId":)" + std::to_string(kinds[kind].ahead_id) + "}";
  }
  std::string Pair(const std::string& types = "") const {
    const std::string more = types.empty() ? "" : R"(,"types":[)" + types + "]";
    return R"({"from":{"id":")" + contact + R"("},"to":{"id":")" + deal + "\"}" + more + "}";
  }
  HttpResponse Batch(const std::string& what, const std::string& inputs) {
    return test.Post(kBase + what, R"({"inputs":[)" + inputs + "]}");
  }
  /// The kinds that the two are linked by; empty: they are not.
  std::set<size_t> Linked() {
    std::set<size_t> found;
    const auto links =
        test.portal().links.LinksOf(kContacts, std::stoll(contact), FindObjectType("deals"));
    const auto link = links.find(std::stoll(deal));
    if (link == links.end()) return found;
    for (const auto& [kind, ahead] : link->second) found.insert(kind);
    return found;
  }

  TestPortal test;
  std::vector<LinkKind> kinds =
      LinkStore::KindsOf(LinkStore::PairOf(kContacts, FindObjectType("deals")));
  std::string contact;
  std::string deal;
};

using Kinds = std::set<size_t>;

}  // namespace

TEST_CASE("what is written of labels replaces those that the pair had") {
  Links links;
  CHECK(links.Batch("create", links.Pair(links.Type(1))).status == 200);
  CHECK(links.Linked() == Kinds{0, 1});
  links.Batch("create", links.Pair(links.Type(2)));
  CHECK(links.Linked() == Kinds{0, 2});
  links.Batch("create", links.Pair(links.Type(1) + "," + links.Type(2)));
  CHECK(links.Linked() == Kinds{0, 1, 2});
}

TEST_CASE("one label is taken away and the others stay; without the unlabelled type none does") {
  Links links;
  links.Batch("create", links.Pair(links.Type(1) + "," + links.Type(2)));
  CHECK(links.Batch("labels/archive", links.Pair(links.Type(1))).status == 204);
  CHECK(links.Linked() == Kinds{0, 2});
  CHECK(links.Batch("labels/archive", links.Pair(links.Type(0))).status == 204);
  CHECK(links.Linked().empty());
}

TEST_CASE("default_link: whether it keeps the labels of the pair") {
  for (const bool keeps : {true, false}) {
    Links links(With{{"default_link", keeps ? "keeps_labels" : "replaces_labels"}});
    links.Batch("create", links.Pair(links.Type(1)));
    CHECK(links.Batch("associate/default", links.Pair()).status == 200);
    CHECK(links.Linked() == (keeps ? Kinds{0, 1} : Kinds{0}));
  }
}

TEST_CASE("everything between two records is taken away, with an array of ends") {
  Links links;
  links.Batch("create", links.Pair(links.Type(1)));
  const std::string many =
      R"({"from":{"id":")" + links.contact + R"("},"to":[{"id":")" + links.deal + "\"}]}";
  CHECK(links.Batch("archive", links.Pair()).status == 400);
  CHECK(links.Linked() == Kinds{0, 1});
  CHECK(links.Batch("archive", many).status == 204);
  CHECK(links.Linked().empty());
}

TEST_CASE("link_answer and unlink_answer: the statuses of success") {
  for (const bool other : {false, true}) {
    Links links(With{{"link_answer", other ? "created" : "ok"},
                     {"unlink_answer", other ? "ok" : "no_content"}});
    const HttpResponse made = links.Batch("create", links.Pair(links.Type(1)));
    CHECK(made.status == (other ? 201 : 200));
    const rapidjson::Document answer = ParseAnswer(made);
    CHECK(std::string(answer["results"][0]["labels"][0].GetString()) == links.kinds[1].ahead_label);
    CHECK(links.Batch("labels/archive", links.Pair(links.Type(1))).status == (other ? 200 : 204));
  }
}

TEST_CASE("link_stamp: whether a link moves the stamp of the record it was written from") {
  for (const bool moves : {false, true}) {
    Links links(With{{"link_stamp", moves ? "moves" : "stays"}});
    const Record& record = *links.test.contacts().records.Find(std::stoll(links.contact));
    const Instant before = record.version->stamp;
    links.test.now += 5000;
    links.Batch("associate/default", links.Pair());
    CHECK((record.version->stamp != before) == moves);
  }
}

TEST_CASE("a batch of links goes in parts: unknown records and types of the other direction") {
  Links links;
  const std::string nobody =
      R"({"from":{"id":"3"},"to":{"id":")" + links.deal + R"("},"types":[)" + links.Type(1) + "]}";
  const std::string back = R"({"associationCategory":"USER_DEFINED","associationTypeId":)" +
                           std::to_string(links.kinds[1].back_id) + "}";
  const HttpResponse answer =
      links.Batch("create", nobody + "," + links.Pair(back) + "," + links.Pair(links.Type(2)));
  CHECK(answer.status == 207);
  const rapidjson::Document document = ParseAnswer(answer);
  CHECK(document["results"].Size() == 1);
  CHECK(document["numErrors"].GetInt() == 2);
  CHECK(std::string(document["errors"][0]["category"].GetString()) == "OBJECT_NOT_FOUND");
  CHECK(std::string(document["errors"][1]["category"].GetString()) == "VALIDATION_ERROR");
  CHECK(links.Linked() == Kinds{0, 2});
}

TEST_CASE("one link is written and taken away under the path of its record") {
  Links links;
  const std::string path = "/crm/objects/2026-09/contacts/" + links.contact + "/associations/";
  const std::string end = "deals/" + links.deal;
  CHECK(links.test.Send("PUT", path + "default/" + end, "").status == 200);
  CHECK(links.Linked() == Kinds{0});
  CHECK(links.test.Send("PUT", path + end, "[" + links.Type(1) + "]").status == 200);
  CHECK(links.Linked() == Kinds{0, 1});
  CHECK(links.test.Send("DELETE", path + end, "").status == 204);
  CHECK(links.Linked().empty());
  CHECK(links.test.Send("PUT", path + "deals/3", "[" + links.Type(1) + "]").status == 404);
  CHECK(links.test.Send("POST", path + end, "[]").status == 405);
}

TEST_CASE("a primary company is one: naming another one moves it") {
  Links links;
  const std::string first = links.Create("companies", "{}");
  const std::string second = links.Create("companies", "{}");
  const size_t companies = FindObjectType("companies");
  const auto kinds = LinkStore::KindsOf(LinkStore::PairOf(kContacts, companies));
  REQUIRE(kinds[1].ahead_label == "Primary");
  for (const std::string& company : {first, second}) {
    const std::string path =
        "/crm/objects/2026-09/contacts/" + links.contact + "/associations/companies/" + company;
    const std::string types = R"([{"associationCategory":"HUBSPOT_DEFINED","associationTypeId":)" +
                              std::to_string(kinds[1].ahead_id) + "}]";
    CHECK(links.test.Send("PUT", path, types).status == 200);
  }
  const auto now =
      links.test.portal().links.LinksOf(kContacts, std::stoll(links.contact), companies);
  CHECK_FALSE(now.at(std::stoll(first)).contains({1, true}));
  CHECK(now.at(std::stoll(first)).contains({0, true}));
  CHECK(now.at(std::stoll(second)).contains({1, true}));
}

TEST_CASE("between records of one type either direction can be written") {
  Links links;
  const std::string other = links.Create("contacts", "{}");
  const auto kinds = LinkStore::KindsOf(LinkStore::PairOf(kContacts, kContacts));
  REQUIRE(kinds[1].back_label == "Reports to");
  const std::string path =
      "/crm/objects/2026-09/contacts/" + links.contact + "/associations/contacts/" + other;
  const std::string types = R"([{"associationCategory":"USER_DEFINED","associationTypeId":)" +
                            std::to_string(kinds[1].back_id) + "}]";
  CHECK(links.test.Send("PUT", path, types).status == 200);
  LinkStore& store = links.test.portal().links;
  CHECK(store.LinksOf(kContacts, std::stoll(links.contact), kContacts)
            .at(std::stoll(other))
            .contains({1, false}));
  CHECK(links.test.Send("DELETE", path, "").status == 204);
  CHECK(store.LinksOf(kContacts, std::stoll(other), kContacts).empty());
}

TEST_CASE("the write scope of one end is enough to link") {
  Links links;
  AccessTokens& tokens = links.test.portal().tokens;
  tokens.SetScopes("", {"crm.objects.deals.write"});
  CHECK(links.Batch("associate/default", links.Pair()).status == 200);
  tokens.SetScopes("", {"crm.objects.contacts.read", "crm.objects.deals.read"});
  CHECK(links.Batch("associate/default", links.Pair()).status == 403);
}

TEST_CASE("the journal tells of links, too") {
  Links links;
  links.Batch("create", links.Pair(links.Type(1)));
  links.Batch("labels/archive", links.Pair(links.Type(1)));
  const std::string journal = links.test.Get("/_control/writes/1234567").body;
  CHECK(journal.find(R"("op":"label","object":"contacts","id":")" + links.contact +
                     R"(","to_object":"deals","to":")" + links.deal + R"(","type_ids":[)" +
                     std::to_string(links.kinds[1].ahead_id) + "]") != std::string::npos);
  CHECK(journal.find(R"("op":"unlabel")") != std::string::npos);
}

}  // namespace simulated_portal
