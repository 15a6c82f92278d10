#include "settings/reading/reload_plan.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "settings/keys/settings_text.h"

namespace hubmirror {
namespace {

using Written = std::vector<WrittenSetting>;

const WrittenSetting* Find(const Written& settings, const std::string& path) {
  const auto found = std::ranges::find(settings, path, &WrittenSetting::path);
  return found == settings.end() ? nullptr : &*found;
}

SettingChange Change(const std::string& path, const WrittenSetting* before,
                     const WrittenSetting* after) {
  constexpr const char* kNotSet = "not set";
  return {.path = path,
          .before = before != nullptr ? before->text : kNotSet,
          .after = after != nullptr ? after->text : kNotSet,
          .needs_restart = (after != nullptr ? after : before)->needs_restart};
}

/// What differs, without the objects of a portal that only one side has.
void Compare(const Written& before, const Written& after, const std::string& prefix,
             std::vector<SettingChange>& changes) {
  for (const WrittenSetting& setting : after) {
    const WrittenSetting* old = Find(before, setting.path);
    if (old != nullptr && old->text == setting.text) continue;
    changes.push_back(Change(prefix + setting.path, old, &setting));
  }
  for (const WrittenSetting& setting : before) {
    if (Find(after, setting.path) != nullptr) continue;
    changes.push_back(Change(prefix + setting.path, &setting, nullptr));
  }
}

std::map<std::string, const StreamPlan*> StreamsOf(const PortalSettings& portal) {
  std::map<std::string, const StreamPlan*> streams;
  for (const StreamPlan& stream : portal.plan.streams) streams[stream.object.name] = &stream;
  return streams;
}

/// The portal without the objects that `other` does not have, so that those count as one change.
PortalSettings WithCommonStreams(PortalSettings portal, const PortalSettings& other) {
  const auto common = StreamsOf(other);
  std::erase_if(portal.plan.streams,
                [&](const StreamPlan& stream) { return !common.contains(stream.object.name); });
  return portal;
}

void ReportStreams(const PortalSettings& portal, const PortalSettings& other,
                   const std::string& prefix, bool added, std::vector<SettingChange>& changes) {
  const auto known = StreamsOf(other);
  for (const auto& [name, stream] : StreamsOf(portal)) {
    if (known.contains(name)) continue;
    std::string path = prefix;
    path.append("objects.").append(name);
    changes.push_back({.path = std::move(path),
                       .before = added ? "not set" : "mirrored",
                       .after = added ? "mirrored" : "not set"});
  }
}

std::map<PortalKey, const PortalSettings*> PortalsOf(const Settings& settings) {
  std::map<PortalKey, const PortalSettings*> portals;
  for (const PortalSettings& portal : settings.portals) portals[portal.plan.key] = &portal;
  return portals;
}

void ComparePortal(const PortalSettings& before, const PortalSettings& after, ReloadPlan& plan) {
  const size_t already = plan.changes.size();
  const PortalKey& key = after.plan.key;
  const std::string prefix = "portals." + key + ".";
  Compare(WritePortal(WithCommonStreams(before, after)),
          WritePortal(WithCommonStreams(after, before)), prefix, plan.changes);
  ReportStreams(after, before, prefix, true, plan.changes);
  ReportStreams(before, after, prefix, false, plan.changes);
  const bool other_unions = before.plan.unions != after.plan.unions;
  if (plan.changes.size() == already && !other_unions) return;
  if (after.enabled && !before.enabled) plan.start.push_back(key);
  if (before.enabled && !after.enabled) plan.stop.push_back(key);
  if (before.enabled && after.enabled) plan.replace.push_back(key);
}

}  // namespace

std::string SettingChange::Text() const {
  return path + ": " + before + " -> " + after + (needs_restart ? " (needs a restart)" : "");
}

bool ReloadPlan::needs_restart() const {
  return std::ranges::any_of(changes, &SettingChange::needs_restart);
}

std::string ReloadPlan::Text() const {
  if (changes.empty()) return "nothing changed";
  std::string text;
  for (const SettingChange& change : changes) {
    if (!text.empty()) text += '\n';
    text += change.Text();
  }
  return text;
}

ReloadPlan DiffForReload(const Settings& before, const Settings& after) {
  ReloadPlan plan;
  Compare(WriteTop(before), WriteTop(after), "", plan.changes);
  const auto old_portals = PortalsOf(before);
  const auto new_portals = PortalsOf(after);
  std::set<PortalKey> keys;
  for (const auto& [key, portal] : old_portals) keys.insert(key);
  for (const auto& [key, portal] : new_portals) keys.insert(key);
  for (const PortalKey& key : keys) {
    const auto old_portal = old_portals.find(key);
    const auto new_portal = new_portals.find(key);
    if (old_portal != old_portals.end() && new_portal != new_portals.end()) {
      ComparePortal(*old_portal->second, *new_portal->second, plan);
    } else if (new_portal != new_portals.end()) {
      plan.changes.push_back({.path = "portals." + key, .before = "not set", .after = "added"});
      if (new_portal->second->enabled) plan.start.push_back(key);
    } else {
      plan.changes.push_back({.path = "portals." + key, .before = "present", .after = "removed"});
      if (old_portal->second->enabled) plan.stop.push_back(key);
    }
  }
  return plan;
}

}  // namespace hubmirror
