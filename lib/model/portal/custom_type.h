#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/portal/portal_plan.h"
#include "model/source/object_type.h"

namespace hubmirror {

/// A type of records that a portal has defined itself. Only the portal knows them, so the
/// configuration names them by what they are called there, and they are looked up.
struct CustomType {
  std::string type_id;     ///< `2-123456`
  std::string name;        ///< `pets`
  std::string full_name;   ///< `p1234567_pets`
  std::string table = {};  ///< that it was given before; empty: none yet
  friend bool operator==(const CustomType&, const CustomType&) = default;
};

/// What the configuration says for all custom types of a portal.
inline constexpr std::string_view kCustomObjects = "custom_objects";

/// What the configuration may ask for: `custom_objects`, `2-123456` or `p1234567_pets`; nullopt for
/// anything else. The answer has that as its name and is unresolved.
std::optional<ObjectType> AskedCustomType(std::string_view text);

/// The types by id, each with the name of its table: the one it was given before, or its own name
/// in lower case, and `_2_123456` after it where a standard type, a table of ours or an elder one
/// of `types` has that name, where it ends like a view of another table, or where it is long. The
/// order of `types`, which are to be all of a portal, does not matter; a type made later takes no
/// name away.
std::map<std::string, ObjectType> ObjectTypesOf(const std::vector<CustomType>& types);

/// The types with the names of their tables, which they keep from then on. `given` are the tables
/// that the portal's types ever had, by id: that of a type that is gone is nobody else's, for its
/// rows still stand there.
std::vector<CustomType> WithTables(std::vector<CustomType> types,
                                   const std::map<std::string, std::string>& given);

/// Whether a plan asks for custom types at all.
bool AsksForCustomTypes(const PortalPlan& plan);
/// Whether entries of the change feed may name `object`, as far as a plan tells that does not know
/// its custom types yet.
bool MayBeInFeed(const PortalPlan& plan, std::string_view object);
/// The plan with custom types it asks for in place of the asking, every stream with a table of its
/// own. One that is named beside `custom_objects` keeps its own settings.
PortalPlan WithTypes(PortalPlan plan, const std::vector<CustomType>& types);
/// Which of the names asked for none of these types has.
std::vector<std::string> UnknownTypes(const std::vector<std::string>& asked_for,
                                      const std::vector<CustomType>& types);

}  // namespace hubmirror
