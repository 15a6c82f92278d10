#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "store/object_type.h"
#include "store/property_definition.h"

namespace simulated_portal {

/// Everything that was written through the API, in the order in which it was done: what a test
/// compares with what it had asked for. Owned by one thread.
class WriteJournal {
 public:
  struct Entry {
    Instant at = 0;
    std::string_view op;  ///< a literal: create, update, archive, link, label, unlink, unlabel
    size_t object = 0;
    RecordId id = 0;
    std::string trace_id;
    std::vector<std::pair<std::string, std::string>> sent;  ///< properties as they were sent
    // Of links.
    size_t to_object = 0;
    RecordId to = 0;
    std::vector<int64_t> type_ids;
  };

  void Add(Entry entry) { entries_.push_back(std::move(entry)); }
  [[nodiscard]] const std::vector<Entry>& entries() const { return entries_; }
  /// The entries after the first `after`, one JSON object a line.
  void AppendLines(std::string& out, size_t after) const;

 private:
  std::vector<Entry> entries_;
};

}  // namespace simulated_portal
