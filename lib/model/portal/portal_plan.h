#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.h"
#include "model/source/object_type.h"
#include "model/source/property_selection.h"

namespace hubmirror {

/// What the writers of a portal may have changed in HubSpot of one object type (rule W1).
struct ObjectWritePlan {
  std::vector<std::string> update;  ///< patterns of properties; empty: nothing
  bool check = true;                ///< HubSpot's values are read before they are written over (W6)
  bool create = false;              ///< records may be made, with any property HubSpot takes
  /// The property that hubmirror alone sets, by which a record that it made is known (W8).
  std::string key_property;
  bool unguarded = false;         ///< also records that nothing tells from a second one
  std::string archive = "false";  ///< `true`, or `permanently` where it may be for good
  bool archives() const { return archive != "false"; }
  /// Whose value counts in a conflict about a property where a row does not say, by property, as
  /// WritePlan::on_conflict, which they go before (rule W7).
  std::map<std::string, std::string> rules;
  /// Objects whose records may be linked with it, or no longer be.
  std::vector<std::string> associate;
  /// Whether anything may be written at all.
  bool any() const { return !update.empty() || create || archives() || !associate.empty(); }
  friend bool operator==(const ObjectWritePlan&, const ObjectWritePlan&) = default;
};

/// What the operator asked for one stream, defaults filled in. Immutable once handed out.
struct StreamPlan {
  ObjectType object;
  std::chrono::milliseconds interval{std::chrono::minutes{1}};
  std::chrono::milliseconds freshness_target{std::chrono::minutes{5}};
  std::chrono::milliseconds overlap{std::chrono::minutes{1}};
  std::chrono::milliseconds deep_overlap{std::chrono::hours{1}};
  std::chrono::milliseconds confirm_after{std::chrono::minutes{10}};
  std::chrono::milliseconds sweep_every{std::chrono::hours{24}};
  std::chrono::milliseconds archived_every{std::chrono::minutes{15}};
  std::chrono::milliseconds catalog_every{std::chrono::minutes{5}};
  std::chrono::milliseconds links_every{std::chrono::hours{6}};
  std::chrono::milliseconds verify_every{std::chrono::hours{24}};
  bool verify_repair = true;
  std::vector<std::string> columns;  ///< properties that get a column whatever else
  std::vector<std::string> indexes;  ///< what is indexed (model/index_key.h)
  PropertySelection selection;
  /// Of the selection's lists those that another object of the portal has as well, such as
  /// `properties.include`: they are meant for several, so none has to have all their names.
  std::vector<std::string> shared_lists;
  std::vector<std::string> associations;  ///< types whose links are read; empty: all
  std::vector<std::string> history;       ///< properties whose former values are kept
  ObjectWritePlan write;
  friend bool operator==(const StreamPlan&, const StreamPlan&) = default;
};

/// What the operator asked of a portal's change feed.
struct FeedPlan {
  bool enabled = false;
  bool everything = false;  ///< also changes that nothing in HubSpot caused
  std::chrono::milliseconds keep{std::chrono::days{14}};
  std::chrono::milliseconds keep_max{std::chrono::days{30}};  ///< whoever has not read it by then
  int64_t size_max = int64_t{10} << 30;                       ///< bytes of all that is kept
  int64_t value_max = int64_t{8} << 10;  ///< bytes of a value that stands whole
  std::vector<std::string> exclude;      ///< patterns of properties that stay out of the feed
  std::vector<std::string> roles;        ///< roles that may be consumers
  friend bool operator==(const FeedPlan&, const FeedPlan&) = default;
};

/// How many rows of an object may be sent within an hour before a person is asked (rule W20).
struct WriteBrakes {
  int64_t max_update = 100'000;
  int64_t max_create = 10'000;
  int64_t max_archive = 100;
  int64_t per_record = 20;  ///< rows that change one record (rule W15)
  friend bool operator==(const WriteBrakes&, const WriteBrakes&) = default;
};

/// What the operator asked of writing back; which objects and properties, the streams say.
struct WritePlan {
  bool enabled = false;
  std::vector<std::string> writers;  ///< roles that may put rows into `outbox`
  /// Whose value counts in a conflict where a row does not say: `hold`, `ours` or `theirs` (W7).
  std::string on_conflict = "hold";
  bool dry_run = false;  ///< nothing is sent: rows end where their request would leave (W25)
  double share = 0.5;    ///< of the slots that writing may have while reading waits
  std::chrono::milliseconds keep{std::chrono::days{31}};      ///< of rows that are `done`
  std::chrono::milliseconds log_keep{std::chrono::days{90}};  ///< of `outbox_log`
  std::chrono::milliseconds give_up{std::chrono::hours{24}};  ///< how long a row is tried again
  WriteBrakes brakes;
  friend bool operator==(const WritePlan&, const WritePlan&) = default;
};

/// What the operator asked for one portal.
struct PortalPlan {
  PortalKey key;
  PortalId portal_id;
  std::string schema;
  std::vector<std::string> readers;  ///< roles that may read all tables and views but internal ones
  std::vector<std::string> unions;   ///< objects that views over all portals are asked of
  double quota_share = 0.5;          ///< part of the account's daily quota we may use
  std::optional<int64_t> daily;      ///< daily quota where answers do not tell it (OAuth apps)
  std::optional<int64_t> burst;      ///< requests per 10 s; absent: learned from answers
  std::chrono::milliseconds lists_every{std::chrono::hours{1}};
  bool list_memberships = true;
  FeedPlan feed;
  WritePlan write;
  std::vector<StreamPlan> streams;
  /// Custom types the configuration asks for, as it names them; set by WithTypes.
  std::vector<std::string> custom_asked;
  friend bool operator==(const PortalPlan&, const PortalPlan&) = default;
};

}  // namespace hubmirror
