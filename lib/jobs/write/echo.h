#pragma once

#include <vector>

#include "jobs/write/write_plan.h"
#include "model/source/record_target.h"
#include "model/store/write_sink.h"

namespace hubmirror {

// By what the change feed will know that a change was made from here (rule W14). Pure.

/// Of a row that is about to be sent.
std::vector<Echo> EchoesOf(const OutboxRow& row, const PlannedRow& plan, const MirrorTable& table);

/// Of what HubSpot's answer shows of what was sent, where it made something else of it: an address
/// in small letters, a number formatted.
std::vector<Echo> EchoesOfAnswer(const PlannedRow& plan, const WriteOutcome& outcome,
                                 const MirrorTable& table);

/// Of what is done to the links of two records, which HubSpot shows to have `shown`.
std::vector<Echo> EchoesOfLink(LinkDeed deed, const LinkPair& pair, const LinkWrite& write,
                               const std::vector<LinkType>& shown);

}  // namespace hubmirror
