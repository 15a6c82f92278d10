#pragma once

#include <optional>
#include <string>
#include <vector>

#include "writes/value_rules.h"

namespace simulated_portal {

enum class WriteKind { kCreate, kUpdate, kUpsert, kArchive };

/// A link to be made with a new record.
struct PlannedLink {
  size_t other = 0;
  RecordId to = 0;
  std::vector<size_t> kinds;
  bool ahead = true;
};

/// What an input comes to, before anything is done. A value type.
struct PlannedWrite {
  const WriteInput* input = nullptr;
  Record* target = nullptr;  ///< null: a new record
  Changes changes;
  std::vector<PlannedLink> links;
  std::optional<Problem> problem;
};

/// `single`: an id that was merged away means its survivor, which batches refuse.
PlannedWrite Plan(const Call& call, WriteKind kind, const WriteInput& input, bool single);

/// Somebody changes the same properties of the same records, just before.
void Overtake(const Call& call, const std::vector<PlannedWrite>& planned);

/// Two inputs that are about one record: HubSpot refuses the whole batch.
bool MeetsTwice(const Call& call, const std::vector<PlannedWrite>& planned);

/// Does it and notes it in the journal. Returns the record.
Record& CarryOut(const Call& call, WriteKind kind, const PlannedWrite& planned);

}  // namespace simulated_portal
