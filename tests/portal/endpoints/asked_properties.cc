#include "endpoints/asked_properties.h"

#include <algorithm>

#include "endpoints/json_text.h"

namespace simulated_portal {
namespace {

bool Allowed(const PropertyDefinition& property, const AskedProperties::Rights& rights,
             const Switches& switches) {
  if (property.sensitivity == "sensitive" && !rights.sensitive) return false;
  if (property.sensitivity == "highly_sensitive" && !rights.highly_sensitive) return false;
  if (property.archived && switches.Is(Setting::kArchivedPropertyHidden)) return false;
  if (rights.email_bodies) return true;
  return !property.name.starts_with("hs_email_") && !property.name.starts_with("hs_body_");
}

}  // namespace

AskedProperties::AskedProperties(const PropertyCatalog& catalog, const Switches& switches,
                                 Rights rights, const std::vector<std::string_view>& names)
    : is_asked_(catalog.all().size(), false), with_nulls_(switches.Is(Setting::kUnsetNull)) {
  for (const std::string_view name : names) {
    const auto index = catalog.Find(name);
    if (!index || is_asked_[*index] || !Allowed(catalog.at(*index), rights, switches)) continue;
    is_asked_[*index] = true;
    asked_.push_back(*index);
  }
  std::sort(asked_.begin(), asked_.end());
  if (!with_nulls_) return;
  for (const PropertyIndex index : asked_) {
    null_begin_.push_back(static_cast<uint32_t>(nulls_.size()));
    nulls_.append(catalog.key(index)).append("null,");
  }
  null_begin_.push_back(static_cast<uint32_t>(nulls_.size()));
}

void AskedProperties::AppendNulls(std::string& out, size_t from, size_t to) const {
  out.append(nulls_, null_begin_[from], null_begin_[to] - null_begin_[from]);
}

void AskedProperties::AppendValues(std::string& out, const RecordVersion& version) const {
  const size_t before = out.size();
  const auto& entries = version.entries;
  const auto begin_of = [&](size_t entry) {
    return entry < entries.size() ? entries[entry].begin : version.json.size();
  };
  size_t next_asked = 0;
  for (size_t entry = 0; entry < entries.size();) {
    if (entries[entry].property >= is_asked_.size() || !is_asked_[entries[entry].property]) {
      ++entry;
      continue;
    }
    if (with_nulls_) {
      const size_t unset = next_asked;
      while (asked_[next_asked] != entries[entry].property) ++next_asked;
      AppendNulls(out, unset, next_asked);
    }
    const size_t first = entry;
    // A run of values that were all asked for is one copy; nulls interrupt it.
    do {
      ++entry;
      ++next_asked;
    } while (entry < entries.size() && entries[entry].property < is_asked_.size() &&
             is_asked_[entries[entry].property] &&
             (!with_nulls_ || asked_[next_asked] == entries[entry].property));
    out.append(version.json, begin_of(first), begin_of(entry) - begin_of(first));
  }
  if (with_nulls_) AppendNulls(out, next_asked, asked_.size());
  if (out.size() > before) out.pop_back();
}

std::vector<std::string_view> SplitNames(std::string_view comma_list) {
  std::vector<std::string_view> names;
  while (!comma_list.empty()) {
    const size_t end = std::min(comma_list.find(','), comma_list.size());
    if (end > 0) names.push_back(comma_list.substr(0, end));
    comma_list.remove_prefix(std::min(end + 1, comma_list.size()));
  }
  return names;
}

void AppendRecord(std::string& out, const Record& record, const RecordVersion& version,
                  bool archived, const AskedProperties& asked, const Switches& switches) {
  const InstantStyle style =
      switches.Is(Setting::kInstantsTrimmed) ? InstantStyle::kTrimmed : InstantStyle::kMilliseconds;
  out += "{\"id\":\"";
  AppendInteger(out, record.id);
  out += "\",\"properties\":{";
  asked.AppendValues(out, version);
  out.append("},\"createdAt\":\"").append(FormatInstant(record.created, style));
  out.append("\",\"updatedAt\":\"").append(FormatInstant(version.updated, style));
  if (archived) {
    out.append("\",\"archived\":true,\"archivedAt\":\"");
    out.append(FormatInstant(record.archived_at, style)).append("\"}");
  } else {
    out += "\",\"archived\":false}";
  }
}

}  // namespace simulated_portal
