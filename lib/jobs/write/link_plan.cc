#include "jobs/write/link_plan.h"

#include <algorithm>
#include <iterator>
#include <set>

#include "jobs/write/echo.h"

namespace hubmirror {
namespace {

using Verdict = PlannedRow::Verdict;

RecordId StandsFor(const std::string& object, RecordId id, const KnownEnds& known) {
  const auto found = known.find({object, id});
  return found != known.end() && found->second ? *found->second : id;
}

bool IsGone(const std::string& object, RecordId id, const KnownEnds& known) {
  const auto found = known.find({object, id});
  return found != known.end() && !found->second;
}

/// Both ends of a link in the direction that is read.
std::pair<RecordId, RecordId> Ends(RecordId own, RecordId other, const LinkTerms& terms) {
  return terms.pair.from.name == terms.object ? std::pair(own, other) : std::pair(other, own);
}

/// What a row wants of one record: its labels; an empty one is the link as such.
using Wishes = std::map<RecordId, std::vector<const WantedLink*>>;

Wishes WishesOf(const std::vector<WantedLink>& links, const KnownEnds& known) {
  Wishes wishes;
  for (const WantedLink& link : links) {
    wishes[StandsFor(link.object, link.id, known)].push_back(&link);
  }
  return wishes;
}

/// HubSpot's key of a label is another in each direction, its name is what people know.
const LinkType* Labelled(const std::vector<LinkType>& shown, const std::string& label) {
  const auto found = std::ranges::find(shown, label, &LinkType::label);
  return found == shown.end() ? nullptr : &*found;
}

/// What is to be done for one pair of records; nullopt: nothing.
std::optional<std::pair<LinkDeed, std::vector<LinkType>>> Deed(
    WriteOp op, const std::vector<const WantedLink*>& wishes, const std::vector<LinkType>& shown) {
  std::vector<LinkType> types;
  if (op == WriteOp::kAssociate) {
    types = shown;
    for (const WantedLink* wish : wishes) {
      if (!wish->label.empty() && Labelled(types, wish->label) == nullptr && wish->type) {
        types.push_back(*wish->type);
      }
    }
    if (types.size() > shown.size()) return std::pair(LinkDeed::kLabel, std::move(types));
    if (!shown.empty()) return std::nullopt;
    return std::pair(LinkDeed::kLink, std::vector<LinkType>());
  }
  for (const WantedLink* wish : wishes) {
    if (wish->label.empty()) {
      if (shown.empty()) return std::nullopt;
      return std::pair(LinkDeed::kUnlink, std::vector<LinkType>());
    }
    std::ranges::copy_if(shown, std::back_inserter(types),
                         [&](const LinkType& type) { return type.label == wish->label; });
  }
  if (types.empty()) return std::nullopt;
  return std::pair(LinkDeed::kUnlabel, std::move(types));
}

std::string InWords(LinkDeed deed, const std::vector<LinkType>& types) {
  static constexpr const char* kWords[] = {"link", "label", "unlabel", "unlink"};
  std::string words = kWords[static_cast<size_t>(deed)];
  for (const LinkType& type : types) {
    words += " " + type.category + "/" + std::to_string(type.type_id);
  }
  return words;
}

/// Why nothing of a row is sent whatever HubSpot shows; absent: nothing keeps it.
std::optional<PlannedRow> Kept(const OutboxRow& row, const KnownEnds& known,
                               const LinkTerms& terms) {
  PlannedRow plan{.record = row.record};
  const auto gone = [&](std::string message) {
    plan.verdict = Verdict::kGone;
    plan.message = std::move(message);
    return plan;
  };
  const auto rejected = [&](std::string reason, std::string message) {
    plan.verdict = Verdict::kRejected;
    plan.reason = std::move(reason);
    plan.message = std::move(message);
    return plan;
  };
  for (const WantedLink& link : row.links) {
    if (std::ranges::find(terms.associate, link.object) == terms.associate.end()) {
      return rejected("operation", terms.object + " may not be linked with " + link.object +
                                       ": `associate` in write.objects does not name it");
    }
    if (!link.label.empty() && !link.type) {
      return rejected("label", "HubSpot has no label \"" + link.label + "\" for links of " +
                                   terms.object + " with " + link.object + " any more");
    }
  }
  if (IsGone(terms.object, row.record, known)) {
    return gone("HubSpot has no such record: it was archived, deleted or never there");
  }
  for (const WantedLink& link : row.links) {
    if (link.id.value == 0 && !row.dry_run) {
      return gone("the row that was to give the record of " + link.object +
                  " was tried only, or is no longer there: nothing was done");
    }
    if (IsGone(link.object, link.id, known)) {
      return gone("HubSpot has no record " + std::to_string(link.id.value) + " of " + link.object +
                  ": it was archived, deleted or never there; nothing was done");
    }
  }
  return std::nullopt;
}

}  // namespace

void KeepLinksTogether(std::vector<OutboxRow>& rows) {
  if (rows.empty()) return;
  if (rows.front().links.empty()) return rows.resize(1);
  const WriteOp op = rows.front().op;
  const std::string object = rows.front().links.front().object;
  size_t links = 0;
  bool full = false;
  std::set<std::pair<RecordId, RecordId>> taken;
  std::erase_if(rows, [&](const OutboxRow& row) {
    const bool fits = row.op == op && !row.links.empty() && row.links.front().object == object;
    full = full || links + row.links.size() > kWriteInputs;
    if (!fits || (full && links > 0)) return true;
    std::set<std::pair<RecordId, RecordId>> pairs;
    for (const WantedLink& link : row.links) pairs.insert(std::minmax(row.record, link.id));
    if (std::ranges::any_of(pairs, [&](const auto& pair) { return taken.contains(pair); })) {
      return true;
    }
    taken.merge(pairs);
    links += row.links.size();
    return false;
  });
}

std::vector<LinkEnds> EndsOf(const OutboxRow& row, const KnownEnds& known, const LinkTerms& terms) {
  std::vector<LinkEnds> ends;
  const RecordId own = StandsFor(terms.object, row.record, known);
  for (const auto& [other, wishes] : WishesOf(row.links, known)) {
    const auto [from, to] = Ends(own, other, terms);
    ends.push_back({.row = row.id, .pair = terms.pair, .from = from, .to = to});
  }
  return ends;
}

PlannedLinks PlanLinks(const OutboxRow& row, const KnownEnds& known, const ShownLinks& shown,
                       const LinkTerms& terms) {
  if (auto kept = Kept(row, known, terms)) return {.plan = std::move(*kept)};
  PlannedLinks planned;
  planned.plan.record = StandsFor(terms.object, row.record, known);
  for (const auto& [other, wishes] : WishesOf(row.links, known)) {
    const auto [from, to] = Ends(planned.plan.record, other, terms);
    const auto found = shown.find({from, to});
    const std::vector<LinkType> types =
        found == shown.end() ? std::vector<LinkType>() : found->second;
    auto deed = Deed(row.op, wishes, types);
    if (!deed) continue;
    const bool next = !planned.writes.empty() && deed->first != planned.deed;
    if (!next || row.dry_run) {
      // Where nothing is sent, none is made that could be named.
      const std::string id = other.value == 0 ? "new" : std::to_string(other.value);
      planned.plan.send.push_back(
          {wishes.front()->object + "/" + id, InWords(deed->first, deed->second)});
    }
    planned.more = planned.more || next;
    if (next) continue;
    planned.deed = deed->first;
    planned.writes.push_back({.from = from, .to = to, .types = std::move(deed->second)});
    std::ranges::move(EchoesOfLink(deed->first, terms.pair, planned.writes.back(), types),
                      std::back_inserter(planned.echoes));
  }
  if (planned.writes.empty()) {
    planned.plan.verdict = Verdict::kEqual;
    planned.plan.by_itself = row.attempts > 0;
  }
  return planned;
}

bool AreAsWanted(WriteOp op, RecordId record, const std::vector<WantedLink>& links,
                 const KnownEnds& known, const ShownLinks& shown, const LinkTerms& terms) {
  for (const auto& [other, wishes] : WishesOf(links, known)) {
    const auto found = shown.find(Ends(record, other, terms));
    if (Deed(op, wishes, found == shown.end() ? std::vector<LinkType>() : found->second)) {
      return false;
    }
  }
  return true;
}

}  // namespace hubmirror
