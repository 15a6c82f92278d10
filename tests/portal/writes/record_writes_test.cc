#include "writes/record_writes.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "test_portal.h"

namespace simulated_portal {
namespace {

const std::string kPath = "/crm/objects/2026-09/contacts";
constexpr const char* kTaskPath = "/crm/objects/2026-09/tasks";

/// Settings under which nothing depends on a draw.
TestPortal::SwitchList Plain(TestPortal::SwitchList more = {}) {
  TestPortal::SwitchList list = {
      {"batch_order", "as_asked"},      {"write_trace_ids", "shown"},
      {"update_trace_ids", "honoured"}, {"write_answer", "stored"},
      {"unwritable_values", "refused"}, {"equal_update", "stays"},
      {"missing_record", "json"},       {"refused_batch", "nothing_written"},
      {"cleared_values", "empty"}};
  list.insert(list.end(), more.begin(), more.end());
  return list;
}

using With = TestPortal::SwitchList;

struct Writes {
  explicit Writes(With more = {}) : test(Plain(std::move(more)), 50) {}

  HttpResponse Create(const std::string& properties) {
    return test.Post(kPath, R"({"associations":[],"properties":{)" + properties + "}}");
  }
  HttpResponse Batch(const std::string& what, const std::string& inputs) {
    return test.Post(kPath + "/batch/" + what, R"({"inputs":[)" + inputs + "]}");
  }
  std::string IdOf(const HttpResponse& answer) {
    REQUIRE(answer.status == 201);
    return ParseAnswer(answer)["id"].GetString();
  }
  std::string Stored(const std::string& id, const std::string& property) {
    const Record* record = test.contacts().records.Find(std::stoll(id));
    const PropertyCatalog& catalog = test.contacts().catalog;
    return record->version->Value(catalog, *catalog.Find(property)).value_or("");
  }
  std::string Modified(const std::string& id) { return Stored(id, "lastmodifieddate"); }
  RecordState StateOf(const std::string& id) {
    return test.contacts().records.Find(std::stoll(id))->state;
  }
  /// The lines of the journal.
  size_t Noted() { return test.portal().writes.entries().size(); }

