#include "sync/link_partners.h"

#include <algorithm>

namespace hubmirror {
namespace {

constexpr Duration kBelieved = std::chrono::hours(1);

}  // namespace

void LinkPartners::Add(ObjectType type) {
  MutexLock lock(mutex_);
  types_.push_back(std::move(type));
  std::sort(types_.begin(), types_.end(),
            [](const ObjectType& a, const ObjectType& b) { return a.name < b.name; });
}

std::vector<LinkPair> LinkPartners::PairsFrom(const ObjectType& type) const {
  MutexLock lock(mutex_);
  std::vector<LinkPair> pairs;
  for (const ObjectType& other : types_) {
    LinkPair pair = PairOf(type, other);
    if (pair.from == type) pairs.push_back(std::move(pair));
  }
  return pairs;
}

std::vector<LinkPair> LinkPartners::PairsTo(const ObjectType& type) const {
  MutexLock lock(mutex_);
  std::vector<LinkPair> pairs;
  for (const ObjectType& other : types_) {
    LinkPair pair = PairOf(type, other);
    if (pair.from != type) pairs.push_back(std::move(pair));
  }
  return pairs;
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
