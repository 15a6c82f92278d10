#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "model/source/link.h"

namespace hubmirror {

/// Which object types of a portal are mirrored, and which of them can be linked with which.
/// Thread-safe.
class LinkPartners {
 public:
  /// `with`: the types it is to be linked with, by name; empty: all.
  void Add(ObjectType type, std::vector<std::string> with = {});

  /// Pairs read from `type`, itself with itself among them; sorted by the other type's name.
  std::vector<LinkPair> PairsFrom(const ObjectType& type) const;
  /// Pairs of `type` that are read from the other one.
  std::vector<LinkPair> PairsTo(const ObjectType& type) const;

  /// HubSpot says whether records of the two can be linked.
  void NoteLinkable(const LinkPair& pair, bool linkable, Instant now);
  /// What it said within the last hour; nothing: it is to be asked (again).
  std::optional<bool> Linkable(const LinkPair& pair, Instant now) const;

 private:
  mutable Mutex mutex_;
  struct Member {
    ObjectType type;
    std::vector<std::string> with;
    bool Wants(const Member& other) const;
  };
  std::vector<LinkPair> PairsOf(const ObjectType& type, bool from) const;

  std::vector<Member> members_ GUARDED_BY(mutex_);
  struct Said {
    bool linkable;
    Instant at;
  };
  std::map<std::pair<std::string, std::string>, Said> said_ GUARDED_BY(mutex_);
};

}  // namespace hubmirror
