#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "postgres/session/connection.h"

namespace hubmirror {

// What the verbs of the command line ask of the database. Reads only; throws DatabaseError.

struct ServerFacts {
  int64_t version = 0;  ///< 150004
  std::string version_text;
  std::string encoding;  ///< of the database
  bool writable = false;
  TimePoint now;  ///< its clock, in whole seconds
  int64_t free_connections = 0;
  std::string role;  ///< that we are
  std::string database;
  int64_t bytes = 0;
};
ServerFacts InspectServer(Connection& connection);

bool MayCreateSchemas(Connection& connection);

struct SchemaFacts {
  std::string owner;
  bool may_create = false;  ///< we may, tables in it
};
/// nullopt: there is no such schema.
std::optional<SchemaFacts> InspectSchema(Connection& connection, const std::string& schema);

struct MirrorFacts {
  std::optional<PortalId> portal;  ///< whose mirror it is
  int64_t blocked_columns = 0;     ///< that wait for another type
  std::string a_blocked_column;  ///< with what it waits for: `contacts.score: view reports.scores`
  std::string widest_table;      ///< empty: there are no tables
  int64_t widest = 0;            ///< columns that it used up, dropped ones included
};
/// nullopt: the schema holds no mirror.
std::optional<MirrorFacts> InspectMirror(Connection& connection, const std::string& schema);

/// The first schema of our search path in which every role may create things; nullopt: none.
std::optional<std::string> OpenSchemaOfSearchPath(Connection& connection);

struct LongTransactions {
  int64_t count = 0;               ///< of others in this database, open for more than an hour
  std::chrono::seconds oldest{0};  ///< how long
};
LongTransactions InspectTransactions(Connection& connection);

/// The tables that the mirror has given to custom types, by their ids; none where there is no
/// mirror.
std::map<std::string, std::string> ReadTypeTables(Connection& connection,
                                                  const std::string& schema);

/// The objects that the mirror has or once had a stream of, in order; none where there is no
/// mirror.
std::vector<std::string> ReadMirroredObjects(Connection& connection, const std::string& schema);

/// A row of `schema_changes`; what does not apply is empty.
struct RecordedChange {
  std::string changed_at;  ///< ISO 8601, UTC
  std::string object;
  std::string change;
  std::string property;
  std::string column_name;
  std::string detail;
};
/// In order, of `object` only where one is named.
std::vector<RecordedChange> ReadSchemaChanges(Connection& connection, const std::string& schema,
                                              const std::optional<std::string>& object);

}  // namespace hubmirror
