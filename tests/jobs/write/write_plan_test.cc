#include "jobs/write/write_plan.h"

#include <doctest/doctest.h>

namespace hubmirror {
namespace {

using Verdict = PlannedRow::Verdict;

PropertyDefinition Of(std::string name, std::string type, std::string field_type = "text") {
  return {.name = std::move(name), .type = std::move(type), .field_type = std::move(field_type)};
}

MirrorTable Contacts() {
  MirrorTable table{.object = *FindObjectType("contacts")};
  const auto add = [&](PropertyDefinition definition, ColumnType type = ColumnType::kText) {
    table.columns.push_back({.definition = std::move(definition), .type = type});
  };
  add(Of("city", "string"));
  add(Of("email", "string"));
  add(Of("score", "number"), ColumnType::kNumeric);
  add(Of("active", "bool"), ColumnType::kBoolean);
  add(Of("born", "date"), ColumnType::kDate);
  add(Of("met", "datetime"), ColumnType::kTimestamp);
  PropertyDefinition topics = Of("topics", "enumeration", "checkbox");
  topics.options = {{.value = "a"}, {.value = "b"}, {.value = "c"}};
  add(topics);
  PropertyDefinition stage = Of("stage", "enumeration", "select");
  stage.options = {{.value = "new"}, {.value = "won"}};
  add(stage);
  PropertyDefinition sum = Of("sum", "number");
  sum.calculated = true;
  add(sum, ColumnType::kNumeric);
  PropertyDefinition old = Of("old", "string");
  old.archived = true;
  add(old);
  add(Of("secret", "string"));
  table.columns.back().hashed_with = "key";
  add(Of("left_out", "string"));
  table.columns.back().excluded = true;
  add(Of("lastmodifieddate", "datetime"), ColumnType::kTimestamp);
  return table;
}

/// Rows of contacts, of which everything but `private` may be written.
struct WritePlanFixture {
  MirrorTable table = Contacts();
  std::vector<std::string> update = {"?*"};
  ConflictRule on_conflict = ConflictRule::kHold;
  std::map<std::string, ConflictRule> rules;

