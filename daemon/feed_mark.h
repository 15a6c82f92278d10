#pragma once

#include <cstdint>
#include <string>

#include "base/ids.h"

namespace hubmirror {

/// The highest number of a portal's change feed that this daemon remembers over a restart: a
/// database that lost commits meanwhile then gives out none of them again (rule F6). It is a small
/// file, written at a claim and then once in many thousand entries. Owned by one thread.
class FeedMark {
 public:
  /// The file is `<state_dir>/feed/<portal>`; one that cannot be read remembers nothing.
  FeedMark(const std::string& state_dir, const PortalKey& portal);

  int64_t number() const { return number_; }
  /// Entries up to `last` are committed. What cannot be written is tried again with later ones: the
  /// clock of the database guards the numbers, too.
  void Keep(int64_t last);

 private:
  const std::string path_;
  int64_t number_;
};

}  // namespace hubmirror
