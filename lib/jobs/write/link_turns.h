#pragma once

#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "model/source/link.h"
#include "model/store/write_sink.h"

namespace hubmirror {

/// Two records whose links a row is about, from the side that their types are read from.
struct LinkEnds {
  OutboxId row;
  LinkPair pair;
  RecordId from;
  RecordId to;
};

/// Whose links are being written. What is written of labels takes the place of those that two
/// records have, so it must not be read while somebody else writes it: both ends of a link have a
/// job of their own. Shared by the jobs of a portal. Thread-safe.
class LinkTurns {
 public:
  /// Whether no other row has any of these; if so they are taken until `until`, or until Free. A
  /// row that comes again has them still.
  bool Take(const std::vector<LinkEnds>& ends, Instant now, Instant until) {
    MutexLock lock(mutex_);
    std::erase_if(taken_, [&](const auto& one) { return one.second.until <= now; });
    for (const LinkEnds& one : ends) {
      const auto found = taken_.find(KeyOf(one));
      if (found != taken_.end() && found->second.row != one.row) return false;
    }
    for (const LinkEnds& one : ends) taken_[KeyOf(one)] = {one.row, until};
    return true;
  }
  void Free(const std::vector<LinkEnds>& ends) {
    MutexLock lock(mutex_);
    for (const LinkEnds& one : ends) {
      const auto found = taken_.find(KeyOf(one));
      if (found != taken_.end() && found->second.row == one.row) taken_.erase(found);
    }
  }

 private:
  struct Taken {
    OutboxId row;
    Instant until;
  };
  using Key = std::tuple<std::string, RecordId, std::string, RecordId>;
  static Key KeyOf(const LinkEnds& ends) {
    return {ends.pair.from.name, ends.from, ends.pair.to.name, ends.to};
  }

  Mutex mutex_;
  std::map<Key, Taken> taken_ GUARDED_BY(mutex_);
};

}  // namespace hubmirror