  WriteTerms terms() {
    return {.table = table, .update = update, .on_conflict = on_conflict, .rules = rules};
  }
  OutboxRow Row(WantedValue wanted) {
    return {.id = {1}, .record = {17}, .values = {std::move(wanted)}};
  }
  PlannedRow Plan(const OutboxRow& row, std::vector<PropertyText> now) {
    const std::map<RecordId, TargetNow> targets{{row.record, {row.record, std::move(now)}}};
    return PlanRows({row}, targets, terms()).front();
  }
  /// What becomes of one value: `send TEXT`, `equal`, `conflict` or `rejected`.
  std::string Of(const WantedValue& wanted, const std::string& now) {
    const PlannedRow plan = Plan(Row(wanted), {{wanted.property, now}});
    switch (plan.verdict) {
      case Verdict::kSend:
        return "send " + plan.send.at(0).value;
      case Verdict::kEqual:
        return "equal";
      case Verdict::kConflict:
        return "conflict";
      default:
        return "rejected " + plan.reason;
    }
  }
};

TEST_CASE_FIXTURE(WritePlanFixture, "write plan: one value against its base and HubSpot's") {
  struct Line {
    WantedValue wanted;
    const char* now;
    const char* outcome;
  };
  for (const Line& line : {
           Line{{.property = "city", .value = "Ulm", .base = "Bonn"}, "Bonn", "send Ulm"},
           Line{{.property = "city", .value = "Ulm", .base = "Bonn"}, "Ulm", "equal"},
           Line{{.property = "city", .value = "Ulm", .base = "Bonn"}, "Kiel", "conflict"},
           Line{{.property = "city", .value = "Ulm", .base = "Bonn"}, "", "conflict"},
           Line{{.property = "city", .value = "Ulm", .base = ""}, "", "send Ulm"},
           Line{{.property = "city", .value = "Ulm", .base = ""}, "Kiel", "conflict"},
           Line{{.property = "city", .value = "", .base = "Bonn"}, "Bonn", "send "},
           Line{{.property = "city", .value = "", .base = "Bonn"}, "", "equal"},
           Line{{.property = "city", .value = "Ulm"}, "Kiel", "send Ulm"},
           Line{{.property = "city", .value = "Ulm"}, "Ulm", "equal"},
           // As parsed values.
           Line{{.property = "score", .value = "2.50", .base = "1"}, "2.5", "equal"},
           Line{{.property = "score", .value = "3", .base = "2.50"}, "2.5", "send 3"},
           Line{{.property = "email", .value = "Jo@b.c", .base = "x@b.c"}, "jo@b.c", "equal"},
           Line{{.property = "topics", .value = "a;b", .base = "c"}, "b;a", "equal"},
           Line{{.property = "topics", .value = "c", .base = "a;b"}, "b;a", "send c"},
           Line{{.property = "met", .value = "2026-12-01T09:00:00Z", .base = ""},
                "2026-12-01T09:00:00.000Z",
                "equal"},
           // What an earlier row of ours wrote is nobody else's.
           Line{{.property = "city", .value = "Ulm", .base = "Bonn", .own = {"Kiel"}},
                "Kiel",
                "send Ulm"},
           Line{{.property = "score", .value = "3", .base = "1", .own = {"2.0"}}, "2", "send 3"},
           Line{{.property = "city", .value = "Ulm", .base = "Bonn", .own = {"Kiel"}},
                "Jena",
                "conflict"},
           // Adding is never a conflict.
           Line{{.property = "topics", .value = "b", .adds = true, .base = ""}, "a", "send a;b"},
           Line{{.property = "topics", .value = "b", .adds = true}, "b;c", "equal"},
           Line{{.property = "topics", .value = "b;c", .adds = true, .base = "b"},
                "a;b",
                "send a;b;c"},
           Line{{.property = "topics", .value = "b", .adds = true}, "", "send b"},
       }) {
    CAPTURE(line.wanted.property);
    CAPTURE(line.wanted.value);
    CAPTURE(line.now);
    CHECK(Of(line.wanted, line.now) == line.outcome);
  }
}

TEST_CASE_FIXTURE(WritePlanFixture,
                  "write plan: a conflict holds the whole row, and says on what") {
  OutboxRow row = Row({.property = "city", .value = "Ulm", .base = "Bonn"});
  row.values.push_back({.property = "score", .value = "2", .base = "1"});

  const PlannedRow plan = Plan(row, {{"city", "Kiel"}, {"score", "1"}});

  CHECK(plan.verdict == Verdict::kConflict);
  CHECK(plan.send.empty());
  CHECK(plan.message.starts_with("city changed in HubSpot"));
  CHECK(plan.message.find("Kiel") == std::string::npos);
  CHECK(plan.differs == std::vector<WriteDifference>{{.property = "city",
                                                      .wanted = "Ulm",
                                                      .shown = "Kiel",
                                                      .why = WriteDifference::Why::kTheirs}});
}

TEST_CASE_FIXTURE(WritePlanFixture, "write plan: a change of another property is no conflict") {
  const PlannedRow plan = Plan(Row({.property = "city", .value = "Ulm", .base = "Bonn"}),
                               {{"city", "Bonn"}, {"score", "99"}});

  CHECK(plan.verdict == Verdict::kSend);
}

TEST_CASE_FIXTURE(WritePlanFixture, "write plan: only what differs is sent") {
  OutboxRow row = Row({.property = "city", .value = "Ulm", .base = "Ulm"});
  row.values.push_back({.property = "score", .value = "2", .base = "1"});

  const PlannedRow plan = Plan(row, {{"city", "Ulm"}, {"score", "1"}});

  CHECK(plan.send == std::vector<PropertyText>{{"score", "2"}});
}

TEST_CASE_FIXTURE(WritePlanFixture, "write plan: the row's own rule goes before the general one") {
  OutboxRow row = Row({.property = "city", .value = "Ulm", .base = "Bonn"});
  on_conflict = ConflictRule::kOurs;
  CHECK(Plan(row, {{"city", "Kiel"}}).send.size() == 1);

  row.on_conflict = ConflictRule::kHold;
  CHECK(Plan(row, {{"city", "Kiel"}}).verdict == Verdict::kConflict);

  row.on_conflict = ConflictRule::kTheirs;
  row.values.push_back({.property = "score", .value = "2", .base = "1"});
  const PlannedRow plan = Plan(row, {{"city", "Kiel"}, {"score", "1"}});
  CHECK(plan.send == std::vector<PropertyText>{{"score", "2"}});
  CHECK(plan.differs.size() == 1);
  CHECK(Plan(row, {{"city", "Kiel"}, {"score", "2"}}).verdict == Verdict::kEqual);
}

TEST_CASE_FIXTURE(WritePlanFixture,
                  "W7: a property's rule comes after the row's own, and before the general one") {
  OutboxRow row = Row({.property = "city", .value = "Ulm", .base = "Bonn"});
  row.values.push_back({.property = "score", .value = "2", .base = "1"});
  const std::vector<PropertyText> newer = {{"city", "Kiel"}, {"score", "3"}};
  rules = {{"city", ConflictRule::kTheirs}, {"score", ConflictRule::kOurs}};

  const PlannedRow plan = Plan(row, newer);
  CHECK(plan.send == std::vector<PropertyText>{{"score", "2"}});
  REQUIRE(plan.differs.size() == 1);
  CHECK(plan.differs[0].property == "city");

  // Of what no rule names the general one counts, and it holds the whole row.
  rules.erase("city");
  CHECK(Plan(row, newer).verdict == Verdict::kConflict);
  on_conflict = ConflictRule::kTheirs;
  CHECK(Plan(row, newer).send == std::vector<PropertyText>{{"score", "2"}});

  row.on_conflict = ConflictRule::kHold;
  CHECK(Plan(row, newer).verdict == Verdict::kConflict);
}

TEST_CASE_FIXTURE(WritePlanFixture, "write plan: what an attempt of the row had sent is its work") {
  WantedValue wanted{.property = "city", .value = "Ulm", .base = "Bonn"};
  CHECK_FALSE(Plan(Row(wanted), {{"city", "Ulm"}}).by_itself);

  wanted.sent = "Ulm";
  const PlannedRow plan = Plan(Row(wanted), {{"city", "Ulm"}});
  CHECK(plan.verdict == Verdict::kEqual);
  CHECK(plan.by_itself);
  CHECK(Plan(Row(wanted), {{"city", "Bonn"}}).verdict == Verdict::kSend);
  CHECK(Plan(Row(wanted), {{"city", "Kiel"}}).verdict == Verdict::kConflict);
}

TEST_CASE_FIXTURE(WritePlanFixture, "write plan: what may not be written is rejected") {
  update = {"city", "scor?", "sum", "old", "secret", "left_out", "lastmodifieddate", "nothing"};
  for (const char* name :
       {"email", "sum", "old", "secret", "left_out", "lastmodifieddate", "nothing"}) {
    CAPTURE(name);
    const PlannedRow plan = Plan(Row({.property = name, .value = "1"}), {});
    CHECK(plan.verdict == Verdict::kRejected);
    CHECK(plan.reason == "property");
    CHECK(plan.message.starts_with(std::string(name) + " "));
  }
  CHECK(Of({.property = "score", .value = "1"}, "") == "send 1");
}

TEST_CASE_FIXTURE(WritePlanFixture, "write plan: no request is spent on a certain refusal") {
  struct Line {
    const char* property;
    const char* value;
    bool good;
  };
  for (const Line& line :
       {Line{"score", "two", false}, Line{"score", " 2", false}, Line{"score", "-2.5e3", true},
        Line{"active", "yes", false}, Line{"active", "false", true}, Line{"born", "soon", false},
        Line{"born", "2026-02-30", false}, Line{"born", "2026-02-01", true},
        Line{"met", "2026-02-01T10:00", false}, Line{"met", "2026-02-01T10:00:00+01:00", true},
        Line{"stage", "lost", false}, Line{"stage", "new;won", false}, Line{"stage", "won", true},
        Line{"topics", "a;z", false}, Line{"topics", "a;b", true}, Line{"city", " Ulm ", true},
        Line{"stage", "", true}, Line{"score", "", true}}) {
    CAPTURE(line.property);
    CAPTURE(line.value);
    const std::string outcome = Of({.property = line.property, .value = line.value}, "?");
    CHECK((outcome != "rejected invalid") == line.good);
  }
  CHECK(Of({.property = "city", .value = "x", .adds = true}, "") == "rejected invalid");
}

TEST_CASE_FIXTURE(WritePlanFixture, "write plan: a row follows its record into the survivor") {
  const OutboxRow row = Row({.property = "city", .value = "Ulm", .base = "Bonn"});
  const std::map<RecordId, TargetNow> targets{{{17}, {{42}, {{"city", "Bonn"}}}}};

  const PlannedRow plan = PlanRows({row}, targets, terms()).front();

  CHECK(plan.verdict == Verdict::kSend);
  CHECK(plan.record == RecordId{42});
}

TEST_CASE_FIXTURE(WritePlanFixture, "write plan: two rows of one record do not go together") {
  const OutboxRow of_loser = Row({.property = "city", .value = "Ulm"});
  OutboxRow of_survivor = Row({.property = "city", .value = "Jena"});
  of_survivor.id = {2};
  of_survivor.record = {42};
  const std::map<RecordId, TargetNow> targets{{{17}, {{42}}}, {{42}, {{42}}}};

  const auto plans = PlanRows({of_loser, of_survivor}, targets, terms());

  CHECK(plans[0].verdict == Verdict::kSend);
  CHECK(plans[1].verdict == Verdict::kLater);
}

TEST_CASE_FIXTURE(WritePlanFixture, "write plan: a record that is not there is never made") {
  const auto plans = PlanRows({Row({.property = "city", .value = "Ulm"})},
                              std::map<RecordId, TargetNow>{}, terms());

  CHECK(plans[0].verdict == Verdict::kGone);
}

TEST_CASE_FIXTURE(WritePlanFixture, "write plan: unread, everything is sent as it is") {
  const auto plans =
      PlanRows({Row({.property = "city", .value = "Ulm", .base = "Bonn"})}, std::nullopt, terms());

  CHECK(plans[0].send == std::vector<PropertyText>{{"city", "Ulm"}});
}

TEST_CASE_FIXTURE(WritePlanFixture, "write plan: who need not be read") {
  WriteTerms unchecked = terms();
  unchecked.check = false;
  OutboxRow row = Row({.property = "topics", .value = "a"});
  CHECK(NeedsReading(row, terms()));
  CHECK_FALSE(NeedsReading(row, unchecked));
  row.attempts = 1;
  CHECK(NeedsReading(row, unchecked));
  row.attempts = 0;
  row.values[0].adds = true;
  CHECK(NeedsReading(row, unchecked));
}

TEST_CASE_FIXTURE(WritePlanFixture, "write plan: what is read back in another form is told") {
  const auto differences =
      DifferencesOf({{"city", "Ulm"}, {"score", "2.50"}, {"email", "Jo@b.c"}, {"stage", "won"}},
                    {{"score", "2.5"}, {"email", "jo@b.c"}, {"stage", "new"}}, table);

  CHECK(differences ==
        std::vector<WriteDifference>{{.property = "city", .wanted = "Ulm", .shown = ""},
                                     {.property = "stage", .wanted = "won", .shown = "new"}});
}

}  // namespace
}  // namespace hubmirror