  TestPortal test;
};

std::string Code(const HttpResponse& answer) {
  const rapidjson::Document document = ParseAnswer(answer);
  return document["errors"][0]["code"].GetString();
}

TEST_CASE("what the schema of a type requires, a new record must have") {
  Writes writes;
  writes.test.Post("/_control/schema", R"({"object":"contacts","required":["city","lastname"]})");
  const HttpResponse refused = writes.Create(R"("city":"Ulm","firstname":"F")");
  CHECK(refused.status == 400);
  CHECK(Code(refused) == "MISSING_REQUIRED_PROPERTY");
  CHECK(refused.body.find("lastname") != std::string::npos);
  const std::string id = writes.IdOf(writes.Create(R"("city":"Ulm","lastname":"L")"));
  // An update may leave it out.
  CHECK(writes.test.Send("PATCH", kPath + "/" + id, R"({"properties":{"firstname":"F"}})").status ==
        200);
}

}  // namespace

TEST_CASE("a record that is created is read, listed and found as it was written") {
  Writes writes;
  const HttpResponse answer = writes.Create(R"("email":"Ada@Example.org","firstname":"Ada")");
  const std::string id = writes.IdOf(answer);
  CHECK(std::string(ParseAnswer(answer)["properties"]["email"].GetString()) == "ada@example.org");
  const HttpResponse read = writes.test.Get(kPath + "/" + id + "?properties=firstname");
  CHECK(read.body.find("\"firstname\":\"Ada\"") != std::string::npos);
  const HttpResponse by_email = writes.test.Post(
      kPath + "/batch/read", R"({"idProperty":"email","inputs":[{"id":"ADA@example.org"}]})");
  CHECK(IdsOf(by_email) == std::vector<RecordId>{std::stoll(id)});
  const auto& noted = writes.test.portal().writes.entries().back();
  CHECK(noted.op == "create");
  CHECK(noted.sent.front().second == "Ada@Example.org");
}

TEST_CASE("an update moves the stamp, clears by an empty text, and leaves the rest alone") {
  Writes writes;
  const std::string id =
      writes.IdOf(writes.Create(R"("email":"a@example.org","firstname":"A","city":"Ulm")"));
  const std::string before = writes.Modified(id);
  writes.test.now += 5000;
  const HttpResponse answer =
      writes.test.Send("PATCH", kPath + "/" + id, R"({"properties":{"firstname":"B","city":""}})");
  CHECK(answer.status == 200);
  CHECK(writes.Stored(id, "firstname") == "B");
  CHECK(writes.Stored(id, "city").empty());
  CHECK(writes.Stored(id, "email") == "a@example.org");
  CHECK(writes.Modified(id) > before);
}

TEST_CASE("equal_update: whether a write of equal values moves the stamp") {
  for (const bool moves : {false, true}) {
    Writes writes(With{{"equal_update", moves ? "moves" : "stays"}});
    const std::string id = writes.IdOf(writes.Create(R"("email":"a@example.org")"));
    const std::string before = writes.Modified(id);
    writes.test.now += 5000;
    writes.test.Send("PATCH", kPath + "/" + id, R"({"properties":{"email":"a@example.org"}})");
    CHECK((writes.Modified(id) != before) == moves);
  }
}

TEST_CASE("values are refused in HubSpot's words, with the property at fault") {
  Writes writes;
  const auto refused = [&](const std::string& properties) {
    const HttpResponse answer = writes.Create(R"("lastname":"L",)" + properties);
    CHECK(answer.status == 400);
    CHECK(answer.body.find("Property values were not valid: [{") != std::string::npos);
    return Code(answer);
  };
  CHECK(refused(R"("no_such_property":"1")") == "PROPERTY_DOESNT_EXIST");
  CHECK(refused(R"("lifecyclestage":"nobody")") == "INVALID_OPTION");
  CHECK(refused(R"("email":"nobody")") == "INVALID_EMAIL");
  CHECK(refused(R"("hs_object_id":"7")") == "READ_ONLY_VALUE");
  const auto of_type = [&](std::string_view type) {
    for (const PropertyDefinition& one : writes.test.contacts().catalog.all()) {
      const bool writable = one.kind > ValueKind::kAssignedText && !one.calculated && !one.archived;
      if (one.type == type && writable) return one.name;
    }
    return std::string();
  };
  CHECK(refused("\"" + of_type("number") + R"(":"seven")") == "INVALID_INTEGER");
  CHECK(refused("\"" + of_type("number") + R"(":" 7")") == "LEADING_TRAILING_WHITESPACE");
  CHECK(refused("\"" + of_type("datetime") + R"(":"soon")") == "INVALID_DATE");
  CHECK(writes.test.Post(kPath, R"({"associations":[],"properties":{}})").status == 400);
  CHECK(writes.test.Post(kPath, "{").status == 400);
  CHECK(writes.Noted() == 0);
}

TEST_CASE("unwritable_values: ignored are read-only values, and unknown names of activities") {
  Writes writes(With{{"unwritable_values", "ignored"}});
  const std::string id =
      writes.IdOf(writes.Create(R"("email":"a@example.org","hs_object_id":"7")"));
  CHECK(writes.Stored(id, "hs_object_id") == id);
  CHECK(writes.Create(R"("email":"b@example.org","no_such_property":"7")").status == 400);
  const HttpResponse task = writes.test.Post(
      kTaskPath, R"({"properties":{"hs_timestamp":"1767225600000","no_such_property":"7"}})");
  CHECK(task.status == 201);
}

TEST_CASE("null_value: null clears, or is refused") {
  for (const bool clears : {true, false}) {
    Writes writes(With{{"null_value", clears ? "clears" : "refused"}});
    const std::string id = writes.IdOf(writes.Create(R"("email":"a@example.org","city":"Ulm")"));
    const HttpResponse answer =
        writes.test.Send("PATCH", kPath + "/" + id, R"({"properties":{"city":null}})");
    CHECK(answer.status == (clears ? 200 : 400));
    CHECK(writes.Stored(id, "city") == (clears ? "" : "Ulm"));
  }
}

TEST_CASE("a second record with the same e-mail is a conflict that names the first") {
  Writes writes;
  const std::string id = writes.IdOf(writes.Create(R"("email":"a@example.org")"));
  const HttpResponse answer = writes.Create(R"("email":"A@example.org")");
  CHECK(answer.status == 409);
  CHECK(std::string(ParseAnswer(answer)["message"].GetString()) ==
        "Contact already exists. Existing ID: " + id);
}

TEST_CASE("archived_unique and unique_case: who holds a value, and which one") {
  for (const bool taken : {true, false}) {
    for (const bool folded : {true, false}) {
      Writes writes(With{{"archived_unique", taken ? "taken" : "free"},
                         {"unique_case", folded ? "folded" : "exact"}});
      REQUIRE(
          writes.test
              .Post("/_control/mutate", R"({"kind":"property_add","name":"own_key","unique":true})")
              .status == 200);
      const std::string id = writes.IdOf(writes.Create(R"("lastname":"L","own_key":"k-1")"));
      const HttpResponse again = writes.Create(R"("lastname":"L","own_key":"k-1")");
      CHECK(again.status == 400);
      CHECK(Code(again) == "CONFLICTING_UNIQUE_VALUE");
      const int other_case = writes.Create(R"("lastname":"L","own_key":"K-1")").status;
      CHECK(other_case == (folded ? 400 : 201));
      CHECK(writes.test.Send("DELETE", kPath + "/" + id, "").status == 204);
      const int after = writes.Create(R"("lastname":"L","own_key":"k-1")").status;
      CHECK(after == (taken ? 400 : 201));
    }
  }
}

TEST_CASE("with trace ids the bad ones of a batch are named, and the others written") {
  Writes writes;
  const HttpResponse answer = writes.Batch(
      "create",
      R"({"objectWriteTraceId":"t1","properties":{"email":"a@example.org"},"associations":[]},
         {"objectWriteTraceId":"t2","properties":{"email":"nobody"},"associations":[]},
         {"objectWriteTraceId":"t3","properties":{"email":"c@example.org"},"associations":[]})");
  CHECK(answer.status == 207);
  const rapidjson::Document document = ParseAnswer(answer);
  CHECK(document["results"].Size() == 2);
  CHECK(std::string(document["results"][1]["objectWriteTraceId"].GetString()) == "t3");
  CHECK(document["numErrors"].GetInt() == 1);
  CHECK(std::string(document["errors"][0]["context"]["objectWriteTraceId"][0].GetString()) == "t2");
  CHECK(writes.Noted() == 2);
  CHECK(writes
            .Batch("create", R"({"objectWriteTraceId":"t","properties":{"lastname":"1"}},
                                {"objectWriteTraceId":"t","properties":{"lastname":"2"}})")
            .status == 400);
}

TEST_CASE("write_trace_ids: results repeat them only by switch") {
  Writes writes(With{{"write_trace_ids", "absent"}});
  const HttpResponse answer =
      writes.Batch("create", R"({"objectWriteTraceId":"t1","properties":{"lastname":"L"}})");
  CHECK(answer.status == 201);
  CHECK(answer.body.find("objectWriteTraceId") == std::string::npos);
}

TEST_CASE("refused_batch: without trace ids one bad input refuses all, or so it says") {
  for (const bool others : {false, true}) {
    Writes writes(With{{"refused_batch", others ? "others_written" : "nothing_written"}});
    const HttpResponse answer = writes.Batch("create", R"({"properties":{"email":"a@example.org"}},
                                  {"properties":{"email":"nobody"}})");
    CHECK(answer.status == 400);
    CHECK(writes.Noted() == (others ? 1 : 0));
  }
}

TEST_CASE("update_trace_ids: an unknown id among good ones") {
  for (const bool honoured : {true, false}) {
    Writes writes(With{{"update_trace_ids", honoured ? "honoured" : "ignored"}});
    const std::string id = writes.IdOf(writes.Create(R"("email":"a@example.org")"));
    const HttpResponse answer = writes.Batch("update", R"({"objectWriteTraceId":"1","id":")" + id +
                                                           R"(","properties":{"city":"Ulm"}},
                         {"objectWriteTraceId":"2","id":"3","properties":{"city":"Ulm"}})");
    CHECK(answer.status == (honoured ? 207 : 404));
    CHECK(answer.body.find("OBJECT_NOT_FOUND") != std::string::npos);
    CHECK(writes.Stored(id, "city") == (honoured ? "Ulm" : ""));
  }
}

TEST_CASE("two inputs that are one record refuse the whole batch") {
  Writes writes;
  const std::string id = writes.IdOf(writes.Create(R"("email":"a@example.org")"));
  const std::string input =
      R"({"objectWriteTraceId":"1","id":")" + id + R"(","properties":{"city":"Ulm"}})";
  std::string second = input;
  second.replace(second.find("\"1\""), 3, "\"2\"");
  CHECK(writes.Batch("update", input + "," + second).status == 400);
  CHECK(writes
            .Batch("create", R"({"objectWriteTraceId":"1","properties":{"email":"x@example.org"}},
                                {"objectWriteTraceId":"2","properties":{"email":"X@example.org"}})")
            .status == 400);
  CHECK(writes.Stored(id, "city").empty());
}

TEST_CASE("upserts go by a unique property and say what was new") {
  Writes writes;
  const std::string id = writes.IdOf(writes.Create(R"("email":"a@example.org")"));
  const HttpResponse answer =
      writes.Batch("upsert",
                   R"({"idProperty":"email","id":"A@example.org","properties":{"city":"Ulm"}},
         {"idProperty":"email","id":"new@example.org","properties":{"city":"Bonn"}})");
  CHECK(answer.status == 200);
  const rapidjson::Document document = ParseAnswer(answer);
  CHECK_FALSE(document["results"][0]["new"].GetBool());
  CHECK(document["results"][1]["new"].GetBool());
  CHECK(writes.Stored(id, "city") == "Ulm");
  const HttpResponse by_city =
      writes.Batch("upsert", R"({"idProperty":"city","id":"Ulm","properties":{"firstname":"A"}})");
  CHECK(by_city.status == 400);
  CHECK(by_city.body.find("non-unique 0-1 property") != std::string::npos);
  // By e-mail all or nothing, whatever the trace ids say.
  const HttpResponse partial = writes.Batch(
      "upsert",
      R"({"objectWriteTraceId":"1","idProperty":"email","id":"n@example.org","properties":{}},
         {"objectWriteTraceId":"2","idProperty":"email","id":"nobody","properties":{"email":"no"}})");
  CHECK(partial.status == 400);
}

TEST_CASE("what was merged away is written under its old id one by one, not in a batch") {
  Writes writes(With{{"merge_id", "primary"}});
  const std::string primary = writes.IdOf(writes.Create(R"("email":"a@example.org")"));
  const std::string loser = writes.IdOf(writes.Create(R"("email":"b@example.org")"));
  REQUIRE(writes.test
              .Post("/_control/mutate",
                    R"({"kind":"merge","id":")" + primary + R"(","loser":")" + loser + "\"}")
              .status == 200);
  CHECK(writes.Batch("update", R"({"id":")" + loser + R"(","properties":{"city":"Ulm"}})").status ==
        404);
  CHECK(
      writes.test.Send("PATCH", kPath + "/" + loser, R"({"properties":{"city":"Bonn"}})").status ==
      200);
  CHECK(writes.Stored(primary, "city") == "Bonn");
  // The survivor answers for the other's address.
  CHECK(writes.Create(R"("email":"b@example.org")").status == 409);
}

TEST_CASE("archiving twice is no error, and nothing writes to what is archived") {
  Writes writes;
  const std::string id = writes.IdOf(writes.Create(R"("email":"a@example.org")"));
  CHECK(writes.Batch("archive", R"({"id":")" + id + "\"}").status == 204);
  CHECK(writes.StateOf(id) == RecordState::kArchived);
  CHECK(writes.test.Send("DELETE", kPath + "/" + id, "").status == 204);
  CHECK(writes.test.Send("PATCH", kPath + "/" + id, R"({"properties":{"city":"Ulm"}})").status ==
        404);
  CHECK(writes.test.Send("DELETE", kPath + "/3", "").status == 404);
}

