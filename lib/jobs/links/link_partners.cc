#include "jobs/links/link_partners.h"

#include <algorithm>

namespace hubmirror {
namespace {

// Scopes are granted and types made linkable while the daemon runs.
constexpr Duration kBelieved = std::chrono::hours(1);

}  // namespace

bool LinkPartners::Member::Wants(const Member& other) const {
  return with.empty() || std::find(with.begin(), with.end(), other.type.name) != with.end();
}

void LinkPartners::Add(ObjectType type, std::vector<std::string> with) {
  MutexLock lock(mutex_);
  members_.push_back({std::move(type), std::move(with)});
  std::sort(members_.begin(), members_.end(),
            [](const Member& a, const Member& b) { return a.type.name < b.type.name; });
}

LinkPair LinkPartners::Turn(LinkPair pair) const {
  if (one_way_.contains({pair.to.name, pair.from.name})) std::swap(pair.from, pair.to);
  return pair;
}

LinkPair LinkPartners::PairFor(const ObjectType& one, const ObjectType& other) const {
  MutexLock lock(mutex_);
  return Turn(PairOf(one, other));
}

std::vector<LinkPair> LinkPartners::PairsOf(const ObjectType& type) const {
  const auto self = std::find_if(members_.begin(), members_.end(),
                                 [&](const Member& member) { return member.type == type; });
  std::vector<LinkPair> pairs;
  for (const Member& other : members_) {
    if (self != members_.end() && !(self->Wants(other) && other.Wants(*self))) continue;
    pairs.push_back(Turn(PairOf(type, other.type)));
  }
  return pairs;
}

std::vector<LinkPair> LinkPartners::PairsFrom(const ObjectType& type) const {
  MutexLock lock(mutex_);
  std::vector<LinkPair> pairs = PairsOf(type);
  std::erase_if(pairs, [&](const LinkPair& pair) { return pair.from != type; });
  return pairs;
}

std::vector<LinkPair> LinkPartners::PairsTo(const ObjectType& type) const {
  MutexLock lock(mutex_);
  std::vector<LinkPair> pairs = PairsOf(type);
  std::erase_if(pairs, [&](const LinkPair& pair) { return pair.from == type; });
  return pairs;
}

void LinkPartners::NoteLinkable(const LinkPair& pair, bool linkable, Instant now) {
  MutexLock lock(mutex_);
  said_[KeyOf(pair)] = {linkable, now};
}

void LinkPartners::NoteRefused(const LinkPair& pair, Instant now) {
  MutexLock lock(mutex_);
  said_[KeyOf(pair)] = {.linkable = false, .at = now, .refused = true};
}

std::set<std::string> LinkPartners::ForgetRefusals(const std::string& type) {
  MutexLock lock(mutex_);
  std::set<std::string> read_from;
  std::erase_if(said_, [&](const auto& said) {
    const auto& [from, to] = said.first;
    if (!said.second.refused || (from != type && to != type)) return false;
    read_from.insert(from);
    return true;
  });
  return read_from;
}

std::optional<bool> LinkPartners::Linkable(const LinkPair& pair, Instant now) const {
  MutexLock lock(mutex_);
  const auto said = said_.find(KeyOf(pair));
  if (said == said_.end() || now - said->second.at >= kBelieved) return std::nullopt;
  return said->second.linkable;
}

void LinkPartners::NoteNone(const LinkPair& pair, bool again) {
  MutexLock lock(mutex_);
  if (pair.from == pair.to || PairOf(pair.from, pair.to).from != pair.from) return;
  Seen& seen = seen_[KeyOf(pair)];
  seen.none = true;
  if (again) seen.looked = false;
}

void LinkPartners::NoteShown(const LinkPair& pair) {
  MutexLock lock(mutex_);
  if (PairOf(pair.from, pair.to).from != pair.from) return;
  seen_[KeyOf(pair)].shown = true;
  if (one_way_.erase({pair.to.name, pair.from.name}) > 0) said_.erase(KeyOf(pair));
}

bool LinkPartners::Doubtful(const LinkPair& pair) const {
  const Key key{pair.to.name, pair.from.name};
  const auto seen = seen_.find(key);
  return seen != seen_.end() && seen->second.none && !seen->second.shown &&
         !one_way_.contains(KeyOf(pair));
}

bool LinkPartners::IsDoubtful(const LinkPair& pair) const {
  MutexLock lock(mutex_);
  return Doubtful(pair);
}

std::vector<LinkPair> LinkPartners::DoubtfulOf(const ObjectType& type, bool never_looked_at) const {
  MutexLock lock(mutex_);
  std::vector<LinkPair> pairs;
  for (LinkPair& pair : PairsOf(type)) {
    std::swap(pair.from, pair.to);
    if (pair.from != type || !Doubtful(pair)) continue;
    if (never_looked_at && seen_.at({pair.to.name, pair.from.name}).looked) continue;
    pairs.push_back(std::move(pair));
  }
  return pairs;
}

bool LinkPartners::LookWanted(const ObjectType& type) const {
  MutexLock lock(mutex_);
  return std::any_of(seen_.begin(), seen_.end(), [&](const auto& entry) {
    const auto& [key, seen] = entry;
    return key.second == type.name && seen.none && !seen.shown && !seen.looked;
  });
}

void LinkPartners::BeginLooks(const ObjectType& type) {
  MutexLock lock(mutex_);
  for (auto& [key, seen] : seen_) {
    if (key.second == type.name) seen.looked = true;
  }
}

void LinkPartners::UseFrom(const std::string& from, const std::string& to) {
  MutexLock lock(mutex_);
  one_way_.insert({from, to});
  // A kind of link has another type id in each direction, so the possible kinds are read again, and
  // stored, from this side.
  said_.erase({from, to});
}

bool LinkPartners::IsOneWay(const LinkPair& pair) const {
  MutexLock lock(mutex_);
  return one_way_.contains(KeyOf(pair));
}

std::vector<std::string> LinkPartners::OneWayFrom(const ObjectType& type) const {
  MutexLock lock(mutex_);
  std::vector<std::string> others;
  for (const auto& [from, to] : one_way_) {
    if (from == type.name) others.push_back(to);
  }
  return others;
}

}  // namespace hubmirror
