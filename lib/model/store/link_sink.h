#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/source/link.h"
#include "model/source/stream.h"

namespace hubmirror {

/// The links of some records of `pair.from`, the side they were read from, all of their pages read,
/// and what else one transaction writes with them.
struct LinkCommit {
  LinkPair pair;
  std::vector<RecordId> read;  ///< records of `pair.from`; links of theirs not in `links` are gone
  std::vector<Link> links;
  TimePoint at{};  ///< HubSpot's clock at the first answer: what is newer here is left alone
  std::optional<JobProgress> progress;  ///< of the links job of `pair.from`
  std::string budget;                   ///< as in Commit
  bool loads = false;                   ///< as in Commit
};

/// A record whose links are to be read at once. `since` tells one wish from the next.
struct DueRecord {
  RecordId id;
  std::string since;
};

/// Where links are kept: the table `associations` of a portal. Calls block, throw DatabaseError and
/// renew ownership as RowSink's do. Thread-safe.
class LinkSink {
 public:
  virtual ~LinkSink() = default;

  /// Live records of a type above an id, ascending.
  virtual std::vector<RecordId> LiveIds(const ObjectType& object, std::optional<RecordId> above,
                                        size_t limit) = 0;
  /// Records written since their links were read last, oldest wish first.
  virtual std::vector<DueRecord> DueLinks(const ObjectType& object, size_t limit) = 0;
  /// Drops wishes that were not renewed meanwhile.
  virtual void DropDueLinks(const ObjectType& object, const std::vector<DueRecord>& records) = 0;
  /// Records of `pair.from` that are linked with any of these of `pair.to`, as far as is known.
  virtual std::vector<RecordId> LinkedFrom(const LinkPair& pair,
                                           const std::vector<RecordId>& to) = 0;
  /// Those of these records of `pair.from` of which links with `pair.to` are known.
  virtual std::vector<RecordId> Linked(const LinkPair& pair, const std::vector<RecordId>& from) = 0;

  /// Writes what changed; a link that vanished gets `removed_at`, unless one of its ends is not
  /// live here: HubSpot does not show such links, they are left as they are.
  virtual void WriteLinks(const LinkCommit& commit) = 0;
  /// Stores what links there can be, and makes the views of the pair.
  virtual void SaveLinkTypes(const LinkPair& pair, const std::vector<LinkType>& types) = 0;
};

}  // namespace hubmirror