TEST_CASE("activity_archive: e-mails go for good, notes by switch, tasks never") {
  for (const bool for_good : {false, true}) {
    Writes writes(With{{"activity_archive", for_good ? "for_good" : "recycled"}});
    const auto state = [&](const std::string& type, const std::string& more) {
      const std::string path = "/crm/objects/2026-09/" + type;
      const HttpResponse made =
          writes.test.Post(path, R"({"properties":{"hs_timestamp":"1767225600000")" + more + "}}");
      const std::string id = writes.IdOf(made);
      CHECK(writes.test.Send("DELETE", path + "/" + id, "").status == 204);
      return writes.test.portal().objects[FindObjectType(type)].records.Find(std::stoll(id))->state;
    };
    CHECK(state("emails", R"(,"hs_email_direction":"EMAIL")") == RecordState::kPurged);
    CHECK(state("tasks", "") == RecordState::kArchived);
    CHECK(state("notes", "") == (for_good ? RecordState::kPurged : RecordState::kArchived));
  }
}

TEST_CASE("phone_values and write_answer: what is stored and what the answer shows") {
  for (const bool formatted : {false, true}) {
    Writes writes(
        With{{"phone_values", formatted ? "formatted" : "kept"}, {"write_answer", "sent"}});
    const HttpResponse answer = writes.Create(R"("lastname":"L","phone":"+49 (30) 12-34")");
    const std::string id = writes.IdOf(answer);
    CHECK(std::string(ParseAnswer(answer)["properties"]["phone"].GetString()) == "+49 (30) 12-34");
    CHECK(writes.Stored(id, "phone") == (formatted ? "+49301234" : "+49 (30) 12-34"));
  }
}

