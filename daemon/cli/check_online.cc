#include "daemon/cli/check_online.h"

#include <algorithm>
#include <map>
#include <utility>

#include "daemon/cli/check_webhooks.h"
#include "daemon/cli/hubspot.h"
#include "jobs/reference/wanted_layout.h"
#include "mirror/property_selector.h"
#include "model/portal/custom_type.h"

namespace hubmirror {
namespace {

ConfigProblem Unasked(const PortalKey& portal, const std::string& path, const ApiError& error) {
  return {.severity = Severity::kWarning,
          .path = path,
          .what = "HubSpot could not be asked: " + error.message,
          .next = "`hubmirror portal test " + portal + "` says what the token lacks"};
}

/// Such as a missing scope: other types may be answered for.
bool ConcernsOneType(const ApiError& error) {
  return error.kind == ApiErrorKind::kForbidden || error.kind == ApiErrorKind::kNotFound ||
         error.kind == ApiErrorKind::kBadRequest;
}

/// What HubSpot does not have, or sets itself, of what writers may update.
void CheckWritten(const StreamPlan& stream, const std::vector<PropertyDefinition>& definitions,
                  const std::string& path, ConfigProblems& problems) {
  for (const std::string& name : stream.write.update) {
    bool found = false;
    bool calculated = true;
    for (const PropertyDefinition& property : definitions) {
      if (property.archived || !FitsPattern(property.name, name)) continue;
      found = true;
      calculated = calculated && property.calculated;
    }
    if (found && !calculated) continue;
    problems.push_back(
        {.severity = Severity::kWarning,
         .path = path,
         .what = "names " + name + ", which " +
                 (found ? "HubSpot calculates" : "no property of " + stream.object.name + " fits"),
         .next = found ? "remove it: nobody can write it"
                       : "correct the name, or make the property in HubSpot"});
  }
}

void CheckKey(const PortalKey& portal, const StreamPlan& stream,
              const std::vector<PropertyDefinition>& definitions, const std::string& path,
              ConfigProblems& problems) {
  if (auto complaint = ComplainOfKey(portal, stream, definitions)) {
    problems.push_back({.severity = Severity::kWarning,
                        .path = path,
                        .what = std::move(complaint->said),
                        .next = std::move(complaint->next)});
  }
}

/// What no record of a custom type is made without, and no row can set.
void CheckRequired(const StreamPlan& stream, const std::vector<std::string>& required,
                   const std::vector<PropertyDefinition>& definitions, const std::string& path,
                   ConfigProblems& problems) {
  if (!stream.write.create) return;
  const PropertySelector selector(stream.object, stream.selection, "");
  for (const std::string& name : required) {
    if (name == stream.write.key_property) continue;
    const auto found = std::ranges::find(definitions, name, &PropertyDefinition::name);
    const bool there = found != definitions.end() && !found->archived;
    if (there && !found->calculated && selector.Includes(*found)) continue;
    problems.push_back(
        {.severity = Severity::kWarning,
         .path = path,
         .what = "lets records be made, which HubSpot makes none of without " + name +
                 (there && found->calculated ? ", which it calculates" : ", which is not mirrored"),
         .next = "mirror that property, no longer require it in HubSpot, or remove this"});
  }
}

/// Everything that is asked of one portal, one object type after the other.
class OnlineChecker {
 public:
  OnlineChecker(PageSource& source, ReferenceSource& references, PortalPlan plan,
                const std::vector<WebhookPlan>& webhooks)
      : source_(source), references_(references), plan_(std::move(plan)), webhooks_(webhooks) {}

  OnlineCheck Run() {
    if (!AskTypes()) return std::move(check_);
    for (const StreamPlan& stream : plan_.streams) {
      if (!AskStream(stream)) return std::move(check_);
    }
    ComplainOfShared();
    for (ConfigProblem& problem : CheckRules(plan_, webhooks_, named_, all_types_)) {
      check_.problems.push_back(std::move(problem));
    }
    return std::move(check_);
  }

 private:
  /// Whether it is worth asking on.
  bool Unanswered(const std::string& path, const ApiError& error) {
    check_.problems.push_back(Unasked(plan_.key, path, error));
    if (check_.next.empty()) check_.next = check_.problems.back().next;
    return ConcernsOneType(error);
  }

