#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/store/webhook.h"
#include "postgres/session/connection.h"

namespace hubmirror {

// What an operator sees of webhooks and does to them. Each call is one transaction.

/// Where it stands; nullopt: the daemon has not seen one of this name.
std::optional<WebhookStanding> ReadWebhook(Connection& connection, const std::string& schema,
                                           const std::string& name);

/// Nothing more is sent, but for a request under way.
void StopWebhook(Connection& connection, const std::string& schema, const std::string& name);
/// Goes on, as if nothing had failed; with `to` from another number (0: the oldest entry, nullopt
/// inside: now). Returns the number it goes on after; nullopt: entries that it has not been told of
/// are dropped, so a place must be given.
std::optional<int64_t> StartWebhook(Connection& connection, const std::string& schema,
                                    const std::string& name,
                                    const std::optional<std::optional<int64_t>>& to);

/// Those that its receiver refused for good, or the one with this number.
std::vector<DeadEntry> ReadDead(Connection& connection, const std::string& schema,
                                const std::string& webhook, std::optional<int64_t> seq);
/// How many there were.
int64_t DropDead(Connection& connection, const std::string& schema, const std::string& webhook,
                 std::optional<int64_t> seq);
/// As it stands now; nullopt: it is no longer kept.
std::optional<WebhookEntry> ReadWebhookEntry(Connection& connection, const std::string& schema,
                                             int64_t seq);

}  // namespace hubmirror
