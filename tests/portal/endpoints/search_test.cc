#include "endpoints/search.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "test_portal.h"

namespace simulated_portal {
namespace {

struct SearchFixture {
  TestPortal test;
  CrmObject& contacts = test.contacts();
  const std::string path = "/crm/objects/2026-09/contacts/search";

  HttpResponse Ask(const std::string& body) { return test.Post(path, body); }
  static std::string Filter(const std::string& property, const std::string& op,
                            const std::string& value) {
    return R"({"propertyName":")" + property + R"(","operator":")" + op + R"(","value":")" + value +
           R"("})";
  }
  HttpResponse AskFor(const std::string& filters, const std::string& more = "") {
    return Ask(R"({"filterGroups":[{"filters":[)" + filters + "]}]" + more + "}");
  }
  int64_t Total(const std::string& filters) {
    test.now += 1000;
    return ParseAnswer(AskFor(filters))["total"].GetInt64();
  }
  /// Live contacts for which a test holds.
  template <typename Test>
  int64_t Count(Test holds) {
    int64_t count = 0;
    for (const auto& [id, record] : contacts.records.all()) {
      if (record.state == RecordState::kLive && holds(record)) ++count;
    }
    return count;
  }
  RecordId Create(const std::string& properties) {
    const HttpResponse response =
        test.Post("/_control/mutate", R"({"kind":"create","properties":)" + properties + "}");
    REQUIRE(response.status == 200);
    return std::stoll(ParseAnswer(response)["id"].GetString());
  }
  void Set(const char* name, const char* setting) {
    REQUIRE(test.portal().switches.Set(name, setting));
  }
};

}  // namespace

TEST_CASE_FIXTURE(SearchFixture, "stamps and ids are compared as numbers") {
  const Instant middle = test.now - 400 * kDay;
  const auto by_stamp = [&](const char* op, auto holds) {
    CHECK(Total(Filter("lastmodifieddate", op, std::to_string(middle))) ==
          Count([&](const Record& record) { return holds(record.version->stamp, middle); }));
  };
  by_stamp("GTE", [](Instant a, Instant b) { return a >= b; });
  by_stamp("GT", [](Instant a, Instant b) { return a > b; });
  by_stamp("LTE", [](Instant a, Instant b) { return a <= b; });
  by_stamp("LT", [](Instant a, Instant b) { return a < b; });
  CHECK(Total(Filter("hs_object_id", "GT", "1000000")) ==
        Count([](const Record& record) { return record.id > 1'000'000; }));
  CHECK(Total(Filter("lastmodifieddate", "GTE", FormatInstant(middle))) ==
        Count([&](const Record& record) { return record.version->stamp >= middle; }));
}

TEST_CASE_FIXTURE(SearchFixture, "a keyset walk by id finds every match once") {
  std::vector<RecordId> seen;
  RecordId last = 0;
  while (true) {
    test.now += 1000;
    const auto ids = IdsOf(
        AskFor(Filter("lastmodifieddate", "GTE", "1") + "," +
                   Filter("hs_object_id", "GT", std::to_string(last)),
               R"(,"sorts":[{"propertyName":"hs_object_id","direction":"ASCENDING"}],"limit":70)"));
    if (ids.empty()) break;
    CHECK(std::is_sorted(ids.begin(), ids.end()));
    seen.insert(seen.end(), ids.begin(), ids.end());
    last = ids.back();
  }
  CHECK(static_cast<int64_t>(seen.size()) == Count([](const Record&) { return true; }));
  CHECK(std::adjacent_find(seen.begin(), seen.end()) == seen.end());
}

TEST_CASE_FIXTURE(SearchFixture,
                  "contacts filtered by the wrong modified property find nothing, silently") {
  CHECK(Total(Filter("hs_lastmodifieddate", "GTE", "1")) == 0);
  CHECK(ParseAnswer(test.Post(
            "/crm/objects/2026-09/emails/search",
            R"({"filters":[)" + Filter("hs_lastmodifieddate", "GTE", "1") + "]}"))["total"]
            .GetInt64() > 0);
}

TEST_CASE_FIXTURE(SearchFixture, "values match without case, enumerations with it") {
  Create(R"({"city":"Xanten","lifecyclestage":"lead","jobtitle":"Head of Xylophones"})");
  CHECK(Total(Filter("city", "EQ", "xANTEN")) == 1);
  CHECK(Total(Filter("lifecyclestage", "EQ", "LEAD")) == 0);
  CHECK(Total(R"({"propertyName":"city","operator":"IN","values":["Xanten"]})") == 0);
  CHECK(Total(R"({"propertyName":"city","operator":"IN","values":["xanten"]})") == 1);
  CHECK(Total(Filter("jobtitle", "CONTAINS_TOKEN", "xylo*")) == 1);
  CHECK(Total(Filter("jobtitle", "CONTAINS_TOKEN", "ylophones")) == 0);
}

