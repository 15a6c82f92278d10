#pragma once

#include "daemon/cli/context.h"
#include "daemon/cli/grammar/command_line.h"

namespace hubmirror {

/// `hubmirror write setup PORTAL/OBJECT`: makes the `key_property` of the object in HubSpot, a text
/// whose values are unique, once the operator has agreed, on a terminal or by --yes. One that is
/// there already and fits is left as it is: HubSpot fixes whether values are unique when a property
/// is made (rule W8). The only definition that hubmirror ever makes.
int RunWriteSetup(const CliContext& context, const CommandLine& line);

}  // namespace hubmirror
