#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "jobs/write/link_turns.h"
#include "jobs/write/write_plan.h"
#include "model/source/link.h"
#include "model/source/record_target.h"
#include "model/store/write_sink.h"

namespace hubmirror {

/// What is known of the records that rows name: the one that stands for it, which is another after
/// a merge, by object and id; nullopt: HubSpot has none. What was not asked for is not in it.
using KnownEnds = std::map<std::pair<std::string, RecordId>, std::optional<RecordId>>;

/// The types by which two records are linked, by their ids, from the side that is read.
using ShownLinks = std::map<std::pair<RecordId, RecordId>, std::vector<LinkType>>;

/// Where rows of one object and the objects that they name stand, and what is allowed.
struct LinkTerms {
  LinkPair pair;       ///< from the side that is read, which need not be that of the rows
  std::string object;  ///< of the rows
  const std::vector<std::string>& associate;  ///< objects that it may be linked with (rule W1)
};

/// What is to become of a row of links: `plan.send` says what leaves, for people.
struct PlannedLinks {
  PlannedRow plan;
  LinkDeed deed = LinkDeed::kLink;
  std::vector<LinkWrite> writes = {};  ///< from the side that is read
  std::vector<Echo> echoes = {};       ///< of `writes`
  bool more = false;                   ///< something else is to be done after it
};

/// How many of `rows` go together, from the first on: of one operation and with one other object,
/// at most kWriteInputs links, and no two records twice. The others are taken out.
void KeepLinksTogether(std::vector<OutboxRow>& rows);

/// The pairs of records that a row is about, after merges.
std::vector<LinkEnds> EndsOf(const OutboxRow& row, const KnownEnds& known, const LinkTerms& terms);

/// Decides from values alone what becomes of a row that links a record, or takes links away (rules
/// W16 and W18). `shown` has what HubSpot shows of its links. Pure.
PlannedLinks PlanLinks(const OutboxRow& row, const KnownEnds& known, const ShownLinks& shown,
                       const LinkTerms& terms);

/// Whether HubSpot shows what a row asked for.
bool AreAsWanted(WriteOp op, RecordId record, const std::vector<WantedLink>& links,
                 const KnownEnds& known, const ShownLinks& shown, const LinkTerms& terms);

}  // namespace hubmirror
