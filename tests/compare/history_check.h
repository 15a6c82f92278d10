#pragma once

#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "compare/difference.h"
#include "compare/selection.h"
#include "compare/truth.h"

namespace hubmirror::compare {

/// One value a property had: property, since when, value ("" for none), source type, source id,
/// user.
using PastValue =
    std::tuple<std::string, Milliseconds, std::string, std::string, std::string, std::string>;

/// What the portal knows of one record's past.
struct TruthHistory {
  RecordId id = 0;
  RecordState state = RecordState::kLive;
  std::vector<PastValue> values;
};

/// One line of the portal's history endpoint.
TruthHistory ParseHistoryLine(std::string_view line);

/// Rows of a history table by record; those of one record in any order.
using HistoryRows = std::map<RecordId, std::vector<PastValue>>;

/// Holds a history table against the portal, entry by entry: of records that are there, all of it
/// and nothing twice; of erased contacts nothing; of others that are gone nothing that never was.
/// Returns how many values were held against each other.
int64_t CompareHistory(const std::string& object, const std::vector<TruthHistory>& truth,
                       HistoryRows rows, const Selection& selection, const DifferenceSink& sink);

}  // namespace hubmirror::compare
