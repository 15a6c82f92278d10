#include "jobs/named_properties.h"

#include <algorithm>
#include <map>
#include <memory>
#include <string_view>
#include <utility>

#include "base/count_text.h"
#include "base/spelling.h"
#include "mirror/property_selector.h"
#include "model/store/index_key.h"

namespace hubmirror {
namespace {

bool IsPattern(std::string_view name) {
  return name.find_first_of("*?") != std::string_view::npos;
}

bool IsLeftOut(const StreamPlan& stream, std::string_view name) {
  return std::ranges::any_of(stream.selection.exclude, [&](const std::string& pattern) {
    return FitsPattern(name, pattern);
  });
}

bool IsSensitiveOne(const PropertyDefinition& definition) {
  return definition.data_sensitivity == "sensitive" ||
         definition.data_sensitivity == "highly_sensitive";
}

bool IsShared(const StreamPlan& stream, std::string_view list) {
  return std::ranges::find(stream.shared_lists, list) != stream.shared_lists.end();
}

/// Whether a page is worth asking for with fewer names, or none: HubSpot, or something on the way,
/// cannot answer it.
bool IsUnanswerable(const ApiError& error) {
  return error.kind == ApiErrorKind::kTooLarge || error.kind == ApiErrorKind::kDecode ||
         error.kind == ApiErrorKind::kServer || error.kind == ApiErrorKind::kTimeout;
}

constexpr const char* kCorrect = "correct the name, or remove it";

/// Judges one named property after the other.
class NameJudge {
 public:
  NameJudge(const StreamPlan& stream, const std::vector<PropertyDefinition>& definitions,
            const UnlistedAnswers& answers)
      : stream_(stream), answers_(answers) {
    for (const PropertyDefinition& definition : definitions) {
      const PropertyDefinition*& known = known_[definition.name];
      if (known == nullptr || (known->archived && !definition.archived)) known = &definition;
      if (!definition.archived) live_.push_back(definition.name);
    }
  }

  std::optional<NameComplaint> Judge(const NamedProperty& named) const {
    const std::string names = "names " + named.name + ", which ";
    if (IsLeftOut(stream_, named.name)) {
      return NameComplaint{named.key, names + "properties.exclude leaves out",
                           "take it out of one of the two"};
    }
    if (const auto found = known_.find(named.name); found != known_.end()) {
      return JudgeListed(named, *found->second);
    }
    if (answers_.shown.contains(named.name)) return std::nullopt;
    return JudgeUnlisted(named);
  }

 private:
  std::optional<NameComplaint> JudgeListed(const NamedProperty& named,
                                           const PropertyDefinition& definition) const {
    const std::string names = "names " + named.name + ", which ";
    if (definition.archived) {
      return NameComplaint{named.key, names + "is archived in HubSpot",
                           "restore it there, or take the name out"};
    }
    if (IsSensitiveOne(definition) && !stream_.selection.sensitive) {
      return NameComplaint{named.key, names + "HubSpot marks as sensitive",
                           "set `properties.sensitive: true`, or take the name out"};
    }
    return std::nullopt;
  }

  NameComplaint JudgeUnlisted(const NamedProperty& named) const {
    const std::string names = "names " + named.name + ", which HubSpot ";
    const std::string next = CorrectionOf(named.name);
    if (answers_.refused.contains(named.name)) return {named.key, names + "refuses", next};
    if (answers_.all) {
      return {named.key, names + "does not list and no record has a value of", next};
    }
    std::string looked;
    if (answers_.records > 0) {
      looked = " and the first " + Counted(static_cast<int64_t>(answers_.records), "record") +
               " have no value of";
    }
    return {named.key, names + "does not list" + looked,
            "if it is right, leave it: it is asked for all the same; if not, " + next, false};
  }

  std::string CorrectionOf(const std::string& name) const {
    const auto nearest = NearestWord(name, live_);
    if (!nearest) return kCorrect;
    return "did you mean " + std::string(*nearest) + "? " + kCorrect;
  }

