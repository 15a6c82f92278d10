#pragma once

#include <algorithm>
#include <chrono>
#include <map>
#include <string>
#include <unordered_map>

#include "base/clock.h"
#include "model/store/link_sink.h"

namespace hubmirror {

/// Whose links were written lately, and by when they were read: a batch over many records is under
/// way for longer than the reading of a single one, and must not undo it (rule R8). Owned by
/// whoever may write the portal at the moment.
class RecentLinks {
 public:
  /// What of `commit` no later reading has overtaken.
  LinkCommit Newest(LinkCommit commit) const {
    const auto pair = read_.find(NameOf(commit.pair));
    if (pair == read_.end()) return commit;
    const Records& records = pair->second.records;
    const auto overtaken = [&](RecordId id) {
      const auto found = records.find(id);
      return found != records.end() && found->second > commit.at;
    };
    std::erase_if(commit.read, overtaken);
    std::erase_if(commit.links, [&](const Link& link) { return overtaken(link.from); });
    return commit;
  }

  /// After the transaction is committed.
  void Wrote(const LinkCommit& commit, Instant now) {
    Pair& pair = read_[NameOf(commit.pair)];
    pair.wrote = now;
    for (const RecordId id : commit.read) {
      TimePoint& at = pair.records[id];
      at = std::max(at, commit.at);
    }
    // HubSpot's clock may have been wrong then, and far ahead.
    const bool lately =
        commit.at >= pair.looked_through && commit.at < pair.looked_through + kLooksThrough;
    if (lately) return;
    pair.looked_through = commit.at;
    std::erase_if(pair.records,
                  [&](const auto& record) { return record.second < commit.at - kRemembered; });
  }

  /// Forgets pairs of which nothing has been written for so long that nothing overtaken can come.
  void Rest(Instant now) {
    std::erase_if(read_, [&](const auto& pair) { return pair.second.wrote <= now - kRemembered; });
  }
  bool empty() const { return read_.empty(); }

 private:
  // Longer than any batch is under way.
  static constexpr auto kRemembered = std::chrono::minutes(10);
  // Not with every commit: a first load has many, and remembers them all.
  static constexpr auto kLooksThrough = std::chrono::minutes(1);

  static std::string NameOf(const LinkPair& pair) { return pair.from.name + ">" + pair.to.name; }

  using Records = std::unordered_map<RecordId, TimePoint>;
  struct Pair {
    Records records;
    TimePoint looked_through{};  ///< for what is too old
    Instant wrote{};
  };
  std::map<std::string, Pair> read_;
};

}  // namespace hubmirror
