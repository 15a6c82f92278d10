#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "settings/keys/layer.h"
#include "settings/settings.h"

namespace hubmirror {

/// Reads the portals of one file, each with what it inherits, and checks what one alone cannot
/// show: values that do not go together, portals that get in each other's way. Owned by one thread.
class PortalReader {
 public:
  PortalReader(const Layer& defaults, const Environment& environment, ConfigProblems& problems)
      : defaults_(defaults), environment_(environment), problems_(problems) {}

  PortalSettings Read(const ConfigEntry& entry);

 private:
  void CheckKey(const ConfigNode& key, const std::string& path);
  void CheckAccess(const Layer& layer, const std::string& path, TextPosition at);
  /// A portal id or a schema that an earlier portal has.
  void CheckUnique(const PortalSettings& portal, const Layer& layer, const ConfigNode& key,
                   const std::string& path);
  void CheckFeed(const FeedPlan& feed, Layers layers);
  /// What items of `feed.webhooks` say together; as they stand, so that what is wrong with one of
  /// them does not hide what is wrong with the others. Streams are read.
  void CheckWebhooks(const PortalSettings& portal, Layers layers);
  void CheckRule(const PortalSettings& portal, const ConfigNode& rule, const std::string& path);
  /// What `write` says of the streams, which are read.
  void ReadWriting(PortalSettings& portal, const Layer& layer);
  void CheckCreates(const StreamPlan& plan, const Layer& layer, const GivenKey& objects);
  void CheckUpdates(const StreamPlan& plan, const GivenKey& update);
  void CheckLinks(const PortalPlan& portal, const StreamPlan& plan, const GivenKey& associate);
  void ReadStreams(PortalSettings& portal, const Layer& layer);
  void CheckStream(const StreamPlan& plan, Layers layers);
  void CheckSelection(const StreamPlan& plan, bool has_hash_key, Layers layers);
  /// Reports once what several streams inherit.
  void ReportOnce(const GivenKey& given, std::string what, std::string next);
  void WarnOf(const PortalSettings& portal, const std::string& path, TextPosition at);

  const Layer& defaults_;
  const Environment& environment_;
  ConfigProblems& problems_;
  std::map<int64_t, PortalKey> ids_;
  std::map<std::string, PortalKey> schemas_;
  std::set<std::string> reported_;  ///< of the portal under way
};

}  // namespace hubmirror
