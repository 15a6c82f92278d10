#include "store/unique_values.h"

#include "endpoints/json_text.h"
#include "faults/switches.h"
#include "store/crm_object.h"

namespace simulated_portal {

void UniqueValues::Note(const PropertyCatalog& catalog, RecordId id, const RecordVersion* before,
                        const RecordVersion& after) {
  for (const PropertyIndex property : catalog.unique()) {
    const auto old = before == nullptr ? std::nullopt : before->Value(catalog, property);
    const auto value = after.Value(catalog, property);
    if (old == value) continue;
    if (old) {
      const auto [first, last] = holders_.equal_range({property, LowerCase(*old)});
      for (auto at = first; at != last; ++at) {
        if (at->second != id) continue;
        holders_.erase(at);
        break;
      }
    }
    if (value && !value->empty()) holders_.emplace(std::pair(property, LowerCase(*value)), id);
  }
}

std::vector<RecordId> UniqueValues::HoldersOf(PropertyIndex property,
                                              std::string_view value) const {
  std::vector<RecordId> ids;
  const auto [first, last] = holders_.equal_range({property, LowerCase(value)});
  for (auto at = first; at != last; ++at) ids.push_back(at->second);
  return ids;
}

Record* FindByUnique(CrmObject& object, const Switches& switches, PropertyIndex property,
                     std::string_view value, RecordState state) {
  const bool folded = object.catalog.at(property).kind == ValueKind::kEmail ||
                      switches.Is(Setting::kUniqueCaseFolded);
  for (const RecordId id : object.unique.HoldersOf(property, value)) {
    const Record* holder = object.records.Find(id);
    if (!folded && holder->version->Value(object.catalog, property) != value) continue;
    Record* record = object.records.Resolve(id);
    if (record->state == state) return record;
  }
  return nullptr;
}

}  // namespace simulated_portal