TEST_CASE("an option can be added to those of a checkbox") {
  Writes writes;
  const auto& all = writes.test.contacts().catalog.all();
  const auto property = std::ranges::find_if(all, [](const PropertyDefinition& one) {
    return one.field_type == "checkbox" && one.options.size() > 1 && !one.archived;
  });
  REQUIRE(property != all.end());
  const std::string first = property->options[0];
  const std::string second = property->options[1];
  const std::string name = property->name;
  const std::string id =
      writes.IdOf(writes.Create(R"("lastname":"L",")" + name + "\":\"" + first + "\""));
  const std::string body = R"({"properties":{")" + name + "\":\";" + second + ";" + first + "\"}}";
  CHECK(writes.test.Send("PATCH", kPath + "/" + id, body).status == 200);
  CHECK(writes.Stored(id, name) == first + ";" + second);
}

TEST_CASE("writing needs its own scope, and that of e-mails beside it") {
  Writes writes;
  AccessTokens& tokens = writes.test.portal().tokens;
  tokens.SetScopes("", {"crm.objects.contacts.read", "sales-email-read"});
  const HttpResponse answer = writes.Create(R"("email":"a@example.org")");
  CHECK(answer.status == 403);
  CHECK(answer.body.find("crm.objects.contacts.write") != std::string::npos);
  tokens.SetScopes("", {"crm.objects.contacts.write"});
  CHECK(writes.Create(R"("email":"a@example.org")").status == 201);
  const std::string mail =
      R"({"properties":{"hs_timestamp":"1767225600000","hs_email_direction":"EMAIL"}})";
  CHECK(writes.test.Post("/crm/objects/2026-09/emails", mail).status == 403);
  CHECK(writes.test.Post(kTaskPath, R"({"properties":{"hs_timestamp":"1767225600000"}})").status ==
        201);
}

