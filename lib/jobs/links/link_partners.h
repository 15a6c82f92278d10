#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "model/source/link.h"

namespace hubmirror {

/// Which object types of a portal are mirrored, which of them can be linked with which, and from
/// which side a pair is read: from the type with the lower id, unless it turns out that HubSpot
/// shows the links from the other side only, as with leads and deals. Thread-safe. (More than
/// fifteen functions: the few that write and the many one-line questions about a pair.)
class LinkPartners {
 public:
  /// `with`: the types it is to be linked with, by name; empty: all.
  void Add(ObjectType type, std::vector<std::string> with = {});

  /// The pair of two types, from the side that it is read from.
  LinkPair PairFor(const ObjectType& one, const ObjectType& other) const;
  bool IsRead(const LinkPair& pair) const { return PairFor(pair.from, pair.to).from == pair.from; }
  /// Pairs read from `type`, itself with itself among them; sorted by the other type's name.
  std::vector<LinkPair> PairsFrom(const ObjectType& type) const;
  /// Pairs of `type` that are read from the other one.
  std::vector<LinkPair> PairsTo(const ObjectType& type) const;

  /// HubSpot says whether records of the two can be linked.
  void NoteLinkable(const LinkPair& pair, bool linkable, Instant now);
  /// It refuses to say so, or to show links of the pair.
  void NoteRefused(const LinkPair& pair, Instant now);
  /// A scope of `type` may have come back: what was refused of its pairs is asked again. Returns
  /// the types that those pairs are read from.
  std::set<std::string> ForgetRefusals(const std::string& type);
  /// What it said within the last hour; empty: ask again.
  std::optional<bool> Linkable(const LinkPair& pair, Instant now) const;

  // One-way pairs. If the side that is read shows no link for a whole batch, we also look from the
  // other side. A link that the other side shows and the first one denies proves that the pair is
  // one-way, until the first side shows some after all.

  /// `pair`, as it is read, showed no links. Saying so again changes nothing, unless `again`:
  /// something else says that there are links.
  void NoteNone(const LinkPair& pair, bool again = false);
  /// It showed some: no need to look from the other side, and no such pair is one-way.
  void NoteShown(const LinkPair& pair);
  /// Whether `pair` must be examined from the side that is not read.
  bool IsDoubtful(const LinkPair& pair) const;
  /// The doubtful pairs of `type`, from its side; sorted like PairsFrom. `never_looked_at`: only
  /// those that BeginLooks has not seen.
  std::vector<LinkPair> DoubtfulOf(const ObjectType& type, bool never_looked_at = false) const;
  /// Whether one of them was never examined. BeginLooks notes that they are now.
  bool LookWanted(const ObjectType& type) const;
  void BeginLooks(const ObjectType& type);
  /// HubSpot shows the links of the pair from `pair.from` only. Both by name, so that it can be
  /// recalled before both types are here.
  void UseFrom(const std::string& from, const std::string& to);
  bool IsOneWay(const LinkPair& pair) const;
  /// The other types of all pairs that are read from `type` only for that.
  std::vector<std::string> OneWayFrom(const ObjectType& type) const;

 private:
  struct Member {
    ObjectType type;
    std::vector<std::string> with;
    bool Wants(const Member& other) const;
  };
  struct Said {
    bool linkable;
    Instant at;
    bool refused = false;
  };
  /// Of the side with the lower id.
  struct Seen {
    bool shown = false;  ///< it showed links
    bool none = false;   ///< it showed none where there might be some
    bool looked = false;
  };
  using Key = std::pair<std::string, std::string>;  ///< names, from and to

  static Key KeyOf(const LinkPair& pair) { return {pair.from.name, pair.to.name}; }
  std::vector<LinkPair> PairsOf(const ObjectType& type) const REQUIRES(mutex_);
  LinkPair Turn(LinkPair pair) const REQUIRES(mutex_);
  bool Doubtful(const LinkPair& pair) const REQUIRES(mutex_);

  mutable Mutex mutex_;
  std::vector<Member> members_ GUARDED_BY(mutex_);
  std::map<Key, Said> said_ GUARDED_BY(mutex_);
  std::map<Key, Seen> seen_ GUARDED_BY(mutex_);  ///< by the pair as PairOf names it
  std::set<Key> one_way_ GUARDED_BY(mutex_);     ///< against the order of PairOf
};

}  // namespace hubmirror
