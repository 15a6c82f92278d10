#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "model/source/history.h"

namespace hubmirror::testing {

/// A past for every record, and a table for it, both in memory.
class MemoryHistory final : public HistorySource, public HistorySink {
 public:
  std::vector<HistoryRequest> requests;
  std::vector<ApiError> errors;
  std::set<int64_t> live, archived, due;
  std::set<int64_t> left_out;         ///< answers say nothing of these
  std::set<int64_t> unknown;          ///< HubSpot has no such records
  std::set<int64_t> unreadable;       ///< whatever asks for these is answered by 500
  std::map<int64_t, int64_t> merged;  ///< these are answered for by others
  std::vector<int64_t> beside;        ///< shown with every answer
  size_t largest = 50;                ///< answers of more records are too large
  ApiErrorKind fails_as = ApiErrorKind::kServer;
  bool all_fails = false;
  std::set<int64_t> due_later;
  std::map<int64_t, std::string> set_aside;  ///< with the reason
  std::set<std::pair<int64_t, std::string>> written;
  std::string cursor;
  int begun = 0;
  bool table = false;
  bool followed = true;

  Result<HistoryPage, ApiError> ReadHistory(const ObjectType&,
                                            const HistoryRequest& request) override {
    requests.push_back(request);
    if (!errors.empty()) {
      const ApiError error = errors.back();
      errors.pop_back();
      return error;
    }
    HistoryPage page;
    std::set<int64_t> shown(beside.begin(), beside.end());
    if (all_fails) return ApiError{.kind = fails_as, .message = "HubSpot fails"};
    for (const RecordId id : request.ids) {
      if (unreadable.contains(id.value)) {
        return ApiError{.kind = fails_as, .message = "HubSpot fails"};
      }
      if (left_out.contains(id.value)) continue;
      if (unknown.contains(id.value)) {
        page.not_found.push_back(id);
        continue;
      }
      const auto survivor = merged.find(id.value);
      shown.insert(survivor == merged.end() ? id.value : survivor->second);
    }
    if (shown.size() > largest) return ApiError{.kind = ApiErrorKind::kTooLarge};
    for (const int64_t id : shown) {
      page.answered.push_back(RecordId{id});
      for (const std::string& property : request.properties) {
        page.entries.push_back({.id = RecordId{id}, .property = property, .value = "x"});
      }
    }
    page.none_found = page.answered.empty() && !page.not_found.empty();
    return page;
  }
  /// How many requests asked for this record.
  int64_t Asked(int64_t id) const {
    return std::ranges::count_if(requests, [&](const HistoryRequest& request) {
      return std::ranges::find(request.ids, RecordId{id}) != request.ids.end();
    });
  }
  bool PrepareHistory(const ObjectType&) override { return std::exchange(table, true); }
  void BeginHistory(const ObjectType&, const JobProgress& progress) override {
    ++begun;
    followed = true;
    cursor = progress.cursor;
  }
  std::vector<RecordId> HistoryBlock(const ObjectType&, bool of_archived,
                                     std::optional<RecordId> above, size_t limit) override {
    std::vector<RecordId> ids;
    const std::set<int64_t>& from = of_archived ? archived : live;
    for (auto at = from.upper_bound(above ? above->value : 0); at != from.end(); ++at) {
      if (ids.size() < limit) ids.push_back(RecordId{*at});
    }
    return ids;
  }
  HistoryDue DueHistory(const ObjectType&, size_t limit) override {
    HistoryDue found{.followed = followed};
    for (const int64_t id : due) {
      if (found.live.size() < limit) found.live.push_back(RecordId{id});
    }
    return found;
  }
  HistoryOutcome WriteHistory(const HistoryCommit& commit) override {
    HistoryOutcome outcome;
    for (const HistoryEntry& entry : commit.entries) {
      written.emplace(entry.id.value, entry.property);
    }
    for (const RecordId id : commit.settled) {
      due.erase(id.value);
      outcome.released += static_cast<int64_t>(set_aside.erase(id.value));
    }
    for (const RecordId id : commit.again) {
      due.erase(id.value);
      due_later.insert(id.value);
    }
    for (const UnreadableRecord& record : commit.unreadable) {
      outcome.unreadable += set_aside.emplace(record.id.value, record.reason).second;
    }
    cursor = commit.progress.cursor;
    return outcome;
  }
};

}  // namespace hubmirror::testing
