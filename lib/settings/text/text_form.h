#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "settings/text/problem.h"

namespace hubmirror {

/// What a text value must look like.
struct TextForm {
  std::string_view words;    ///< for the reference: `an absolute path`
  std::string_view pattern;  ///< for editors: a regular expression that all good values match
  /// What is wrong, nullopt when nothing is. `text` is not empty.
  std::optional<ConfigFault> (*check)(std::string_view text);
};

extern const TextForm kAnyText;
extern const TextForm kDsn;              ///< a libpq connection string without secrets
extern const TextForm kOrigin;           ///< https://HOST[:PORT], http:// for loopback only
extern const TextForm kProxy;            ///< http://HOST:PORT
extern const TextForm kListenAddress;    ///< a loopback ADDRESS:PORT
extern const TextForm kHostName;         ///< a host name without a port
extern const TextForm kApiVersion;       ///< `2026-09`
extern const TextForm kPath;             ///< an absolute path
extern const TextForm kSocketPath;       ///< an absolute path that fits a socket address
extern const TextForm kSchemaName;       ///< a schema that a portal may own
extern const TextForm kRoleName;         ///< a role that may be granted select
extern const TextForm kPropertyName;     ///< a property of an object type
extern const TextForm kObjectName;       ///< an object type, by its name
extern const TextForm kIndexKey;         ///< what an index is on (model/index_key.h)
extern const TextForm kPropertyPattern;  ///< a name with `*` and `?` for letters
extern const TextForm kWebhookName;      ///< letters, digits, `_` and `-`
extern const TextForm kReceiverUrl;      ///< https://HOST[:PORT][/PATH], http:// for loopback only
extern const TextForm kObjectOrAll;      ///< the name of a table, or `*`
extern const TextForm kFeedOp;           ///< what may happen to a record or link

/// [a-z][a-z0-9_]{0,30}, as a regular expression and as a check.
inline constexpr std::string_view kPortalKeyPattern = "^[a-z][a-z0-9_]{0,30}$";
std::optional<ConfigFault> CheckPortalKey(std::string_view key);

}  // namespace hubmirror
