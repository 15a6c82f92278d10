#include "store/portal.h"

#include <stdexcept>

#include "store/population.h"

namespace simulated_portal {

Portal::Portal(const PortalSettings& portal_settings, Instant wall_now)
    : settings(portal_settings),
      switches(Random(settings.seed, "switches")),
      random(settings.seed, "answers"),
      tokens(switches, Random(settings.seed, "tokens")),
      limits(switches, settings.utc_offset),
      mutator(switches, links, Random(settings.seed, "records")) {
  for (const auto& [name, setting] : settings.switches) {
    if (!switches.Set(name, setting)) {
      std::string problem = "no switch ";
      problem.append(name).append("=").append(setting).append("; see --list-switches");
      throw std::runtime_error(problem);
    }
  }
  for (const auto& [token, scopes] : settings.tokens) tokens.AddStatic(token, scopes);
  if (settings.oauth) tokens.SetClient(*settings.oauth);
  for (const Fault& fault : settings.faults) faults.Add(fault);
  const Instant now = Now(wall_now);
  objects.reserve(kObjectTypes.size());
  for (size_t i = 0; i < kObjectTypes.size(); ++i) {
    objects.emplace_back(i, settings.properties[i], Random(settings.seed, kObjectTypes[i].name),
                         now);
    Populate(objects.back(), mutator, settings.records[i], settings.ids[i], now);
  }
  links.Populate(objects, Random(settings.seed, "links"));
  reference.Populate(objects, settings.reference, switches.Is(Setting::kValuesTidy),
                     Random(settings.seed, "reference"), now);
  Apply(settings.live);
}

void Portal::Apply(const LiveSettings& live) {
  settings.live = live;
  limits.Configure(live.limits);
  limits.SetOtherApp(live.other_app);
  mutator.SetDelay(live.index);
}

bool Portal::ListsArchived(const ObjectType& type) const {
  if (switches.Is(Setting::kArchivedListRefused)) return false;
  return switches.Is(Setting::kArchivedListServed) || type.name != "meetings";
}

size_t Portal::CatchUp(Instant now) {
  size_t pending = 0;
  for (CrmObject& object : objects) {
    object.index.CatchUp(now);
    pending += object.index.pending();
  }
  return pending;
}

}  // namespace simulated_portal
