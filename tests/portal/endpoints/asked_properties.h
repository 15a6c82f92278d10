#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "faults/switches.h"
#include "store/record.h"

namespace simulated_portal {

/// The properties one request asked for, made ready so that a record costs a few copies of long
/// runs. Immutable; refers to its catalog.
class AskedProperties {
 public:
  struct Rights {
    bool sensitive = true;
    bool highly_sensitive = true;
    bool email_bodies = true;  ///< else the contents of e-mails are left out
  };

  /// Unknown names are ignored, as HubSpot does; so are those the caller has no right to.
  AskedProperties(const PropertyCatalog& catalog, const Switches& switches, Rights rights,
                  const std::vector<std::string_view>& names);

  /// Those that are known and allowed, ascending.
  [[nodiscard]] const std::vector<PropertyIndex>& asked() const { return asked_; }

  /// Appends the members of `properties`, without braces, ending without a comma.
  void AppendValues(std::string& out, const RecordVersion& version) const;

 private:
  void AppendNulls(std::string& out, size_t from, size_t to) const;

  std::vector<PropertyIndex> asked_;  ///< ascending
  std::vector<bool> is_asked_;        ///< by property
  bool with_nulls_;
  std::string nulls_;                 ///< `"name":null,` of each asked one, in order
  std::vector<uint32_t> null_begin_;  ///< and where each starts, with the end
};

/// Splits at commas; empty names are left out.
std::vector<std::string_view> SplitNames(std::string_view comma_list);

/// Appends a record as the API shows it: id, properties, createdAt, updatedAt, archived.
void AppendRecord(std::string& out, const Record& record, const RecordVersion& version,
                  bool archived, const AskedProperties& asked, const Switches& switches);

}  // namespace simulated_portal
