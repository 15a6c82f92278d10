#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>

#include "support/temp_postgres.h"

namespace hubmirror::testing {

/// A copy of a portal's tables as a follower of its change feed keeps one: taken once, or empty
/// where the feed is as old as the tables, then moved on by entries alone, so that the feed can be
/// compared with the tables value by value. Only properties that an entry `loaded` names are read
/// again. The feed must say everything. Owned by one thread.
class FeedCopy {
 public:
  FeedCopy(std::string dsn, std::string schema)
      : dsn_(std::move(dsn)), schema_(std::move(schema)) {}

  /// The tables as they are, in one snapshot with the number of the last entry.
  void Take();
  /// Applies the entries that are there by now; how many. Throws std::runtime_error at a gap, and
  /// at an entry that is not true of the copy: a false `before` above all.
  int64_t Follow();
  /// What differs between the copy and the tables, in words; empty: nothing.
  std::string Differences() const;

  int64_t last() const { return last_; }

 private:
  struct Record {
    std::string state;
    std::optional<int64_t> merged_into;
    std::map<std::string, std::string> values;
    friend bool operator==(const Record&, const Record&) = default;
  };
  using Place = std::pair<std::string, int64_t>;
  /// From, to, category, type.
  using LinkPlace = std::tuple<Place, Place, std::string, std::string>;
  /// An object and a property.
  using Named = std::pair<std::string, std::string>;
  struct Entry;

  std::string Held(const std::string& object, const std::string& name,
                   const std::string& text) const;
  void ReadNumbers(Session& session);
  void TakeRecords(Session& session, const std::string& object);
  void Apply(const Entry& entry);
  void ApplyToRecord(const Entry& entry);
  void ApplyValue(const Entry& entry, Record& record, const std::string& name);
  void ApplyToLink(const Entry& entry);
  /// Takes from the tables what was to be read again.
  void ReadAgain();
  /// Puts what was read again of a property into a record.
  void TakeOver(const Place& place, const std::string& name, Record& record) const;

  const std::string dsn_;
  const std::string schema_;
  int64_t last_ = 0;
  std::map<Place, Record> records_;
  std::map<LinkPlace, std::string> links_;  ///< labels
  std::set<Named> numbers_;
  std::set<Named> stale_;  ///< to be read again
  std::set<Named> fresh_;  ///< were read again, and entries up to there say nothing more of them
  int64_t fresh_to_ = 0;
  std::map<Place, Record> fresh_records_;
};

}  // namespace hubmirror::testing