TEST_CASE_FIXTURE(SearchFixture, "has and has not split the records") {
  const PropertyIndex phone = *contacts.catalog.Find("phone");
  const int64_t with = Count(
      [&](const Record& record) { return record.version->HasValue(contacts.catalog, phone); });
  CHECK(Total(R"({"propertyName":"phone","operator":"HAS_PROPERTY"})") == with);
  CHECK(Total(R"({"propertyName":"phone","operator":"NOT_HAS_PROPERTY"})") ==
        Count([](const Record&) { return true; }) - with);
}

TEST_CASE_FIXTURE(SearchFixture, "groups are joined by or, a range by between") {
  Create(R"({"city":"Xanten","annualrevenue":"1500"})");
  Create(R"({"city":"Ypern","annualrevenue":"2500"})");
  test.now += 1000;
  CHECK(ParseAnswer(Ask(R"({"filterGroups":[{"filters":[)" + Filter("city", "EQ", "xanten") +
                        R"(]},{"filters":[)" + Filter("city", "EQ", "ypern") + "]}]}"))["total"]
            .GetInt() == 2);
  CHECK(Total(Filter("city", "EQ", "ypern") +
              R"(,{"propertyName":"annualrevenue","operator":"BETWEEN","value":"2500",)"
              R"("highValue":"2600"})") == 1);
}

TEST_CASE_FIXTURE(SearchFixture, "each limit of a search is enforced") {
  const auto refused = [&](const std::string& body) {
    test.now += 1000;
    return Ask(body).status == 400;
  };
  const std::string filter = Filter("city", "EQ", "x");
  const auto filters = [&](int count) {
    std::string list = filter;
    for (int i = 1; i < count; ++i) list += "," + filter;
    return R"({"filters":[)" + list + "]}";
  };
  const auto groups = [&](int count, int each) {
    std::string list = filters(each);
    for (int i = 1; i < count; ++i) list += "," + filters(each);
    return R"({"filterGroups":[)" + list + "]}";
  };
  CHECK(refused(R"({"limit":201})"));
  CHECK_FALSE(refused(R"({"limit":200})"));
  CHECK(refused(R"({"limit":100,"after":"9901"})"));
  CHECK_FALSE(refused(R"({"limit":100,"after":"9900"})"));
  CHECK(refused(groups(6, 1)));
  CHECK(refused(groups(1, 7)));
  CHECK(refused(groups(4, 5)));
  CHECK_FALSE(refused(groups(3, 6)));
  CHECK(refused(R"({"sorts":[{"propertyName":"city"},{"propertyName":"email"}]})"));
  CHECK(refused(R"({"filters":[)" + Filter("no_such_property", "EQ", "1") + "]}"));
  CHECK(refused(R"({"filters":[)" + Filter("city", "LIKE", "1") + "]}"));
  CHECK(refused(R"({"query":")" + std::string(3001, 'q') + "\"}"));
  CHECK(refused("nonsense"));
}

TEST_CASE_FIXTURE(SearchFixture, "what the 3,000 characters count is a switch") {
  const std::string wide = R"({"properties":[")" + std::string(3100, 'p') + "\"]}";
  const auto status = [&](const char* setting) {
    Set("search_length", setting);
    test.now += 1000;
    return Ask(wide).status;
  };
  CHECK(status("query") == 200);
  CHECK(status("filters") == 200);
  CHECK(status("body") == 400);
}

TEST_CASE_FIXTURE(SearchFixture, "the default is ten results, oldest first, paged by offset") {
  const HttpResponse first = Ask("{}");
  CHECK(IdsOf(first).size() == 10);
  CHECK(AfterOf(first) == "10");
  Instant before = 0;
  for (const RecordId id : IdsOf(first)) {
    CHECK(contacts.records.Find(id)->created >= before);
    before = contacts.records.Find(id)->created;
  }
  CHECK(IdsOf(Ask(R"({"after":"10"})")) != IdsOf(first));
}

TEST_CASE_FIXTURE(SearchFixture,
                  "search matches what the index holds and shows it, or the present, by switch") {
  const RecordId id = Create(R"({"city":"Xanten"})");
  test.now += 1000;
  CHECK(Total(Filter("city", "EQ", "xanten")) == 1);
  REQUIRE(test.Post("/_control/settings", R"({"index_delay":"1h"})").status == 200);
  REQUIRE(test.Post("/_control/mutate", R"({"kind":"update","id":")" + std::to_string(id) +
                                            R"(","properties":{"city":"Ypern"}})")
              .status == 200);
  const auto shown = [&](const char* setting) {
    Set("search_returns", setting);
    test.now += 1000;
    const auto document =
        ParseAnswer(AskFor(Filter("city", "EQ", "xanten"), R"(,"properties":["city"])"));
    REQUIRE(document["results"].Size() == 1);
    return std::string(document["results"][0]["properties"]["city"].GetString());
  };
  CHECK(shown("index") == "Xanten");
  CHECK(shown("primary") == "Ypern");
  REQUIRE(test.Post("/_control/mutate", R"({"kind":"archive","id":")" + std::to_string(id) + "\"}")
              .status == 200);
  CHECK(shown("primary") == "Xanten");
  test.now += 7 * 3600 * kSecond;
  CHECK(Total(Filter("city", "EQ", "xanten")) == 0);
  CHECK(Total(Filter("city", "EQ", "ypern")) == 0);
}

}  // namespace simulated_portal
