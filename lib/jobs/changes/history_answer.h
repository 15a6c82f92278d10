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

/// Accounts for every id of `asked`, and takes the entries of others out of `page`. A record that
/// was merged away is answered for by its survivor, under the survivor's id: which of several
/// silent ones another's result stands for shows when each is asked for alone. Pure.
HistoryAnswer AccountFor(const std::vector<RecordId>& asked, HistoryPage& page);

}  // namespace hubmirror
