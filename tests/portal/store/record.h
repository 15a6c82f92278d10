#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/object_type.h"
#include "store/property_catalog.h"

namespace simulated_portal {

/// The values of a record between two changes, kept as the JSON in which they are sent. The store
/// and the search index share versions; an old one lives on in the index. Immutable.
struct RecordVersion {
  struct Entry {
    PropertyIndex property;
    uint32_t begin;  ///< where its `"name":"value",` starts in `json`
  };

  Instant stamp = 0;           ///< the modified property
  Instant updated = 0;         ///< the envelope's updatedAt
  std::vector<Entry> entries;  ///< ascending by property
  std::string json;

  [[nodiscard]] std::string_view Segment(size_t entry) const {
    const size_t begin = entries[entry].begin;
    const size_t end = entry + 1 < entries.size() ? entries[entry + 1].begin : json.size();
    return std::string_view(json).substr(begin, end - begin);
  }
  /// The raw value; nothing when unset, `""` when cleared.
  [[nodiscard]] std::optional<std::string> Value(const PropertyCatalog& catalog,
                                                 PropertyIndex property) const;
  [[nodiscard]] bool HasValue(const PropertyCatalog& catalog, PropertyIndex property) const;
  /// The raw value of an entry, given the length of its key.
  [[nodiscard]] std::string EntryValue(const PropertyCatalog& catalog, size_t entry) const;

 private:
  [[nodiscard]] std::optional<size_t> FindEntry(PropertyIndex property) const;
};

using VersionRef = std::shared_ptr<const RecordVersion>;

/// Writes one version; properties must come in ascending order.
class VersionWriter {
 public:
  explicit VersionWriter(const PropertyCatalog& catalog) : catalog_(catalog) {}

  void Add(PropertyIndex property, std::string_view raw);
  void AddNull(PropertyIndex property);
  /// Takes over an entry of an older version as it is.
  void Copy(const RecordVersion& from, size_t entry);
  [[nodiscard]] VersionRef Finish(Instant stamp, Instant updated);

 private:
  const PropertyCatalog& catalog_;
  RecordVersion version_;
};

enum class RecordState : uint8_t { kLive, kArchived, kMerged, kErased, kPurged };
std::string_view NameOf(RecordState state);

/// One record of the primary store. Nothing is ever forgotten: erased and purged ones stay for the
/// truth endpoint.
struct Record {
  Record(RecordId record_id, Instant created_at) : id(record_id), created(created_at) {}

  RecordId id;
  Instant created;
  VersionRef version;
  RecordState state = RecordState::kLive;
  bool read = false;    ///< carried by a list, batch read or single read
  bool served = false;  ///< carried by any answer
  Instant archived_at = 0;
  RecordId merged_into = 0;
  std::vector<RecordId> merged_ids;  ///< what hs_merged_object_ids says
  /// A version that was replaced, and what it came from.
  struct Former {
    VersionRef version;
    Instant since = 0;
    std::string_view change;  ///< a literal
  };
  std::vector<Former> former;  ///< oldest first
  Instant version_since = 0;
  std::string_view version_change = "create";
  Instant changed_at = 0;
  std::string_view last_change = "initial";  ///< a literal
};

}  // namespace simulated_portal
