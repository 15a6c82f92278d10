#include "store/link_store.h"

#include <algorithm>
#include <initializer_list>

namespace simulated_portal {
namespace {

constexpr std::string_view kHubSpot = "HUBSPOT_DEFINED";
constexpr std::string_view kUser = "USER_DEFINED";
constexpr double kCrowdShare = 0.01;
constexpr int64_t kCrowd = 300;

bool Named(LinkStore::Pair pair, std::string_view first, std::string_view second) {
  return kObjectTypes[pair.first].name == first && kObjectTypes[pair.second].name == second;
}

bool IsOneOf(size_t object, std::initializer_list<std::string_view> names) {
  return std::find(names.begin(), names.end(), kObjectTypes[object].name) != names.end();
}

/// https://developers.hubspot.com/docs/api-reference/crm-associations-v4: products and users
/// cannot be associated; most types can with contacts, companies, deals and tickets only.
bool CanBeLinked(LinkStore::Pair pair) {
  for (const size_t object : {pair.first, pair.second}) {
    if (IsOneOf(object, {"products", "users"})) return false;
  }
  const auto central = [](size_t object) {
    return IsOneOf(object, {"contacts", "companies", "deals", "tickets"});
  };
  return central(pair.first) || central(pair.second) || Named(pair, "line_items", "quotes");
}

}  // namespace

LinkStore::Pair LinkStore::PairOf(size_t one, size_t other) {
  return {std::min(one, other), std::max(one, other)};
}

std::vector<LinkKind> LinkStore::KindsOf(Pair pair) {
  if (!CanBeLinked(pair)) return {};
  const bool same = pair.first == pair.second;
  const auto base =
      static_cast<int64_t>(1000 + (pair.first * kObjectTypes.size() + pair.second) * 10);
  std::vector<LinkKind> kinds = {{kHubSpot, base, same ? base : base + 1, "", ""}};
  const bool primary = Named(pair, "contacts", "companies") || Named(pair, "companies", "deals") ||
                       Named(pair, "companies", "tickets");
  if (primary) kinds.push_back({kHubSpot, base + 2, base + 3, "Primary", "Primary"});
  if (Named(pair, "companies", "companies")) {
    kinds.push_back({kHubSpot, base + 2, base + 3, "Parent Company", "Child Company"});
  }
  if (Named(pair, "contacts", "companies") || Named(pair, "contacts", "deals")) {
    kinds.push_back({kUser, base + 4, base + 5, "Decision maker", "Decision maker"});
    kinds.push_back({kUser, base + 6, base + 7, "Käufer; \"größer\"", "Gekauft von"});
  }
  if (Named(pair, "contacts", "contacts")) {
    kinds.push_back({kUser, base + 4, base + 5, "Manager of", "Reports to"});
  }
  return kinds;
}

void LinkStore::Join(std::vector<CrmObject>& objects, Random& random, Pair pair, double share,
                     int most) {
  RecordStore& second = objects[pair.second].records;
  const size_t kinds = KindsOf(pair).size();
  for (auto& [id, record] : objects[pair.first].records.all()) {
    if (record.state != RecordState::kLive || !random.Chance(share)) continue;
    const bool crowd = most > 1 && random.Chance(kCrowdShare);
    const int64_t links = crowd ? random.Between(10, kCrowd) : random.Between(1, most);
    for (int64_t i = 0; i < links; ++i) {
      const Record* other = second.DrawRecord(random, RecordState::kLive);
      if (other == nullptr || (pair.first == pair.second && other->id == id)) continue;
      Link(pair, id, other->id, random.Chance(0.4) ? random.Below(kinds) : 0);
    }
  }
}

void LinkStore::Populate(std::vector<CrmObject>& objects, Random random) {
  struct Habit {
    std::string_view one, other;
    double share;
    int most;
  };
  constexpr Habit kHabits[] = {
      {"contacts", "companies", 0.35, 2}, {"contacts", "deals", 0.1, 2},
      {"companies", "deals", 0.3, 3},     {"contacts", "tickets", 0.05, 2},
      {"contacts", "emails", 0.1, 3},     {"contacts", "tasks", 0.05, 1},
      {"deals", "tickets", 0.05, 1},      {"contacts", "contacts", 0.02, 1},
      {"companies", "companies", 0.1, 1}, {"deals", "line_items", 0.8, 3},
      {"contacts", "notes", 0.5, 1},      {"contacts", "calls", 0.5, 1},
      {"deals", "quotes", 0.3, 1},        {"contacts", "meetings", 0.5, 2},
      {"contacts", "pets", 0.3, 2},       {"deals", "leads", 0.4, 2},
  };
  for (const Habit& habit : kHabits) {
    Join(objects, random, PairOf(FindObjectType(habit.one), FindObjectType(habit.other)),
         habit.share, habit.most);
  }
}

bool LinkStore::Link(Pair pair, RecordId first, RecordId second, size_t kind) {
  Links& links = pairs_[pair];
  std::set<size_t>& kinds = links.ahead[first][second];
  links.back[second].insert(first);
  const bool added = kinds.insert(kind).second;
  kinds.insert(0);
  return added;
}

bool LinkStore::Unlink(Pair pair, RecordId first, RecordId second) {
  Links& links = pairs_[pair];
  const auto from = links.ahead.find(first);
  if (from == links.ahead.end() || from->second.erase(second) == 0) return false;
  if (from->second.empty()) links.ahead.erase(from);
  const auto to = links.back.find(second);
  to->second.erase(first);
  if (to->second.empty()) links.back.erase(to);
  return true;
}

void LinkStore::Relabel(Pair pair, RecordId first, RecordId second, size_t kind) {
  if (Unlink(pair, first, second)) Link(pair, first, second, kind);
}

void LinkStore::Unlabel(Pair pair, RecordId first, RecordId second, size_t kind) {
  Links& links = pairs_[pair];
  const auto from = links.ahead.find(first);
  if (from == links.ahead.end() || kind == 0) return;
  const auto to = from->second.find(second);
  if (to != from->second.end()) to->second.erase(kind);
}

void LinkStore::Move(size_t object, RecordId loser, RecordId survivor) {
  for (auto& [pair, links] : pairs_) {
    if (pair.first != object && pair.second != object) continue;
    std::vector<Place> places;
    if (pair.first == object && links.ahead.contains(loser)) {
      for (const auto& [second, kinds] : links.ahead[loser])
        places.push_back({pair, loser, second});
    }
    if (pair.second == object && links.back.contains(loser)) {
      for (const RecordId first : links.back[loser]) places.push_back({pair, first, loser});
    }
    for (const Place& place : places) {
      const auto kinds = links.ahead[place.first][place.second];
      if (!Unlink(pair, place.first, place.second)) continue;
      const RecordId first = pair.first == object && place.first == loser ? survivor : place.first;
      const RecordId second =
          pair.second == object && place.second == loser ? survivor : place.second;
      if (pair.first == pair.second && first == second) continue;
      for (const size_t kind : kinds) Link(pair, first, second, kind);
    }
  }
}

void LinkStore::Drop(size_t object, RecordId id) {
  for (auto& [pair, links] : pairs_) {
    std::vector<Place> places;
    if (pair.first == object && links.ahead.contains(id)) {
      for (const auto& [second, kinds] : links.ahead[id]) places.push_back({pair, id, second});
    }
    if (pair.second == object && links.back.contains(id)) {
      for (const RecordId first : links.back[id]) places.push_back({pair, first, id});
    }
    for (const Place& place : places) Unlink(pair, place.first, place.second);
  }
}

std::map<RecordId, LinkStore::Kinds> LinkStore::LinksOf(size_t from, RecordId id, size_t to) const {
  std::map<RecordId, Kinds> found;
  const Pair pair = PairOf(from, to);
  const auto links = pairs_.find(pair);
  if (links == pairs_.end()) return found;
  if (pair.first == from) {
    if (const auto ahead = links->second.ahead.find(id); ahead != links->second.ahead.end()) {
      for (const auto& [other, kinds] : ahead->second) {
        for (const size_t kind : kinds) found[other].emplace(kind, true);
      }
    }
  }
  if (pair.second == from) {
    if (const auto back = links->second.back.find(id); back != links->second.back.end()) {
      const auto all = KindsOf(pair);
      for (const RecordId other : back->second) {
        for (const size_t kind : links->second.ahead.at(other).at(id)) {
          // A kind that is the same from both sides is shown once, however it was made.
          found[other].emplace(kind, all[kind].ahead_id == all[kind].back_id);
        }
      }
    }
  }
  return found;
}

bool LinkStore::Draw(Random& random, Place& place) const {
  size_t total = 0;
  for (const auto& [pair, links] : pairs_) total += links.ahead.size();
  if (total == 0) return false;
  size_t left = random.Below(total);
  for (const auto& [pair, links] : pairs_) {
    if (left >= links.ahead.size()) {
      left -= links.ahead.size();
      continue;
    }
    const auto from = std::next(links.ahead.begin(), static_cast<std::ptrdiff_t>(left));
    const auto to = std::next(from->second.begin(),
                              static_cast<std::ptrdiff_t>(random.Below(from->second.size())));
    place = {pair, from->first, to->first};
    return true;
  }
  return false;
}

}  // namespace simulated_portal
