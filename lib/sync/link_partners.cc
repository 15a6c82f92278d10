#include "sync/link_partners.h"

#include <algorithm>

namespace hubmirror {

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

void LinkPartners::NoteLinkable(const LinkPair& pair, bool linkable) {
  MutexLock lock(mutex_);
  if (linkable) {
    unlinkable_.erase({pair.from.type_id, pair.to.type_id});
  } else {
    unlinkable_.emplace(pair.from.type_id, pair.to.type_id);
  }
}

bool LinkPartners::Linkable(const LinkPair& pair) const {
  MutexLock lock(mutex_);
  return !unlinkable_.contains({pair.from.type_id, pair.to.type_id});
}

}  // namespace hubmirror
