#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.h"
#include "postgres/session/connection.h"

namespace hubmirror {

// What people do with `_quarantine`, records and histories alike. Throws DatabaseError.

/// Whose records; an object's histories belong to it.
struct QuarantineFilter {
  std::optional<std::string> object = {};
  std::optional<RecordId> id = {};
};

struct QuarantinedRecord {
  std::string object;  ///< or the name of its table of histories
  RecordId id;
  std::string sqlstate;
  std::string reason;    ///< PostgreSQL's words
  std::string added_at;  ///< ISO 8601, UTC
  int64_t attempts = 0;
};
/// By object and id.
std::vector<QuarantinedRecord> ListQuarantine(Connection& connection, const std::string& schema,
                                              const QuarantineFilter& filter);

struct QuarantinedBody {
  std::string sqlstate;
  std::string reason;
  std::string record;  ///< JSON, indented
};
/// The first that fits; nullopt: none does.
std::optional<QuarantinedBody> FindQuarantined(Connection& connection, const std::string& schema,
                                               const QuarantineFilter& filter);

/// Forgets what fits, for good; how many.
int64_t DropQuarantined(Connection& connection, const std::string& schema,
                        const QuarantineFilter& filter);

}  // namespace hubmirror
