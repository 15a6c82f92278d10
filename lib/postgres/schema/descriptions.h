#pragma once

#include <string>
#include <vector>

#include "model/store/mirror_table.h"
#include "postgres/schema/comments.h"

namespace hubmirror {

/// What every table, view and column of ours is for, in words: the one place that says so. A test
/// finds what was forgotten here. All pure.

/// The tables that a layout step makes. A new column gets its words here; the step that adds it
/// has them written.
std::vector<Description> DescribePortal();
std::vector<Description> DescribeCommon();

/// The table of one object, its views and its history.
std::vector<Description> DescribeObject(const std::string& schema, const std::string& object,
                                        const std::vector<MirrorColumn>& columns);
Description DescribeHistory(const std::string& object);

/// Columns of the view `hubmirror.status`.
Description DescribeStatus();

/// What HubSpot says of a property: its label and description; its name where it has neither.
std::string WordsOf(const PropertyDefinition& definition);

}  // namespace hubmirror
