#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "store/crm_object.h"
#include "store/random.h"

namespace simulated_portal {

/// One way in which records of two types can be linked, with its type id and label in either
/// direction. An empty label is `null` in answers.
struct LinkKind {
  std::string_view category;
  int64_t ahead_id = 0;  ///< read from the first type of the pair
  int64_t back_id = 0;
  std::string ahead_label;
  std::string back_label;
};

/// The links between the records of one portal. A link that has a label has the unlabelled kind
/// too, as at HubSpot; links stand still when a record is archived and move to the survivor of a
/// merge. No stamp of a record moves. Owned by one thread.
class LinkStore {
 public:
  /// Two types, the one that stands first in kObjectTypes first.
  struct Pair {
    size_t first;
    size_t second;
    auto operator<=>(const Pair&) const = default;
  };
  static Pair PairOf(size_t one, size_t other);
  /// Index 0 is the unlabelled kind. None: records of these types cannot be linked.
  static std::vector<LinkKind> KindsOf(Pair pair);

  /// Gives a portal's records realistic links: every third contact a company, some e-mails hundreds
  /// of contacts.
  void Populate(std::vector<CrmObject>& objects, Random random);

  /// False when the link was there with this kind already.
  bool Link(Pair pair, RecordId first, RecordId second, size_t kind);
  /// Takes away all kinds; false when there was no link.
  bool Unlink(Pair pair, RecordId first, RecordId second);
  /// Takes away a label, or another one than the unlabelled kind is given.
  void Relabel(Pair pair, RecordId first, RecordId second, size_t kind);

  /// Takes one label away; the link stays.
  void Unlabel(Pair pair, RecordId first, RecordId second, size_t kind);

  /// `loser` was merged into `survivor`.
  void Move(size_t object, RecordId loser, RecordId survivor);
  /// The record is gone for good.
  void Drop(size_t object, RecordId id);

  /// What one record is linked with, seen from it: ids of the other type and (kind, ahead).
  using Kinds = std::set<std::pair<size_t, bool>>;
  [[nodiscard]] std::map<RecordId, Kinds> LinksOf(size_t from, RecordId id, size_t to) const;

  struct Place {
    Pair pair;
    RecordId first;
    RecordId second;
  };
  /// Any link between types that hold records; false when there is none.
  bool Draw(Random& random, Place& place) const;

 private:
  struct Links {
    std::map<RecordId, std::map<RecordId, std::set<size_t>>> ahead;
    std::map<RecordId, std::set<RecordId>> back;
  };
  void Join(std::vector<CrmObject>& objects, Random& random, Pair pair, double share, int most);

  std::map<Pair, Links> pairs_;
};

}  // namespace simulated_portal
