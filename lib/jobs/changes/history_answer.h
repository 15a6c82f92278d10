#pragma once

#include <cstddef>
#include <vector>

#include "model/source/history.h"

namespace hubmirror {

/// What an answer to a history request says about each record that was asked for.
struct HistoryAnswer {
  std::vector<RecordId> settled;  ///< answered for, or said to be unknown
  std::vector<RecordId> silent;   ///< it says nothing of these: they are asked for again
  size_t unasked = 0;             ///< records it shows that stand for none of those asked for
};

/// Accounts for every id in `asked`, and removes the entries of all others from `page`. The answer
/// for a record that was merged away comes from its survivor, under the survivor's id. If several
/// records were not answered for, asking for each alone shows which of them that answer is about.
/// Pure.
HistoryAnswer AccountFor(const std::vector<RecordId>& asked, HistoryPage& page);

}  // namespace hubmirror
