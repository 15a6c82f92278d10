#include "hubspot/auth/scopes.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace hubmirror {
namespace {

struct Rule {
  std::string_view object;
  std::string_view scope;
};

// Where the scope is not named after the type. Engagements hang on the contacts scope; the contents
// of emails need one of their own.
constexpr std::array kRules = {
    Rule{"calls", "crm.objects.contacts.read"},
    Rule{"communications", "crm.objects.contacts.read"},
    Rule{"emails", "crm.objects.contacts.read"},
    Rule{"emails", "sales-email-read"},
    Rule{"goal_targets", "crm.objects.goals.read"},
    Rule{"meetings", "crm.objects.contacts.read"},
    Rule{"notes", "crm.objects.contacts.read"},
    Rule{"postal_mail", "crm.objects.contacts.read"},
    Rule{"tasks", "crm.objects.contacts.read"},
    Rule{"tickets", "tickets"},
};

std::vector<std::string> ScopesOf(const ObjectType& type) {
  const std::string& object = type.name;
  if (type.unresolved() || type.type_id.starts_with("2-")) {
    return {"crm.objects.custom.read", "crm.schemas.custom.read"};
  }
  if (type.unlisted()) return {};
  std::vector<std::string> scopes;
  for (const Rule& rule : kRules) {
    if (rule.object == object) scopes.emplace_back(rule.scope);
  }
  if (scopes.empty()) scopes.push_back("crm.objects." + object + ".read");
  return scopes;
}

/// What is needed to write where `scope` is needed to read; empty: nothing.
std::string WriteScopeOf(std::string_view scope) {
  constexpr std::string_view kRead = ".read";
  if (scope.starts_with("crm.schemas.")) return {};
  if (!scope.ends_with(kRead)) return std::string(scope);
  return std::string(scope.substr(0, scope.size() - kRead.size())) + ".write";
}

std::string Listed(const std::vector<std::string>& objects) {
  std::string text;
  for (size_t i = 0; i < objects.size(); ++i) {
    if (i > 0) text += i + 1 == objects.size() ? " and " : ", ";
    text += objects[i];
  }
  return text;
}

std::string Consequence(const ScopeNeed& need) {
  if (need.scope == "sales-email-read") {
    return "emails are refused, or come with subject and body redacted";
  }
  return Listed(need.objects) + " cannot be read";
}

void Add(std::vector<ScopeNeed>& needs, std::string_view scope, const std::string& object) {
  const auto known = std::find_if(needs.begin(), needs.end(),
                                  [&](const ScopeNeed& need) { return need.scope == scope; });
  if (known != needs.end()) {
    known->objects.push_back(object);
  } else {
    needs.push_back({.scope = std::string(scope), .objects = {object}});
  }
}

}  // namespace

std::vector<ScopeNeed> ScopesFor(const std::vector<ObjectType>& objects,
                                 const std::vector<ObjectType>& written) {
  std::vector<ScopeNeed> needs;
  for (const ObjectType& object : objects) {
    for (const std::string& scope : ScopesOf(object)) Add(needs, scope, object.name);
  }
  for (ScopeNeed& need : needs) need.without = Consequence(need);
  for (ScopeNeed& need : WriteScopesFor(written)) {
    const bool asked = std::ranges::find(needs, need.scope, &ScopeNeed::scope) != needs.end();
    if (!asked) needs.push_back(std::move(need));
  }
  needs.push_back({.scope = "oauth", .without = "the account's id cannot be checked"});
  return needs;
}

std::vector<ScopeNeed> WriteScopesFor(const std::vector<ObjectType>& written) {
  std::vector<ScopeNeed> needs;
  for (const ObjectType& object : written) {
    for (const std::string& scope : ScopesOf(object)) {
      const std::string write = WriteScopeOf(scope);
      if (!write.empty()) Add(needs, write, object.name);
    }
  }
  for (ScopeNeed& need : needs) need.without = Listed(need.objects) + " cannot be written";
  return needs;
}

std::vector<ScopeNeed> MissingScopes(const std::vector<ScopeNeed>& needs,
                                     const std::vector<std::string>& granted) {
  std::vector<ScopeNeed> missing;
  for (const ScopeNeed& need : needs) {
    const bool held = std::find(granted.begin(), granted.end(), need.scope) != granted.end();
    if (!held) missing.push_back(need);
  }
  return missing;
}

}  // namespace hubmirror