  bool AskTypes() {
    if (!AsksForCustomTypes(plan_)) return true;
    const auto page = references_.ReadReference({.kind = ReferenceKind::kObjectTypes});
    if (page) {
      plan_ = WithTypes(std::move(plan_), CustomTypesIn(*page));
      required_ = RequiredPropertiesIn(*page);
      return true;
    }
    all_types_ = false;
    return Unanswered(portal_ + ".objects", page.error());
  }

  bool AskStream(const StreamPlan& stream) {
    const std::string path = portal_ + ".objects." + stream.object.name;
    NamedByRules& named = named_[stream.object.name];
    auto known = ReadProperties(source_, stream);
    if (!known) return Unanswered(path, known.error());
    ++streams_;
    for (NameComplaint& complaint : ComplainOfNames(stream, known->definitions, known->unlisted)) {
      if (complaint.shared) {
        ++without_[{complaint.key, complaint.name}];
        continue;
      }
      check_.problems.push_back({.severity = Severity::kWarning,
                                 .path = path + "." + complaint.key,
                                 .what = std::move(complaint.said),
                                 .next = std::move(complaint.next)});
    }
    const std::string written = portal_ + ".write.objects." + stream.object.name;
    CheckWritten(stream, known->definitions, written + ".update", check_.problems);
    CheckKey(plan_.key, stream, known->definitions, written + ".key_property", check_.problems);
    CheckRequired(stream, required_[stream.object.type_id], known->definitions, written + ".create",
                  check_.problems);
    if (NamePipelines(webhooks_, stream.object)) {
      const auto page = references_.ReadReference({.kind = ReferenceKind::kPipelines,
                                                   .object = stream.object.name,
                                                   .type_id = stream.object.type_id});
      if (!page) return Unanswered(path, page.error());
      TakePipelines(*page, named);
    }
    named.properties = std::move(known->definitions);
    named.answered = true;
    return true;
  }

  void ComplainOfShared() {
    for (const auto& [list, count] : without_) {
      if (count < streams_) continue;
      check_.problems.push_back(
          {.severity = Severity::kWarning,
           .path = portal_ + "." + list.first,
           .what = "names " + list.second + ", which matches no property of any object",
           .next = "correct the name, or remove it"});
    }
  }

  PageSource& source_;
  ReferenceSource& references_;
  PortalPlan plan_;
  const std::vector<WebhookPlan>& webhooks_;
  const std::string portal_ = "portals." + plan_.key;
  OnlineCheck check_;
  bool all_types_ = true;
  std::map<std::string, std::vector<std::string>> required_;       ///< by the id of a custom type
  size_t streams_ = 0;                                             ///< that HubSpot answered for
  std::map<std::pair<std::string, std::string>, size_t> without_;  ///< list and name: such streams
  std::map<std::string, NamedByRules> named_;
};

}  // namespace

std::string UnfitAsKey(const PropertyDefinition& property) {
  if (!property.has_unique_value) return "its values need not be unique";
  if (property.type != "string") return "it is no text but " + property.type;
  return "";
}

std::optional<KeyComplaint> ComplainOfKey(const PortalKey& portal, const StreamPlan& stream,
                                          const std::vector<PropertyDefinition>& definitions) {
  const std::string& name = stream.write.key_property;
  if (name.empty()) return std::nullopt;
  const std::string& object = stream.object.name;
  const auto found = std::ranges::find(definitions, name, &PropertyDefinition::name);
  if (found == definitions.end() || found->archived) {
    return KeyComplaint{"names " + name + ", which " + object +
                            " does not have: rows that make records are refused",
                        "`hubmirror write setup " + portal + "/" + object + "` makes it"};
  }
  const std::string why = UnfitAsKey(*found);
  if (why.empty()) return std::nullopt;
  return KeyComplaint{
      "names " + name + ", which cannot be the key: " + why,
      "name a property that HubSpot does not have yet, then `hubmirror write setup " + portal +
          "/" + object + "` makes it"};
}

OnlineCheck CheckOnline(PageSource& source, ReferenceSource& references, PortalPlan plan,
                        const std::vector<WebhookPlan>& webhooks) {
  return OnlineChecker(source, references, std::move(plan), webhooks).Run();
}

}  // namespace hubmirror
