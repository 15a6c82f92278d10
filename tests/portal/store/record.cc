#include "store/record.h"

#include <algorithm>
#include <array>

#include "endpoints/json_text.h"

namespace simulated_portal {

std::optional<size_t> RecordVersion::FindEntry(PropertyIndex property) const {
  const auto found = std::lower_bound(
      entries.begin(), entries.end(), property,
      [](const Entry& entry, PropertyIndex wanted) { return entry.property < wanted; });
  if (found == entries.end() || found->property != property) return std::nullopt;
  return static_cast<size_t>(found - entries.begin());
}

std::string RecordVersion::EntryValue(const PropertyCatalog& catalog, size_t entry) const {
  std::string_view value = Segment(entry);
  value.remove_prefix(catalog.key(entries[entry].property).size());
  if (value[0] != '"') return "";                          // null
  return UnescapeJson(value.substr(1, value.size() - 3));  // Without quotes and comma.
}

std::optional<std::string> RecordVersion::Value(const PropertyCatalog& catalog,
                                                PropertyIndex property) const {
  const auto entry = FindEntry(property);
  if (!entry) return std::nullopt;
  return EntryValue(catalog, *entry);
}

bool RecordVersion::HasValue(const PropertyCatalog& catalog, PropertyIndex property) const {
  const auto entry = FindEntry(property);
  if (!entry) return false;
  const std::string_view value = Segment(*entry).substr(catalog.key(property).size());
  return value != "null," && value != "\"\",";
}

void VersionWriter::Add(PropertyIndex property, std::string_view raw) {
  version_.entries.push_back({property, static_cast<uint32_t>(version_.json.size())});
  version_.json += catalog_.key(property);
  AppendJsonString(version_.json, raw);
  version_.json += ',';
}

void VersionWriter::AddNull(PropertyIndex property) {
  version_.entries.push_back({property, static_cast<uint32_t>(version_.json.size())});
  version_.json.append(catalog_.key(property)).append("null,");
}

void VersionWriter::Copy(const RecordVersion& from, size_t entry) {
  version_.entries.push_back(
      {from.entries[entry].property, static_cast<uint32_t>(version_.json.size())});
  version_.json += from.Segment(entry);
}

VersionRef VersionWriter::Finish(Instant stamp, Instant updated) {
  auto version = std::make_shared<RecordVersion>();
  version->stamp = stamp;
  version->updated = updated;
  // Copied at their exact sizes; the writer keeps its room for the next record.
  version->entries.assign(version_.entries.begin(), version_.entries.end());
  version->json.assign(version_.json);
  version_.entries.clear();
  version_.json.clear();
  return version;
}

std::string_view NameOf(RecordState state) {
  static constexpr std::array<std::string_view, 5> kNames = {"live", "archived", "merged", "erased",
                                                             "purged"};
  return kNames[static_cast<size_t>(state)];
}

}  // namespace simulated_portal
