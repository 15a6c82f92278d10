#include "settings/reading/settings_reader.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <fstream>
#include <set>
#include <system_error>

#include "settings/keys/layer.h"
#include "settings/keys/object_choice.h"
#include "settings/reading/portal_reader.h"
#include "settings/text/quantity_text.h"
#include "settings/yaml/yaml_document.h"

namespace hubmirror {
namespace {

constexpr TextPosition kFirstLine{1, 1};
constexpr size_t kMostRead = kLargestConfigFile + 1;

/// Reads a document from its top.
class DocumentReader {
 public:
  DocumentReader(const Environment& environment, ConfigProblems& problems)
      : environment_(environment), problems_(problems) {}

  Settings Read(const ConfigNode& root) {
    const Layer top = Layer::Read(root, Place::kTop, "", kFirstLine, problems_);
    Settings settings;
    const std::array layers = {&top};
    Fill(settings, Place::kTop, layers, environment_);
    CheckTop(settings, top);

    const GivenKey* given = top.Find(Place::kTop, "defaults");
    const Layer defaults = given == nullptr ? Layer()
                                            : Layer::Read(*given->node, Place::kDefaults,
                                                          given->path, given->at, problems_);
    // Also when every portal has objects of its own.
    if (const GivenKey* objects = defaults.Find(Place::kDefaults, "objects")) {
      ReadObjects(*objects, problems_);
    }
    if (const GivenKey* portals = top.Find(Place::kTop, "portals")) {
      ReadPortals(*portals, defaults, settings);
    }
    ReadUnions(top, settings);
    return settings;
  }

 private:
  void CheckTop(const Settings& settings, const Layer& top) {
    const PoolSettings& pool = settings.database.pool;
    if (pool.lock_timeout > pool.statement_timeout) {
      Refuse(top, "database.pool.lock_timeout", "database.pool.statement_timeout",
             "lock_timeout " + WriteDuration(pool.lock_timeout) +
                 " is longer than statement_timeout " + WriteDuration(pool.statement_timeout),
             "make statement_timeout longer than that");
    }
    const LimitSettings& limits = settings.limits;
    if (limits.response_bytes > limits.memory_bytes) {
      Refuse(top, "limits.response", "limits.memory",
             "response " + WriteByteSize(limits.response_bytes) + " is larger than memory " +
                 WriteByteSize(limits.memory_bytes),
             "make memory the larger one");
    }
  }

  /// Reports two values that do not go together where one of them is given.
  void Refuse(const Layer& top, std::string_view first, std::string_view second, std::string what,
              std::string next) {
    const GivenKey* given = top.Find(Place::kTop, first);
    if (given == nullptr) given = top.Find(Place::kTop, second);
    if (given == nullptr) return;
    problems_.push_back({.at = given->node->at,
                         .path = given->path,
                         .what = std::move(what),
                         .next = std::move(next)});
  }

  void ReadPortals(const GivenKey& given, const Layer& defaults, Settings& settings) {
    const ConfigNode& node = *given.node;
    if (node.kind != ConfigNode::Kind::kMap || node.entries.empty()) {
      const bool empty = node.kind == ConfigNode::Kind::kNothing || node.entries.empty();
      problems_.push_back({.at = given.at,
                           .path = given.path,
                           .what = empty && node.items.empty() && node.text.empty()
                                       ? "names no portal"
                                       : "is " + NameOf(node.kind) + ", not a map of portals",
                           .next = "add a portal such as `acme: {portal_id: 1234567, token: "
                                   "credential:hubspot.acme}`"});
      return;
    }
    PortalReader reader(defaults, environment_, problems_);
    std::set<std::string_view> seen;
    for (const ConfigEntry& entry : node.entries) {
      if (seen.insert(entry.key.text).second) settings.portals.push_back(reader.Read(entry));
    }
  }

  void ReadUnions(const Layer& top, Settings& settings) {
    const GivenKey* given = top.Find(Place::kTop, "unions");
    if (given == nullptr || !given->value) return;
    std::vector<std::string> names;
    for (const std::string& asked : settings.unions) {
      if (const auto type = FindObjectType(asked); type && IsMirrored(settings, type->name)) {
        names.push_back(type->name);
        continue;
      }
      problems_.push_back({.at = given->node->at,
                           .path = given->path,
                           .what = QuoteForMessage(asked) + " is an object type of no portal here",
                           .next = "name one that portals mirror; custom objects have names of "
                                   "their own in each portal and cannot be shown together"});
    }
    settings.unions = std::move(names);
    for (PortalSettings& portal : settings.portals) portal.plan.unions = settings.unions;
  }

  static bool IsMirrored(const Settings& settings, const std::string& object) {
    return std::ranges::any_of(settings.portals, [&](const PortalSettings& portal) {
      return std::ranges::any_of(portal.plan.streams, [&](const StreamPlan& stream) {
        return stream.object.name == object;
      });
    });
  }

  const Environment& environment_;
  ConfigProblems& problems_;
};

SettingsReading Unreadable(std::string what, std::string next) {
  SettingsReading reading;
  reading.unreadable = true;
  reading.problems.push_back({.what = std::move(what), .next = std::move(next)});
  return reading;
}

}  // namespace

SettingsReading ReadSettings(std::string_view text, const Environment& environment) {
  SettingsReading reading;
  const auto root = ReadYaml(text, reading.problems);
  if (root) {
    Settings settings = DocumentReader(environment, reading.problems).Read(*root);
    if (!HasErrors(reading.problems)) reading.settings = std::move(settings);
  }
  SortProblems(reading.problems);
  return reading;
}

SettingsReading ReadSettingsFile(const std::string& path, const Environment& environment) {
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    const std::string cause = std::generic_category().message(errno == 0 ? EIO : errno);
    return Unreadable("cannot be read: " + cause,
                      "name the file with --config, or give this user access to it");
  }
  std::string text(kMostRead, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<size_t>(file.gcount()));
  // A folder opens, but does not read.
  if (file.bad()) return Unreadable("cannot be read", "is it a file? name it with --config");
  return ReadSettings(text, environment);
}

ConfigProblems CheckSecrets(const Settings& settings, const Environment& environment) {
  const SecretSource source(environment);
  const bool has_credentials = !environment("CREDENTIALS_DIRECTORY").empty();
  ConfigProblems problems;
  const auto check = [&](const std::string& path, const SecretRef& ref) {
    if (ref.kind == SecretRef::Kind::kCredential && !has_credentials) return;
    const auto secret = source.Resolve(ref);
    if (secret) return;
    problems.push_back({.severity = Severity::kWarning, .path = path, .what = secret.error()});
  };
  if (settings.database.password) check("database.password", *settings.database.password);
  for (const PortalSettings& portal : settings.portals) {
    const std::string path = PathOf("portals", portal.plan.key);
    if (!portal.enabled) continue;
    if (portal.token) check(PathOf(path, "token"), *portal.token);
    if (portal.hash_key) check(PathOf(path, "hash_key"), *portal.hash_key);
    for (const WebhookSettings& webhook : portal.webhooks) {
      for (const SecretRef& ref : webhook.secrets) {
        check(PathOf(path, "feed.webhooks." + webhook.plan.name + ".secret"), ref);
      }
    }
    if (!portal.oauth) continue;
    check(PathOf(path, "oauth.client_secret"), portal.oauth->client_secret);
    if (const auto& refresh = portal.oauth->refresh_token) {
      check(PathOf(path, "oauth.refresh_token"), *refresh);
    }
  }
  return problems;
}

}  // namespace hubmirror
