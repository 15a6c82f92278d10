#include "jobs/named_properties.h"

#include <doctest/doctest.h>

#include <memory>

namespace hubmirror {
namespace {

StreamPlan Contacts() {
  return {.object = *FindObjectType("contacts")};
}

std::vector<PropertyDefinition> Defined(const std::vector<std::string>& names) {
  std::vector<PropertyDefinition> definitions;
  for (const std::string& name : names) definitions.emplace_back().name = name;
  return definitions;
}

std::string TextOf(const std::vector<NameComplaint>& complaints) {
  std::string text;
  for (const NameComplaint& complaint : complaints) {
    text += complaint.key + " " + complaint.said + ": " + complaint.next + "\n";
  }
  return text;
}

TEST_CASE("named properties: patterns and columns of the envelope name none") {
  StreamPlan stream = Contacts();
  stream.columns = {"a"};
  stream.indexes = {"created_at", "lower(b)"};
  stream.selection.include = {"hs_*", "c", "d?"};
  stream.history = {"e"};
  std::string names;
  for (const NamedProperty& named : NamedProperties(stream)) {
    names += named.key + "=" + named.name + " ";
  }
  CHECK(names == "columns=a indexes=b properties.include=c history=e ");
  CHECK(FindUnlisted(stream, Defined({"a", "e"})) == std::set<std::string>{"b", "c"});
}

TEST_CASE("named properties: what is left out by a pattern is not asked for, and said") {
  StreamPlan stream = Contacts();
  stream.columns = {"hs_secret"};
  stream.selection.exclude = {"hs_*"};
  CHECK(FindUnlisted(stream, {}).empty());
  CHECK(TextOf(ComplainOfNames(stream, Defined({"hs_secret"}), {})) ==
        "columns names hs_secret, which properties.exclude leaves out: take it out of one of the "
        "two\n");
}

TEST_CASE("named properties: an archived one, and patterns without a match, are said") {
  StreamPlan stream = Contacts();
  stream.columns = {"old"};
  stream.selection.hash = {"emial"};
  stream.selection.include = {"e*", "zz*"};
  auto definitions = Defined({"email", "old"});
  definitions[1].archived = true;
  CHECK(TextOf(ComplainOfNames(stream, definitions, {})) ==
        "columns names old, which is archived in HubSpot: restore it there, or take the name out\n"
        "properties.include names zz*, which no property of contacts fits: correct the name, or "
        "remove it; sensitive ones need `properties.sensitive: true`\n"
        "properties.hash names emial, which no property of contacts fits: did you mean email? "
        "correct the name, or remove it\n");
}

TEST_CASE("named properties: a list that is meant for other objects, too, names none of this one") {
  StreamPlan stream = Contacts();
  stream.selection.include = {"email", "dealstage"};
  stream.shared_lists = {"properties.include"};
  CHECK(NamedProperties(stream).empty());
  const auto complaints = ComplainOfNames(stream, Defined({"email"}), {});
  REQUIRE(complaints.size() == 1);
  CHECK(complaints[0].said == "names dealstage, which no property of contacts fits");
  CHECK(complaints[0].shared);
}

TEST_CASE("named properties: who is refused is found among many in few requests") {
  std::set<std::string> names;
  for (int i = 10; i < 74; ++i) names.insert("p" + std::to_string(i));
  UnlistedProbe probe(names);
  int requests = 0;
  while (const PropertySetPtr asked = probe.Next()) {
    ++requests;
    if (asked->Index("p40")) {
      CHECK(probe.Failed({.kind = ApiErrorKind::kBadRequest, .status = 400}));
    } else {
      probe.Answered({.properties = asked});
    }
  }
  CHECK(requests == 13);
  CHECK(probe.answers().refused == std::set<std::string>{"p40"});
  CHECK(probe.answers().Asked().size() == 63);
}

TEST_CASE("named properties: what cannot be answered leaves the name asked for") {
  UnlistedProbe probe({"huge"});
  CHECK(probe.Failed({.kind = ApiErrorKind::kTooLarge}));
  CHECK(probe.Next() == nullptr);
  CHECK(probe.answers().Asked() == std::set<std::string>{"huge"});

  UnlistedProbe waiting({"a"});
  CHECK_FALSE(waiting.Failed({.kind = ApiErrorKind::kForbidden, .status = 403}));
  CHECK(waiting.Next() != nullptr);
}

}  // namespace
}  // namespace hubmirror
