#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/source/api_error.h"
#include "model/source/object_type.h"
#include "model/source/page.h"
#include "model/source/stream.h"

namespace hubmirror {

/// What a portal holds besides records and what records refer to: each kind has a table of its own,
/// common to all object types.
enum class ReferenceKind {
  kObjectTypes,
  kOwners,
  kTeams,
  kAccountUsers,
  kPipelines,
  kPipelineStages,
  kLists,
  kListMemberships,
  kMarketingEvents,
  kCurrencies,
};
inline constexpr int kReferenceKinds = 10;

enum class ReferenceType { kText, kInteger, kDecimal, kFlag, kTime, kJson };

/// A column, and the member of HubSpot's JSON it is filled from (`labels.plural`: a member of a
/// member); empty: filled by the reader from what was asked for.
struct ReferenceColumn {
  std::string_view name;
  std::string_view field;
  ReferenceType type = ReferenceType::kText;
};

/// A table besides those of the object types. A row that HubSpot no longer shows is kept:
/// `gone` says since when.
struct ReferenceTable {
  ReferenceKind kind;
  std::string_view name;
  size_t keys = 1;  ///< the first so many columns are the primary key
  std::string_view gone = "archived_at";
  std::span<const ReferenceColumn> columns;
};

const ReferenceTable& TableOf(ReferenceKind kind);

/// A value per column of the table, as text that PostgreSQL takes for the column's type.
struct ReferenceRow {
  std::vector<std::optional<std::string>> values;
  bool archived = false;  ///< shown, but as archived
};

struct ReferenceBatch {
  ReferenceKind kind;
  std::vector<ReferenceRow> rows;
};

/// One page of one kind.
struct ReferenceRequest {
  ReferenceKind kind;
  bool archived = false;                  ///< owners: those that were deactivated
  std::string object = {};                ///< pipelines: the type's name, for the rows
  std::string type_id = {};               ///< and its id, for the path
  std::string list_id = {};               ///< memberships
  std::optional<std::string> after = {};  ///< as a page gave it
  /// Memberships, in place of `after`: those of records with larger ids.
  std::optional<int64_t> beyond = {};
  size_t limit = 0;  ///< most items of the page; 0: PageLimit
};

/// Most items that HubSpot shows on a page of this kind; 0: it has no pages.
size_t PageLimit(ReferenceKind kind);

/// Asking for pipelines answers them and their stages.
struct ReferencePage {
  std::vector<ReferenceBatch> batches;
  std::vector<std::string> odd;  ///< items left out, in words: they lack what names them
  std::optional<std::string> next_after;
  AnswerTimes times;
};

/// The way to them: each call is one request, as with PageSource. Thread-safe.
class ReferenceSource {
 public:
  virtual ~ReferenceSource() = default;
  virtual Result<ReferencePage, ApiError> ReadReference(const ReferenceRequest& request) = 0;
};

/// Rows that replace what a table says of its part `scope`: those of its rows whose first key
/// columns have these values. What is not among `rows` is gone.
struct ReferenceCommit {
  ReferenceKind kind;
  std::vector<std::string> scope;
  std::vector<ReferenceRow> rows;
  /// Only rows whose last key column, a number, is in (above, to] are spoken of: a page of many.
  std::optional<int64_t> above;
  std::optional<int64_t> to;
  bool marks_gone = true;  ///< false: nothing is said of those that are not among `rows`
  TimePoint at{};          ///< HubSpot's clock at the answer
};

/// Where they are kept. Blocks, throws DatabaseError and renews ownership as RowSink does.
/// Thread-safe.
class ReferenceSink {
 public:
  virtual ~ReferenceSink() = default;

  /// One transaction for all of them. With `progress`, how far `job` of `stream` has come is kept
  /// too. `budget` as in Commit.
  virtual void WriteReference(const std::vector<ReferenceCommit>& commits,
                              const std::string& stream = {}, JobKind job = JobKind::kLists,
                              const std::optional<JobProgress>& progress = {},
                              const std::string& budget = {}) = 0;
  /// The table that each custom type was ever given, by its id; also of those that are gone.
  virtual std::map<std::string, std::string> LoadTypeTables() = 0;
  /// How far a job that belongs to no object type has come.
  virtual JobProgress LoadReferenceProgress(const std::string& stream, JobKind job) = 0;
};

}  // namespace hubmirror