TEST_CASE("a batch has at most 100 inputs, and at least one") {
  Writes writes;
  std::string inputs;
  for (int i = 0; i < 101; ++i) {
    inputs += std::string(i > 0 ? "," : "") + R"({"properties":{"lastname":"L"}})";
  }
  CHECK(writes.Batch("create", inputs).status == 400);
  CHECK(writes.Batch("create", "").status == 400);
  CHECK(writes.Noted() == 0);
}

TEST_CASE("new records are linked with what their creation names") {
  Writes writes;
  const std::string other = writes.IdOf(writes.Create(R"("email":"a@example.org")"));
  const size_t tasks = FindObjectType("tasks");
  const LinkStore::Pair pair = LinkStore::PairOf(kContacts, tasks);
  const auto kinds = LinkStore::KindsOf(pair);
  const auto body = [&](int64_t type_id, const std::string& to) {
    return R"({"properties":{"hs_timestamp":"1767225600000"},"associations":[{"to":{"id":")" + to +
           R"("},"types":[{"associationCategory":"HUBSPOT_DEFINED","associationTypeId":)" +
           std::to_string(type_id) + "}]}]}";
  };
  const std::string task = writes.IdOf(writes.test.Post(kTaskPath, body(kinds[0].back_id, other)));
  const auto links = writes.test.portal().links.LinksOf(tasks, std::stoll(task), kContacts);
  CHECK(links.contains(std::stoll(other)));
  // The number belongs to a direction.
  CHECK(writes.test.Post(kTaskPath, body(kinds[0].ahead_id, other)).status == 400);
  CHECK(writes.test.Post(kTaskPath, body(kinds[0].back_id, "3")).status == 404);
}

