#include "daemon/cli/write/key_property.h"

#include <algorithm>

#include "daemon/cli/check_online.h"
#include "daemon/cli/hubspot.h"
#include "daemon/cli/settings.h"
#include "daemon/cli/text/words.h"
#include "model/portal/custom_type.h"

namespace hubmirror {
namespace {

int Refused(const CliContext& context, const ApiError& error) {
  const HubSpotAdvice advice = AdviceOn(error);
  return Fail(context, advice.passes ? kExitUnavailable : kExitProblem,
              "HubSpot says: " + Printable(error.message), advice.next);
}

/// The definition as it is to be; its group is left to be found.
PropertyDefinition Wanted(const std::string& name) {
  return {
      .name = name,
      .label = "hubmirror key",
      .description =
          "Tells records that hubmirror made from others: nobody else may write it, or a record "
          "could be made twice."};
}

/// The stream of the object, custom types resolved; the error is an exit code.
Result<StreamPlan, int> FindStream(const CliContext& context, ApiClient& source, PortalPlan plan,
                                   const std::string& object) {
  if (AsksForCustomTypes(plan)) {
    const auto types = ReadCustomTypes(source);
    if (!types) return Refused(context, types.error());
    plan = WithTypes(std::move(plan), *types);
  }
  for (StreamPlan& stream : plan.streams) {
    if (stream.object.name == object && !stream.write.key_property.empty()) return stream;
  }
  return Fail(context, kExitUsage,
              "no key_property is configured for " + object + " of " + plan.key,
              "name one in portals." + plan.key + ".write.objects." + object +
                  ", such as `key_property: hubmirror_key`");
}

int SetUp(const CliContext& context, const CommandLine& line, ApiClient& source,
          const StreamPlan& stream) {
  PropertyDefinition wanted = Wanted(stream.write.key_property);
  const std::string named = wanted.name + " of " + stream.object.name;
  const auto known = source.Properties(stream.object, {});
  if (!known) return Refused(context, known.error());
  const auto found = std::ranges::find(*known, wanted.name, &PropertyDefinition::name);
  if (found != known->end()) {
    if (const std::string why = UnfitAsKey(*found); !why.empty()) {
      return Fail(context, kExitProblem, named + " cannot be the key: " + why,
                  "name a key_property that HubSpot does not have yet: what it is when it is made, "
                  "it stays");
    }
    context.out << named << " is there, and its values are unique\n";
    return kExitOk;
  }
  const auto groups = source.PropertyGroups(stream.object);
  if (!groups) return Refused(context, groups.error());
  const auto group = std::ranges::find(*groups, false, &PropertyGroup::archived);
  if (group == groups->end()) {
    return Fail(context, kExitProblem, stream.object.name + " has no group of properties",
                "make one in HubSpot, under Settings > Properties");
  }
  wanted.group_name = group->name;
  const bool agreed =
      line.yes ||
      (context.ask &&
       context.ask("Make the property " + named + " in portal " + line.target.portal +
                       " (a text with unique values, of which HubSpot allows ten)? Type yes: ",
                   false) == "yes");
  if (!agreed) {
    return Fail(context, kExitUsage, "nothing was made", "confirm with `yes`, or with --yes");
  }
  const auto made = source.MakeKeyProperty(stream.object, wanted);
  if (!made) return Refused(context, made.error());
  if (const std::string why = UnfitAsKey(*made); !why.empty()) {
    return Fail(context, kExitProblem, "HubSpot made " + named + ", but " + why,
                "remove it in HubSpot, and name another key_property");
  }
  context.out << named << " was made: the daemon uses it once it has read the properties, within "
              << "an hour, or at once after `hubmirror schema apply " << line.target.portal << "/"
              << stream.object.name << "`\n";
  return kExitOk;
}

}  // namespace

int RunWriteSetup(const CliContext& context, const CommandLine& line) {
  if (!line.target.object) {
    return Fail(context, kExitUsage, "no object is named",
                "hubmirror write setup " + line.target.portal + "/OBJECT");
  }
  const auto settings = LoadSettings(context, line);
  if (!settings) return settings.error();
  const PortalSettings* portal = FindPortal(context, *settings, line.target.portal);
  if (portal == nullptr) return kExitUsage;
  const SecretSource secrets(context.environment);
  const auto access = HubSpotAccess::Open(*settings, secrets, context.clock);
  if (!access) return Fail(context, kExitConfiguration, access.error(), "correct api.ca_file");
  ApiClient& source = (*access)->Source(*portal);
  const auto stream = FindStream(context, source, portal->plan, *line.target.object);
  return stream ? SetUp(context, line, source, *stream) : stream.error();
}

}  // namespace hubmirror