  const StreamPlan& stream_;
  const UnlistedAnswers& answers_;
  std::map<std::string_view, const PropertyDefinition*> known_;
  std::vector<std::string_view> live_;
};

}  // namespace

std::vector<NamedProperty> NamedProperties(const StreamPlan& stream) {
  std::vector<NamedProperty> named;
  for (const std::string& name : stream.columns) named.push_back({"columns", name});
  for (const std::string& text : stream.indexes) {
    const auto key = ParseIndexKey(text);
    if (key && !key->of_envelope()) named.push_back({"indexes", key->name});
  }
  for (const std::string& name : stream.selection.include) {
    if (IsShared(stream, "properties.include")) break;
    if (!IsPattern(name)) named.push_back({"properties.include", name});
  }
  for (const std::string& name : stream.history) named.push_back({"history", name});
  return named;
}

PropertySelection SelectionOf(const StreamPlan& stream) {
  PropertySelection selection = stream.selection;
  if (selection.include.empty()) return selection;
  for (NamedProperty& named : NamedProperties(stream)) {
    if (std::ranges::find(selection.include, named.name) != selection.include.end()) continue;
    selection.include.push_back(std::move(named.name));
  }
  return selection;
}

std::set<std::string> FindUnlisted(const StreamPlan& stream,
                                   const std::vector<PropertyDefinition>& definitions) {
  std::set<std::string> unlisted;
  for (NamedProperty& named : NamedProperties(stream)) {
    if (!IsLeftOut(stream, named.name)) unlisted.insert(std::move(named.name));
  }
  for (const PropertyDefinition& definition : definitions) unlisted.erase(definition.name);
  return unlisted;
}

std::set<std::string> UnlistedAnswers::Asked() const {
  std::set<std::string> asked = names;
  for (const std::string& name : refused) asked.erase(name);
  return asked;
}

UnlistedProbe::UnlistedProbe(std::set<std::string> names) {
  if (!names.empty()) open_.emplace_back(names.begin(), names.end());
  answers_.names = std::move(names);
}

PropertySetPtr UnlistedProbe::Next() const {
  return open_.empty() ? nullptr : std::make_shared<const PropertySet>(open_.back());
}

void UnlistedProbe::Answered(const Page& page) {
  open_.pop_back();
  answers_.records = std::max(answers_.records, page.records.size());
  answers_.all = !page.next_after;
  for (const Record& record : page.records) {
    for (const PropertyValue& value : record.values) {
      answers_.shown.insert(page.properties->names()[value.property]);
    }
  }
}

void UnlistedProbe::FoundInMirror(std::set<std::string> names) {
  answers_.shown.merge(names);
  answers_.all = true;
}

bool UnlistedProbe::Failed(const ApiError& error) {
  const bool refused = error.kind == ApiErrorKind::kBadRequest;
  if (!refused && !IsUnanswerable(error)) return false;
  std::vector<std::string> names = std::move(open_.back());
  open_.pop_back();
  if (names.size() == 1) {
    if (refused) answers_.refused.insert(std::move(names.front()));
    return true;
  }
  const auto middle = names.begin() + static_cast<std::ptrdiff_t>(names.size() / 2);
  open_.emplace_back(middle, names.end());
  open_.emplace_back(names.begin(), middle);
  return true;
}

Result<UnlistedAnswers, ApiError> AskForUnlisted(PageSource& source, const ObjectType& object,
                                                 std::set<std::string> names) {
  UnlistedProbe probe(std::move(names));
  while (const PropertySetPtr asked = probe.Next()) {
    const auto page = source.List(object, {.after = std::nullopt, .properties = asked});
    if (page) {
      probe.Answered(*page);
    } else if (!probe.Failed(page.error())) {
      return page.error();
    }
  }
  return probe.answers();
}

std::vector<NameComplaint> ComplainOfNames(const StreamPlan& stream,
                                           const std::vector<PropertyDefinition>& definitions,
                                           const UnlistedAnswers& answers) {
  const NameJudge judge(stream, definitions, answers);
  std::vector<NameComplaint> complaints;
  for (const NamedProperty& named : NamedProperties(stream)) {
    auto complaint = judge.Judge(named);
    if (!complaint) continue;
    complaint->name = named.name;
    complaints.push_back(std::move(*complaint));
  }
  std::vector<std::string> names;
  const auto is_seen = [&](const PropertyDefinition& definition) {
    return stream.selection.sensitive || !IsSensitiveOne(definition);
  };
  for (const PropertyDefinition& definition : definitions) {
    if (is_seen(definition)) names.push_back(definition.name);
  }
  const std::set<std::string> asked = answers.Asked();
  names.insert(names.end(), asked.begin(), asked.end());
  PropertySelection patterns = stream.selection;
  if (!IsShared(stream, "properties.include")) {
    std::erase_if(patterns.include, [](const std::string& name) { return !IsPattern(name); });
  }
  for (const UnmatchedPattern& unmatched : FindUnmatched(patterns, names)) {
    NameComplaint complaint{
        unmatched.key,
        "names " + unmatched.pattern + ", which no property of " + stream.object.name + " fits",
        kCorrect};
    complaint.shared = IsShared(stream, unmatched.key);
    complaint.name = unmatched.pattern;
    if (!unmatched.nearest.empty()) {
      complaint.next = "did you mean " + unmatched.nearest + "? " + complaint.next;
    } else if (!stream.selection.sensitive) {
      complaint.next += "; sensitive ones need `properties.sensitive: true`";
    }
    complaints.push_back(std::move(complaint));
  }
  return complaints;
}

}  // namespace hubmirror
