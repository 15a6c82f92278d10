#pragma once

#include <array>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "store/crm_object.h"
#include "store/instant.h"
#include "store/object_type.h"
#include "store/random.h"

namespace simulated_portal {

/// Things beside the records, each an item with an id and JSON members.
enum class ReferenceKind { kOwners, kTeams, kUsers, kPipelines, kLists, kEvents, kCurrencies };
constexpr std::array<std::string_view, 7> kReferenceNames = {
    "owners", "teams", "users", "pipelines", "lists", "events", "currencies"};

/// Members of a JSON object in the order they were set, each already as JSON.
class Members {
 public:
  void Set(std::string_view name, std::string json);
  void SetText(std::string_view name, std::string_view text);
  void SetNumber(std::string_view name, int64_t number);
  void SetInstant(std::string_view name, Instant instant);
  void SetFlag(std::string_view name, bool flag);
  /// `"a":1,"b":"c"`
  void Append(std::string& out) const;

 private:
  std::vector<std::pair<std::string, std::string>> members_;
};

struct Stage {
  std::string id;
  Members members;
};

struct ReferenceItem {
  std::string id;
  Members members;
  bool archived = false;               ///< owners that were deactivated
  std::string object;                  ///< pipelines: the type's name
  std::vector<Stage> stages;           ///< pipelines
  std::map<RecordId, Instant> joined;  ///< lists: members
  size_t type = 0;                     ///< lists: index of the type of their members
  std::string folder;                  ///< lists: empty: in none
  Instant last_added = 0;              ///< lists: 0: nobody ever was
  Instant last_removed = 0;            ///< lists
};

/// Owners, teams, users, pipelines, lists and marketing events of a portal. A list may hold records
/// that are not live any more; it does not show them. Owned by one thread.
class ReferenceStore {
 public:
  struct Sizes {
    int64_t owners = 12;
    int64_t lists = 6;
    int64_t events = 5;
    int64_t members = 1000;  ///< of one list, at most
  };
  /// `tidy`: pipelines and stages have names that a person would give them.
  void Populate(const std::vector<CrmObject>& objects, const Sizes& sizes, bool tidy, Random random,
                Instant now);

  using Items = std::vector<ReferenceItem>;
  [[nodiscard]] const Items& items(ReferenceKind kind) const {
    return items_[static_cast<size_t>(kind)];
  }
  /// Throws std::runtime_error when there is none.
  ReferenceItem& Find(ReferenceKind kind, std::string_view id);

  /// Makes one change of a kind ("owner_deactivate", "stage_rename", ...), of a thing drawn; false
  /// when there is none it could be made to. Throws for a kind it does not know.
  bool Change(std::string_view kind, std::vector<CrmObject>& objects, Random& random, Instant now);

 private:
  Items& of(ReferenceKind kind) { return items_[static_cast<size_t>(kind)]; }
  void AddOwner(Random& random, Instant now);
  void AddList(const std::vector<CrmObject>& objects, Random& random, Instant now);
  void AddEvent(Random& random, Instant now);
  void AddRate(std::string_view currency, std::string_view rate, Instant effective);
  bool ChangeStage(std::string_view kind, Random& random, Instant now);
  bool ChangeMembers(std::string_view kind, std::vector<CrmObject>& objects, Random& random,
                     Instant now);

  std::array<Items, kReferenceNames.size()> items_;
  int64_t next_id_ = 1000;
  size_t most_members_ = 0;
  bool tidy_ = false;
};

}  // namespace simulated_portal