TEST_CASE("an answer can be lost, turned into an error or slowed down after the work was done") {
  for (const char* kind : {"lost_answer", "late_status", "slow"}) {
    CAPTURE(kind);
    Writes writes;
    REQUIRE(writes.test
                .Post("/_control/faults",
                      R"({"faults":[{"match":"/crm/objects/","method":"POST","status":504,)"
                      R"("seconds":7,"kind":")" +
                          std::string(kind) + "\"}]}")
                .status == 200);
    const HttpResponse answer = writes.Create(R"("email":"a@example.org")");
    CHECK(writes.Noted() == 1);
    if (kind == std::string("lost_answer")) CHECK(answer.status == 0);
    if (kind == std::string("late_status")) CHECK(answer.status == 504);
    if (kind == std::string("slow")) CHECK(answer.delay >= 7000);
    CHECK(writes.Create(R"("email":"a@example.org")").status == 409);
  }
}

TEST_CASE("the work can be done long after the connection was lost") {
  Writes writes;
  REQUIRE(writes.test
              .Post("/_control/faults",
                    R"({"faults":[{"match":"/crm/objects/","kind":"late_work","seconds":90}]})")
              .status == 200);
  CHECK(writes.Create(R"("email":"a@example.org")").status == 0);
  writes.test.now += 89'000;
  const std::string asked = R"({"idProperty":"email","inputs":[{"id":"a@example.org"}]})";
  CHECK(IdsOf(writes.test.Post(kPath + "/batch/read", asked)).empty());
  writes.test.now += 2000;
  CHECK(IdsOf(writes.test.Post(kPath + "/batch/read", asked)).size() == 1);
  CHECK(writes.test.portal().writes.entries().front().at == writes.test.now - 1000);
  writes.test.now += 500'000;
  CHECK(IdsOf(writes.test.Post(kPath + "/batch/read", asked)).size() == 1);
  CHECK(writes.Noted() == 1);
}

TEST_CASE("somebody else can be first with the same properties of the same records") {
  Writes writes;
  const std::string id =
      writes.IdOf(writes.Create(R"("email":"a@example.org","firstname":"before")"));
  REQUIRE(
      writes.test
          .Post("/_control/faults", R"({"faults":[{"match":"batch/update","kind":"overtaken"}]})")
          .status == 200);
  CHECK(writes.Batch("update", R"({"id":")" + id + R"(","properties":{"firstname":"ours"}})")
            .status == 200);
  CHECK(writes.Stored(id, "firstname") == "ours");
  const Record& record = *writes.test.contacts().records.Find(std::stoll(id));
  const PropertyCatalog& catalog = writes.test.contacts().catalog;
  REQUIRE(record.former.size() == 2);
  const auto theirs = record.former.back().version->Value(catalog, *catalog.Find("firstname"));
  CHECK(theirs != "before");
  CHECK(theirs != "ours");
}

TEST_CASE("the journal tells what was written, in order") {
  Writes writes;
  const std::string id = writes.IdOf(writes.Create(R"("email":"a@example.org")"));
  writes.Batch("update", R"({"objectWriteTraceId":"t7","id":")" + id +
                             R"(","properties":{"firstname":"Zoë"}})");
  writes.test.Send("DELETE", kPath + "/" + id, "");
  const std::string journal = writes.test.Get("/_control/writes/1234567?after=1").body;
  CHECK(journal.find(R"("number":2,)") != std::string::npos);
  CHECK(journal.find(R"("op":"update","object":"contacts","id":")" + id +
                     R"(","trace_id":"t7","properties":{"firstname":"Zoë"})") != std::string::npos);
  CHECK(journal.find(R"("number":3,)") != std::string::npos);
  CHECK(journal.find(R"("number":1,)") == std::string::npos);
}

}  // namespace simulated_portal
