#include "jobs/links/link_partners.h"

#include <algorithm>

namespace hubmirror {
namespace {

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

std::vector<LinkPair> LinkPartners::PairsOf(const ObjectType& type, bool from) const {
  MutexLock lock(mutex_);
  const auto self = std::find_if(members_.begin(), members_.end(),
                                 [&](const Member& member) { return member.type == type; });
  std::vector<LinkPair> pairs;
  for (const Member& other : members_) {
    if (self != members_.end() && !(self->Wants(other) && other.Wants(*self))) continue;
    LinkPair pair = PairOf(type, other.type);
    if ((pair.from == type) == from) pairs.push_back(std::move(pair));
  }
  return pairs;
}

std::vector<LinkPair> LinkPartners::PairsFrom(const ObjectType& type) const {
  return PairsOf(type, true);
}

std::vector<LinkPair> LinkPartners::PairsTo(const ObjectType& type) const {
  return PairsOf(type, false);
}

void LinkPartners::NoteLinkable(const LinkPair& pair, bool linkable, Instant now) {
  MutexLock lock(mutex_);
  said_[{pair.from.type_id, pair.to.type_id}] = {linkable, now};
}

std::optional<bool> LinkPartners::Linkable(const LinkPair& pair, Instant now) const {
  MutexLock lock(mutex_);
  const auto said = said_.find({pair.from.type_id, pair.to.type_id});
  if (said == said_.end() || now - said->second.at >= kBelieved) return std::nullopt;
  return said->second.linkable;
}

}  // namespace hubmirror
