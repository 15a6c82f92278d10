#include "daemon/cli/check_webhooks.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include "base/spelling.h"
#include "mirror/property_selector.h"

namespace hubmirror {
namespace {

constexpr std::string_view kLinks = "associations";
constexpr const char* kCorrect = "correct the name, or remove it";

/// As the view `stage_changes` knows them.
bool IsStage(std::string_view property) {
  return property == "dealstage" || property == "hs_pipeline_stage";
}

std::string Next(const std::string& word, const std::vector<std::string_view>& known) {
  const auto nearest = NearestWord(word, known);
  return (nearest ? "did you mean " + std::string(*nearest) + "? " : "") + kCorrect;
}

size_t ColumnOf(ReferenceKind kind, std::string_view name) {
  const auto& columns = TableOf(kind).columns;
  return static_cast<size_t>(std::ranges::find(columns, name, &ReferenceColumn::name) -
                             columns.begin());
}

const PropertyDefinition* FindLive(const NamedByRules& object, const std::string& name) {
  for (const PropertyDefinition& property : object.properties) {
    if (property.name == name && !property.archived) return &property;
  }
  return nullptr;
}

/// Judges the rules of one webhook.
class RuleJudge {
 public:
  RuleJudge(const PortalPlan& plan, const WebhookPlan& webhook,
            const std::map<std::string, NamedByRules>& objects, bool all, ConfigProblems& problems)
      : plan_(plan),
        path_("portals." + plan.key + ".feed.webhooks." + webhook.name),
        objects_(objects),
        all_(all),
        problems_(problems) {}

  void Judge(const WebhookRule& rule) {
    if (!FindMeant(rule)) return;
    for (const std::string& name : rule.changed) JudgeProperty(rule, name);
    if (!rule.pipeline.empty()) JudgePipeline(rule);
    if (rule.property.empty() || !JudgeProperty(rule, rule.property)) return;
    for (const auto* values : {&rule.from, &rule.to}) {
      for (const std::string& value : *values) JudgeValue(rule, value);
    }
  }

 private:
  /// The objects that a rule is about; false: there are none to judge it by.
  bool FindMeant(const WebhookRule& rule) {
    meant_.clear();
    if (rule.object == kLinks) return false;
    if (rule.object == "*" && !all_) return false;
    if (rule.object != "*" && !objects_.contains(rule.object)) {
      // What the file alone tells is said with it.
      if (!all_ || plan_.custom_asked.empty() || FindObjectType(rule.object)) return false;
      std::vector<std::string_view> known;
      for (const auto& [name, object] : objects_) known.push_back(name);
      Warn("names the object " + rule.object + ", which is not mirrored",
           Next(rule.object, known) + ", or add it to the portal's objects");
      return false;
    }
    for (const auto& [name, object] : objects_) {
      if (rule.object != "*" && rule.object != name) continue;
      if (!object.answered) return false;
      meant_.push_back(&object);
    }
    return !meant_.empty();
  }

  /// Whether there is such a property.
  bool JudgeProperty(const WebhookRule& rule, const std::string& name) {
    const bool out = std::ranges::any_of(
        plan_.feed.exclude, [&](const std::string& pattern) { return FitsPattern(name, pattern); });
    if (out) {
      Warn("names " + name + ", which feed.properties.exclude leaves out",
           "take it out of one of the two");
      return false;
    }
    if (std::ranges::any_of(meant_, [&](const auto* object) { return FindLive(*object, name); })) {
      return true;
    }
    std::vector<std::string_view> known;
    for (const NamedByRules* object : meant_) {
      for (const PropertyDefinition& property : object->properties) {
        if (!property.archived) known.push_back(property.name);
      }
    }
    Warn("names " + name + ", which is no property of " + Of(rule), Next(name, known));
    return false;
  }

  void JudgePipeline(const WebhookRule& rule) {
    std::vector<std::string_view> known;
    for (const NamedByRules* object : meant_) {
      if (object->pipelines.contains(rule.pipeline)) return;
      for (const auto& [id, stages] : object->pipelines) known.push_back(id);
    }
    Warn("names the pipeline " + rule.pipeline + ", which " + Of(rule) + " does not have",
         Next(rule.pipeline, known));
  }

  void JudgeValue(const WebhookRule& rule, const std::string& value) {
    if (value.empty()) return;
    std::vector<std::string_view> known;
    for (const NamedByRules* object : meant_) {
      const PropertyDefinition* property = FindLive(*object, rule.property);
      if (property == nullptr) continue;
      if (IsStage(rule.property)) {
        for (const auto& [id, stages] : object->pipelines) {
          if (!rule.pipeline.empty() && rule.pipeline != id) continue;
          known.insert(known.end(), stages.begin(), stages.end());
        }
      } else if (property->type == "enumeration" && !property->external_options) {
        for (const PropertyOption& option : property->options) known.push_back(option.value);
      } else {
        return;
      }
    }
    // Several options of one value are joined.
    for (size_t from = 0; from <= value.size();) {
      const size_t end = std::min(value.find(';', from), value.size());
      const std::string one = value.substr(from, end - from);
      if (!known.empty() && std::ranges::find(known, one) == known.end()) {
        Warn("names " + one + ", which " + rule.property + " never is", Next(one, known));
      }
      from = end + 1;
    }
  }

  static std::string Of(const WebhookRule& rule) {
    return rule.object == "*" ? "any object" : rule.object;
  }

  void Warn(std::string what, std::string next) {
    problems_.push_back({.severity = Severity::kWarning,
                         .path = path_,
                         .what = std::move(what),
                         .next = std::move(next)});
  }

  const PortalPlan& plan_;
  const std::string path_;
  const std::map<std::string, NamedByRules>& objects_;
  const bool all_;
  ConfigProblems& problems_;
  std::vector<const NamedByRules*> meant_;
};

}  // namespace

bool NamePipelines(const std::vector<WebhookPlan>& webhooks, const ObjectType& type) {
  return std::ranges::any_of(webhooks, [&](const WebhookPlan& webhook) {
    return std::ranges::any_of(webhook.when, [&](const WebhookRule& rule) {
      return (rule.object == "*" || rule.object == type.name) &&
             (!rule.pipeline.empty() || IsStage(rule.property));
    });
  });
}

void TakePipelines(const ReferencePage& page, NamedByRules& named) {
  const size_t pipeline = ColumnOf(ReferenceKind::kPipelines, "id");
  const size_t owner = ColumnOf(ReferenceKind::kPipelineStages, "pipeline_id");
  const size_t stage = ColumnOf(ReferenceKind::kPipelineStages, "id");
  for (const ReferenceBatch& batch : page.batches) {
    for (const ReferenceRow& row : batch.rows) {
      if (row.archived) continue;
      if (batch.kind == ReferenceKind::kPipelines) {
        named.pipelines.try_emplace(row.values[pipeline].value_or(""));
      } else {
        named.pipelines[row.values[owner].value_or("")].insert(row.values[stage].value_or(""));
      }
    }
  }
}

ConfigProblems CheckRules(const PortalPlan& plan, const std::vector<WebhookPlan>& webhooks,
                          const std::map<std::string, NamedByRules>& objects, bool all) {
  ConfigProblems problems;
  for (const WebhookPlan& webhook : webhooks) {
    RuleJudge judge(plan, webhook, objects, all, problems);
    for (const WebhookRule& rule : webhook.when) judge.Judge(rule);
  }
  return problems;
}

}  // namespace hubmirror
