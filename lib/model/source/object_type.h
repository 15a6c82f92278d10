#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hubmirror {

/// A kind of record a portal holds. Immutable.
struct ObjectType {
  /// HubSpot's path name (`contacts`): also the table's name and the `object` label of metrics.
  std::string name;
  /// Of one record (`contact`): for the names of views.
  std::string singular = {};
  /// HubSpot's objectTypeId (`0-1`), the spelling used in request paths.
  std::string type_id;
  /// The property that moves when a record changes. Contacts have `lastmodifieddate`, all others
  /// `hs_lastmodifieddate`; filtering contacts by the latter finds nothing, without an error.
  std::string modified_property;
  /// Whether a record that vanishes for good is erased (personal data goes) rather than purged.
  bool holds_personal_data = false;
  bool has_pipelines = false;

  /// A custom type that the portal has not been asked about yet: it has a name only.
  bool unresolved() const { return type_id.empty(); }
  /// A standard type that our list does not have: neither its name nor its scope is known.
  bool unlisted() const { return name.starts_with("object_0_"); }

  friend bool operator==(const ObjectType&, const ObjectType&) = default;
};

/// Whether archiving a record of the type may delete it for good: e-mails, and with them all that
/// stands on a timeline but tasks, as far as HubSpot has not said otherwise
/// (https://developers.hubspot.com/docs/api-reference/crm-emails-v3/guide).
bool ArchivesForGood(const ObjectType& type);

/// The object type of a HubSpot path name or objectTypeId; nullopt when it is not one we mirror. A
/// standard type that HubSpot made later is known by its id alone: `0-999` is in table
/// `object_0_999`, also when its name is listed here one day by another version.
std::optional<ObjectType> FindObjectType(std::string_view name_or_id);

/// Every path name on our list, sorted.
std::vector<std::string_view> ObjectTypeNames();

}  // namespace hubmirror
