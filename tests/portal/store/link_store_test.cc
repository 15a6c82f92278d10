#include "store/link_store.h"

#include <doctest/doctest.h>

#include "test_portal.h"

namespace simulated_portal {
namespace {

const size_t kCompanies = FindObjectType("companies");
const LinkStore::Pair kPair = LinkStore::PairOf(kCompanies, kContacts);

TEST_CASE("a labelled link carries the unlabelled kind too, seen from either side") {
  LinkStore links;
  links.Link(kPair, 1, 9, 2);

  CHECK(links.LinksOf(kContacts, 1, kCompanies) ==
        std::map<RecordId, LinkStore::Kinds>{{9, {{0, true}, {2, true}}}});
  CHECK(links.LinksOf(kCompanies, 9, kContacts) ==
        std::map<RecordId, LinkStore::Kinds>{{1, {{0, false}, {2, false}}}});
}

TEST_CASE("links of two records that merge go to the survivor, each once") {
  LinkStore links;
  links.Link(kPair, 1, 9, 0);
  links.Link(kPair, 2, 9, 1);
  links.Link(kPair, 2, 8, 0);

  links.Move(kContacts, 2, 1);

  CHECK(links.LinksOf(kContacts, 2, kCompanies).empty());
  CHECK(links.LinksOf(kContacts, 1, kCompanies) ==
        std::map<RecordId, LinkStore::Kinds>{{8, {{0, true}}}, {9, {{0, true}, {1, true}}}});
}

TEST_CASE("records of one type are linked both ways") {
  LinkStore links;
  const LinkStore::Pair pair = LinkStore::PairOf(kContacts, kContacts);
  links.Link(pair, 1, 2, 1);

  CHECK(links.LinksOf(kContacts, 1, kContacts).at(2).contains({1, true}));
  CHECK(links.LinksOf(kContacts, 2, kContacts).at(1).contains({1, false}));
  links.Link(pair, 2, 1, 0);
  CHECK(links.LinksOf(kContacts, 1, kContacts).at(2) == LinkStore::Kinds{{0, true}, {1, true}});
  links.Drop(kContacts, 2);
  CHECK(links.LinksOf(kContacts, 1, kContacts).empty());
}

}  // namespace
}  // namespace simulated_portal
