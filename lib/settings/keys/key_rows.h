#pragma once

#include <span>

#include "settings/keys/key_rule.h"

namespace hubmirror {

// The rows of the table of keys; read them through settings/key_table.h.

/// Keys at the top of the file.
std::span<const KeyRule> TopKeys();
/// Keys of `defaults`, of a portal and of an object.
std::span<const KeyRule> PortalKeys();
/// Keys of writing back, of a portal and of an object.
std::span<const KeyRule> WriteKeys();
/// Keys of a webhook and of its rules.
std::span<const KeyRule> WebhookKeys();

}  // namespace hubmirror
