#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "compare/json.h"
#include "http/http_transport.h"
#include "simulation/database.h"
#include "simulation/hubspot.h"
#include "simulation/story.h"

namespace hubmirror::simulation {

/// Holds what the portal was asked to write, and when, against the rows that asked for it, at the
/// end of a story. What a row says must be true, and nothing may have been written that no row
/// asked for, twice, out of order, or over a value that was known to be somebody else's. Used by
/// whoever has the baton.
class OutboxJudge {
 public:
  using Complain = std::function<void(const std::string&)>;
  OutboxJudge(const Database& database, HubSpot& hubspot, const Setup& setup, Complain complain)
      : database_(database), hubspot_(hubspot), setup_(setup), complain_(std::move(complain)) {}

  /// A request has arrived: the last look at the records before each attempt is remembered.
  void NoteRequest(const ClientRequest& request);
  void Look();

  int64_t written() const { return written_; }  ///< by the portal, of rows
  const std::map<std::string, int64_t>& ends() const { return ends_; }

 private:
  using Entry = simulated_portal::WriteJournal::Entry;
  struct Row {
    int64_t id = 0;
    std::string object, op, state, reason, message, on_conflict, match_property, match_value, guard;
    int64_t record = 0;
    int64_t result = 0;
    int64_t attempts = 0;
    int64_t turn = 0;
    simulated_portal::Instant created = 0;
    bool dry_run = false;
    bool retried = false;
    std::vector<int64_t> depends;
    std::map<std::string, std::string> properties;
    std::optional<std::map<std::string, std::string>> base;
    std::set<std::string> differs;
    compare::Json links;

    bool of_links() const { return op == "associate" || op == "disassociate"; }
  };
  /// A value that a property had, and since when.
  struct Held {
    simulated_portal::Instant since = 0;
    std::string value;
  };

  void ReadRows();
  void LookAtEntry(const Entry& entry);
  void LookAtArchive(const Entry& entry, const std::string& object);
  void LookAtLinkEntry(const Entry& entry);
  void LookAtValues(const Entry& entry, const Row& row);
  void LookAtOverwritten(const Entry& entry, const Row& row);
  void LookAtRow(const Row& row);
  bool WaitsForAnother(const Row& row);
  void LookAtDone(const Row& row);
  void LookAtOrder();
  void LookAtMoves();
  void ComplainOf(const Row& row, const std::string& what);
  /// The record that an id stands for today.
  int64_t Survivor(const std::string& object, int64_t id);
  bool Same(const std::string& object, int64_t one, int64_t other);
  std::vector<Held> Past(const std::string& object, int64_t id, const std::string& property);
  /// Whether any row may have written this value to this property of a record.
  bool IsOurs(const std::string& object, int64_t id, const std::string& property,
              const std::string& value);

  const Database& database_;
  HubSpot& hubspot_;
  const Setup& setup_;
  const Complain complain_;
  std::map<std::string, simulated_portal::Instant> looked_;  ///< by trace id
  std::map<int64_t, Row> rows_;
  std::map<int64_t, std::vector<const Entry*>> by_row_;
  std::map<std::string, int64_t> ends_;
  int64_t written_ = 0;
};

}  // namespace hubmirror::simulation
