#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "jobs/broken_promise.h"
#include "model/source/link_source.h"
#include "model/store/link_sink.h"
#include "model/store/row_sink.h"

namespace hubmirror {

/// The links of some records with one other type, read until every record is accounted for: read to
/// its last page, or set aside because HubSpot does not show its links. Only then are the links
/// complete, and what is missing from them is gone (rule R17). No answer is believed just because
/// it is well-formed: it is compared with what was asked for. Owned by one thread.
class LinkBatch {
 public:
  /// `read_from`: the type whose ids these are; it need not be the one the pair is read from.
  LinkBatch(ObjectType read_from, ObjectType other, std::vector<RecordId> ids);

  const ObjectType& read_from() const { return read_from_; }
  const ObjectType& other() const { return other_; }
  const std::vector<RecordId>& ids() const { return ids_; }
  bool whole() const { return left_.empty(); }

  /// What to ask for next, at most `most` records: those not asked for yet and those with further
  /// pages. A record whose answer was not believed is asked for alone.
  std::vector<LinkInput> NextInputs(size_t most) const;
  /// Takes in the answer to inputs that NextInputs gave, and nothing that it shows beside them.
  /// Returns the promises that it broke.
  std::vector<BrokenPromise> Take(const std::vector<LinkInput>& asked, LinkAnswer answer);
  /// The next record cannot be read, although others can: its links remain unknown.
  void SetAside(std::string reason);
  /// A record other than the next one, to see whether HubSpot answers at all; each `turn` gives
  /// another. Empty: there is no other.
  std::optional<RecordId> Witness(size_t turn) const;

  /// When whole: records that the answers did not mention. They may have no links; but if we know
  /// of some, we ask once more before we believe it.
  const std::vector<RecordId>& silent() const { return silent_; }
  void AskAgain(const std::vector<RecordId>& known);

  /// Records set aside since the last call, each with the reason.
  std::vector<UnreadableRecord> TakeUnread() { return std::exchange(unread_, {}); }

  size_t links() const { return links_.size(); }
  /// The ids at the other end, each once, ascending.
  std::vector<RecordId> OtherIds() const;
  /// When whole.
  LinkCommit ToCommit() const;

 private:
  struct Wish {
    LinkInput input;
    bool alone = false;
  };
  /// Of a record with several pages, where they led to and what each began with.
  struct Pages {
    std::set<std::string> places;
    std::set<RecordId> begun_with;
  };
  using Asked = std::map<RecordId, bool>;  ///< with whether an earlier page led there

  /// Adds the links of records that were asked for; how many others there were.
  size_t Keep(const Asked& asked, std::vector<Link> links);
  /// Whether the next page of a record leads on and this one, which began with a link to
  /// `begun_with`, brought something.
  bool MovesOn(const LinkInput& more, std::optional<RecordId> begun_with);
  /// Its answers cannot be right. It is read once more, alone and from the beginning, and set aside
  /// if that happens again.
  void Distrust(RecordId id, const std::string& reason);
  void Leave(RecordId id, std::string reason);

  ObjectType read_from_;
  ObjectType other_;
  std::vector<RecordId> ids_;
  std::deque<Wish> left_;
  std::map<RecordId, Pages> pages_;
  std::set<RecordId> begun_again_;
  std::vector<RecordId> silent_;
  std::set<RecordId> asked_again_;
  std::set<RecordId> set_aside_;
  std::vector<UnreadableRecord> unread_;
  std::vector<Link> links_;
  std::optional<TimePoint> first_date_;
};

}  // namespace hubmirror
