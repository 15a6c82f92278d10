#include "jobs/write/echo.h"

#include <algorithm>

#include "jobs/write/value_checks.h"
#include "mirror/same_value.h"
#include "mirror/value_parser.h"

namespace hubmirror {
namespace {

/// Nothing of a value that the mirror could not show.
void AddValue(const MirrorTable& table, RecordId id, const PropertyText& text,
              std::vector<Echo>& echoes) {
  const MirrorColumn* const column = FindColumn(table, text.property);
  if (column == nullptr) return;
  Echo echo{.object = table.name(), .id = id, .property = text.property, .value = {}};
  if (!text.value.empty() && !AppendCanonical(column->type, text.value, echo.value)) return;
  echoes.push_back(std::move(echo));
}

bool IsOneOf(const LinkType& type, const std::vector<LinkType>& types) {
  return std::ranges::any_of(types, [&](const LinkType& one) {
    return one.category == type.category && one.type_id == type.type_id;
  });
}

}  // namespace

std::vector<Echo> EchoesOf(const OutboxRow& row, const PlannedRow& plan, const MirrorTable& table) {
  std::vector<Echo> echoes;
  if (row.op == WriteOp::kArchive) {
    return {{.object = table.name(),
             .id = plan.record,
             .property = std::string(kEchoOfArchive),
             .value = "archived"}};
  }
  for (const PropertyText& text : plan.send) AddValue(table, plan.record, text, echoes);
  if (plan.record.value != 0 || plan.unique.property.empty()) return echoes;
  const auto sent = [&] {
    return std::ranges::find(echoes, plan.unique.property, &Echo::property);
  };
  if (sent() == echoes.end()) AddValue(table, plan.record, plan.unique, echoes);
  if (sent() != echoes.end()) sent()->names_record = true;
  return echoes;
}

std::vector<Echo> EchoesOfAnswer(const PlannedRow& plan, const WriteOutcome& outcome,
                                 const MirrorTable& table) {
  std::vector<Echo> echoes;
  for (const PropertyText& shown : outcome.shown) {
    const MirrorColumn* const column = FindColumn(table, shown.property);
    const bool as_sent =
        column == nullptr || SameValue(*column, ValueOf(plan.send, shown.property), shown.value);
    if (!as_sent) AddValue(table, outcome.id, shown, echoes);
  }
  return echoes;
}

std::vector<Echo> EchoesOfLink(LinkDeed deed, const LinkPair& pair, const LinkWrite& write,
                               const std::vector<LinkType>& shown) {
  std::vector<LinkType> types = write.types;
  const bool makes = deed == LinkDeed::kLink || deed == LinkDeed::kLabel;
  if (deed == LinkDeed::kUnlink) types = shown;
  if (makes) {
    std::erase_if(types, [&](const LinkType& type) { return IsOneOf(type, shown); });
    // A link with a label comes beside one without.
    if (shown.empty()) types.push_back({});
  }
  const LinkPair stored = PairOf(pair.from, pair.to);
  const bool turned = stored.from != pair.from;
  const RecordId from = turned ? write.to : write.from;
  const RecordId to = turned ? write.from : write.to;
  std::vector<Echo> echoes;
  const auto add = [&](RecordId near, RecordId far, const LinkType& type) {
    echoes.push_back({.object = stored.from.name,
                      .id = near,
                      .property = std::string(kEchoOfLink),
                      .value = LinkEcho(makes, stored.to.name, far, type)});
  };
  for (const LinkType& type : types) {
    add(from, to, type);
    // A link within one type is stored from both ends.
    if (stored.from == stored.to) add(to, from, type);
  }
  return echoes;
}

}  // namespace hubmirror
