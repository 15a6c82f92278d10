#pragma once

#include "model/store/mirror_table.h"

namespace hubmirror {

/// The table, which all streams of the process whose tables are equal, with the same version, have
/// in common: HubSpot's own properties, which most tables consist of, are the same in all portals.
MirrorTablePtr SharedTable(MirrorTable table);

}  // namespace hubmirror
