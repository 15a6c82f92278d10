#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "model/portal/portal_plan.h"

namespace hubmirror {

/// What a configuration will cost, computed before the first request. The numbers of records are
/// estimates; what they cost is known exactly: one request for 100 records of a list, and one for
/// the links of 1,000 records with one other type.
struct PlanEstimate {
  struct Job {
    std::string name;
    int64_t requests_a_day = 0;
  };
  std::vector<Job> jobs;  ///< of all streams together, the dearest first
  int64_t requests_a_day = 0;
  int64_t changes_a_day = 0;         ///< a guess: one record in fifty
  int64_t requests_for_changes = 0;  ///< of the day's: what polls and batch reads make
  int64_t backfill_requests = 0;
  std::chrono::seconds backfill{0};  ///< at the rate that `burst` allows
  int64_t disk_bytes = 0;            ///< of tables and indexes, a year of changes not counted
  /// Object types whose archived list HubSpot is known to refuse: their sweep finds archived
  /// records instead, as often as the budget allows.
  std::vector<std::string> without_archived_list;
};

/// Requests that one run of each of a stream's jobs takes, with so many live records.
struct StreamCost {
  int64_t catalog = 0;
  int64_t sweep = 0;
  int64_t archived = 0;
  int64_t links = 0;
};
StreamCost CostOfStream(const PortalPlan& plan, const StreamPlan& stream, int64_t records);

/// `records`: how many live records each object has; those that are missing count as `otherwise`.
/// Custom types that are not resolved count as one.
PlanEstimate EstimatePlan(const PortalPlan& plan, const std::map<std::string, int64_t>& records,
                          int64_t otherwise);

}  // namespace hubmirror
