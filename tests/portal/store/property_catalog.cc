#include "store/property_catalog.h"

#include <algorithm>

#include "endpoints/json_text.h"
#include "store/known_properties.h"
#include "store/object_type.h"

namespace simulated_portal {
namespace {

using enum ValueKind;

/// Contacts of a real portal have about 60 of 250 properties filled.
constexpr double kFilledShare = 0.24;
constexpr size_t kMostCustomWords = 18;

constexpr std::string_view kSubjects[kMostCustomWords] = {
    "onboarding", "billing", "contract", "partner", "survey",   "event",
    "webinar",    "product", "renewal",  "support", "shipping", "training",
    "campaign",   "loyalty", "referral", "audit",   "license",  "upsell"};
constexpr std::string_view kAspects[] = {"status", "score", "date",  "count", "notes",  "reason",
                                         "owner",  "level", "value", "code",  "region", "flag",
                                         "url",    "tier",  "seen",  "total", "topics"};
constexpr ValueKind kAspectKinds[std::size(kAspects)] = {
    kChoice, kDecimal, kDate, kInteger, kSentences, kWords,   kOwner,       kChoice, kMoney,
    kWords,  kCity,    kBool, kUrl,     kChoice,    kInstant, kDirtyNumber, kChoices};

std::string LabelOf(std::string_view name) {
  if (const std::string_view known = KnownLabel(name); !known.empty()) return std::string(known);
  std::string label(name.starts_with("hs_") ? name.substr(3) : name);
  std::replace(label.begin(), label.end(), '_', ' ');
  if (!label.empty() && label[0] >= 'a' && label[0] <= 'z') {
    label[0] = static_cast<char>(label[0] - 'a' + 'A');
  }
  return label;
}

std::vector<std::string> SplitOptions(std::string_view text) {
  std::vector<std::string> options;
  while (!text.empty()) {
    const size_t end = std::min(text.find(';'), text.size());
    options.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return options;
}

PropertyDefinition Define(std::string_view name, ValueKind kind, double fill, Instant now) {
  const WireType wire = WireTypeOf(kind);
  PropertyDefinition definition;
  definition.name = name;
  definition.label = LabelOf(name);
  definition.type = wire.type;
  definition.field_type = wire.field_type;
  definition.kind = kind;
  definition.fill = fill;
  definition.calculated = kind == kCalculatedNumber || kind == kCalculatedInstant;
  definition.external_options = kind == kOwner;
  if (kind == kChoice || kind == kChoices) {
    definition.options = {"option_a", "option_b", "Option C", "größer", "5"};
  }
  definition.created = definition.updated = now - 900 * kDay;
  return definition;
}

PropertyDefinition DefineKnown(const KnownProperty& known, Instant now) {
  PropertyDefinition definition = Define(known.name, known.kind, known.fill / 100.0, now);
  if (!known.options.empty()) definition.options = SplitOptions(known.options);
  return definition;
}

/// The `n`th custom property: subject and aspect change fastest, a number follows when all
/// combinations are used up.
PropertyDefinition DefineCustom(size_t n, double fill, Random& random, Instant now) {
  const size_t subject = n % std::size(kSubjects);
  const size_t aspect = (n / std::size(kSubjects) + n) % std::size(kAspects);
  const size_t round = n / (std::size(kSubjects) * std::size(kAspects));
  std::string name(kSubjects[subject]);
  name.append("_").append(kAspects[aspect]);
  if (round > 0) name.append("_").append(std::to_string(round + 1));
  PropertyDefinition definition = Define(name, kAspectKinds[aspect], fill, now);
  definition.group = std::string(kSubjects[subject]) + "_facts";
  definition.description = "What we know about " + definition.label + " – für alle Teams";
  definition.created = definition.updated = now - random.Between(1, 800) * kDay;
  return definition;
}

void AppendField(std::string& out, std::string_view key, std::string_view value) {
  out.append("\"").append(key).append("\":");
  AppendJsonString(out, value);
  out += ',';
}

void AppendFlag(std::string& out, std::string_view key, bool value) {
  out.append("\"").append(key).append(value ? "\":true," : "\":false,");
}

}  // namespace

PropertyCatalog::PropertyCatalog(size_t object_type, size_t count, Random random, Instant now) {
  const std::string own_group = std::string(kObjectTypes[object_type].singular) + "information";
  double filled = 0;
  const std::string_view created = kObjectTypes[object_type].created;
  const auto own = KnownProperties(object_type);
  std::vector<KnownProperty> all(own.begin(), own.end());
  const bool has_created = std::any_of(
      own.begin(), own.end(), [&](const KnownProperty& known) { return known.name == created; });
  if (!has_created) all.insert(all.begin() + 1, {created, kAssignedInstant, 100, ""});
  for (const KnownProperty& known : all) {
    PropertyDefinition definition = DefineKnown(known, now);
    definition.hubspot_defined = true;
    definition.group = own_group;
    definition.has_unique_value = known.name == "email" && object_type == kContacts;
    filled += definition.fill;
    Add(std::move(definition));
  }
  for (const KnownProperty& hostile : HostileProperties()) {
    PropertyDefinition definition = DefineKnown(hostile, now);
    definition.group = "hostile_names";
    filled += definition.fill;
    Add(std::move(definition));
  }
  const size_t custom = count > definitions_.size() ? count - definitions_.size() : 0;
  const double wanted = kFilledShare * static_cast<double>(count) - filled;
  const double fill = custom == 0 ? 0 : std::clamp(wanted / static_cast<double>(custom), 0.03, 0.5);
  for (size_t n = 0; n < custom; ++n) {
    PropertyDefinition definition = DefineCustom(n, fill, random, now);
    // Every portal has some definitions that a plain listing does not show.
    if (n % 40 == 7) {
      definition.archived = true;
      definition.archived_at = now - random.Between(1, 80) * kDay;
    }
    if (n % 40 == 17) definition.sensitivity = "sensitive";
    if (n % 40 == 27) definition.sensitivity = "highly_sensitive";
    Add(std::move(definition));
  }
  if (Find("deal_currency_code")) {
    for (PropertyDefinition& definition : definitions_) {
      if (definition.kind == kMoney) definition.currency_property = "deal_currency_code";
    }
  }
  const ObjectType& type = kObjectTypes[object_type];
  assigned_ = {*Find("hs_object_id"), *Find(type.created), *Find(type.modified),
               *Find("hs_merged_object_ids"), Find("hs_calculated_merged_vids")};
}

std::optional<PropertyIndex> PropertyCatalog::Find(std::string_view name) const {
  const auto found = by_name_.find(name);
  if (found == by_name_.end()) return std::nullopt;
  return found->second;
}

std::optional<PropertyIndex> PropertyCatalog::Add(PropertyDefinition definition) {
  const auto index = static_cast<PropertyIndex>(definitions_.size());
  if (!by_name_.emplace(definition.name, index).second) return std::nullopt;
  keys_.push_back('"' + definition.name + "\":");
  if (definition.has_unique_value) unique_.push_back(index);
  definitions_.push_back(std::move(definition));
  return index;
}

void PropertyCatalog::Retype(PropertyIndex index, std::string_view type,
                             std::string_view field_type, Instant now) {
  PropertyDefinition& definition = definitions_[index];
  definition.type = type;
  if (!field_type.empty()) definition.field_type = field_type;
  definition.kind = KindOf(type, definition.field_type);
  if (definition.type == "enumeration" && definition.options.empty()) {
    definition.options = {"option_a", "option_b"};
  }
  definition.updated = now;
}

void PropertyCatalog::Archive(PropertyIndex index, Instant now) {
  definitions_[index].archived = true;
  definitions_[index].archived_at = now;
}

void PropertyCatalog::Restore(PropertyIndex index, Instant now) {
  definitions_[index].archived = false;
  definitions_[index].updated = now;
}

void PropertyCatalog::Delete(PropertyIndex index) {
  definitions_[index].deleted = true;
  by_name_.erase(definitions_[index].name);
}

void PropertyCatalog::AppendDefinition(std::string& out, PropertyIndex index) const {
  const PropertyDefinition& d = definitions_[index];
  out += '{';
  AppendField(out, "name", d.name);
  AppendField(out, "label", d.label);
  AppendField(out, "type", d.type);
  AppendField(out, "fieldType", d.field_type);
  AppendField(out, "description", d.description);
  AppendField(out, "groupName", d.group);
  out += "\"options\":[";
  for (size_t i = 0; i < d.options.size(); ++i) {
    out += i == 0 ? "{" : ",{";
    AppendField(out, "label", LabelOf(d.options[i]));
    AppendField(out, "value", d.options[i]);
    out.append("\"displayOrder\":").append(std::to_string(i)).append(",\"hidden\":false}");
  }
  out += "],";
  if (d.external_options) AppendField(out, "referencedObjectType", "OWNER");
  AppendField(out, "createdAt", FormatInstant(d.created));
  AppendField(out, "updatedAt", FormatInstant(d.updated));
  AppendFlag(out, "archived", d.archived);
  if (d.archived) AppendField(out, "archivedAt", FormatInstant(d.archived_at));
  AppendField(out, "dataSensitivity", d.sensitivity);
  AppendFlag(out, "calculated", d.calculated);
  AppendFlag(out, "externalOptions", d.external_options);
  AppendFlag(out, "hasUniqueValue", d.has_unique_value);
  AppendFlag(out, "hidden", d.hidden);
  AppendFlag(out, "hubspotDefined", d.hubspot_defined);
  AppendFlag(out, "formField", !d.calculated && !d.hubspot_defined);
  if (d.kind == kMoney) {
    AppendFlag(out, "showCurrencySymbol", true);
    AppendField(out, "numberDisplayHint", "currency");
    if (!d.currency_property.empty()) {
      AppendField(out, "currencyPropertyName", d.currency_property);
    }
  }
  if (d.kind == kInteger) AppendField(out, "numberDisplayHint", "formatted");
  if (d.kind == kEmail) AppendField(out, "textDisplayHint", "email");
  if (d.kind == kPhone) AppendField(out, "textDisplayHint", "phone_number");
  if (d.kind == ValueKind::kInstant) AppendField(out, "dateDisplayHint", "absolute_with_relative");
  out.append("\"displayOrder\":").append(std::to_string(index)).append(",");
  out += "\"modificationMetadata\":{";
  AppendFlag(out, "archivable", !d.hubspot_defined);
  AppendFlag(out, "readOnlyDefinition", d.hubspot_defined);
  AppendFlag(out, "readOnlyOptions", d.hubspot_defined);
  AppendFlag(out, "readOnlyValue", d.calculated);
  out.back() = '}';
  out += '}';
}

std::vector<std::string> PropertyCatalog::Groups() const {
  std::vector<std::string> groups;
  for (const PropertyDefinition& definition : definitions_) {
    if (std::find(groups.begin(), groups.end(), definition.group) == groups.end()) {
      groups.push_back(definition.group);
    }
  }
  return groups;
}

}  // namespace simulated_portal
