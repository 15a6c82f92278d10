#include "settings/text/text_form.h"

#include <sys/un.h>

#include <algorithm>
#include <array>

#include "base/ascii.h"
#include "base/spelling.h"
#include "model/store/index_key.h"
#include "settings/text/dsn_text.h"
#include "settings/text/web_address.h"

namespace hubmirror {
namespace {

using Fault = std::optional<ConfigFault>;

// Longer names are cut by PostgreSQL without a word (NAMEDATALEN).
constexpr size_t kLongestName = 63;

bool IsNameLetter(char letter) {
  return IsLower(letter) || IsDigit(letter) || letter == '_';
}

ConfigFault Wrong(std::string_view text, std::string_view what, std::string_view next) {
  return {QuoteForMessage(text) + " " + std::string(what), std::string(next)};
}

Fault CheckNothing(std::string_view) {
  return std::nullopt;
}

Fault CheckApiVersion(std::string_view text) {
  constexpr std::string_view kShape = "0000-00";
  const std::string_view date = text.substr(0, kShape.size());
  bool fits = date.size() == kShape.size();
  for (size_t i = 0; fits && i < date.size(); ++i) {
    fits = kShape[i] == '0' ? IsDigit(date[i]) : date[i] == '-';
  }
  const std::string_view rest = text.substr(date.size());
  if (fits && (rest.empty() || rest == "-beta")) return std::nullopt;
  return Wrong(text, "is not a version of HubSpot's API",
               "write a dated version such as \"2026-09\"");
}

Fault CheckPath(std::string_view text) {
  if (text.starts_with('/')) return std::nullopt;
  return Wrong(text, "is not an absolute path", "begin it with /");
}

Fault CheckSocketPath(std::string_view text) {
  if (Fault fault = CheckPath(text)) return fault;
  if (text.size() < sizeof(sockaddr_un::sun_path)) return std::nullopt;
  return ConfigFault{
      "the path is too long for a socket",
      "use a path of at most " + std::to_string(sizeof(sockaddr_un::sun_path) - 1) + " bytes"};
}

Fault CheckHostName(std::string_view text) {
  const bool letters = std::ranges::all_of(text, [](char letter) {
    return IsLower(letter) || (letter >= 'A' && letter <= 'Z') || IsDigit(letter) ||
           letter == '-' || letter == '.';
  });
  if (letters && text.front() != '.' && text.front() != '-' && text.size() <= 253) {
    return std::nullopt;
  }
  return Wrong(text, "is not a host name", "write the name alone, without scheme and port");
}

Fault CheckSchemaName(std::string_view text) {
  const bool letters = !IsDigit(text.front()) && std::ranges::all_of(text, IsNameLetter);
  if (!letters || text.size() > kLongestName) {
    return Wrong(text, "cannot be a schema name",
                 "use at most 63 lower-case letters, digits and _, not a digit first");
  }
  if (text == "hubmirror" || text == "public" || text == "information_schema" ||
      text.starts_with("pg_")) {
    return Wrong(text, "is a schema no portal may own", "name another one, such as crm_acme");
  }
  return std::nullopt;
}

Fault CheckRoleName(std::string_view text) {
  if (text.size() > kLongestName) {
    return Wrong(text, "is too long for a role", "PostgreSQL's names end after 63 bytes");
  }
  // GRANT takes these two for keywords, quoted or not.
  if (text == "public" || text == "none") {
    return Wrong(text, "is not a role: it means all or none",
                 "create a role for those who may read and name it here");
  }
  return std::nullopt;
}

Fault CheckPropertyPattern(std::string_view text) {
  if (text.find_first_of(" ,") == std::string_view::npos) return std::nullopt;
  return Wrong(text, "is not the name of a property",
               "use HubSpot's internal name, such as dealstage, one per item");
}

Fault CheckPropertyName(std::string_view text) {
  if (text.find_first_of("*?") == std::string_view::npos) return CheckPropertyPattern(text);
  return Wrong(text, "is a pattern, and here each property is named",
               "use HubSpot's internal name, such as dealstage, one per item");
}

Fault CheckObjectName(std::string_view text) {
  if (text.find_first_of(" ,") == std::string_view::npos) return std::nullopt;
  return Wrong(text, "is not the name of an object type",
               "use the name of its table, such as contacts, one per item");
}

Fault CheckIndexKey(std::string_view text) {
  if (ParseIndexKey(text)) return std::nullopt;
  return Wrong(text, "cannot be indexed",
               "write a column, such as created_at, or lower(column) of a text");
}

Fault CheckWebhookName(std::string_view text) {
  const bool letters = std::ranges::all_of(
      text, [](char letter) { return IsLetterOrDigit(letter) || letter == '_' || letter == '-'; });
  if (letters && text.size() <= kLongestName) return std::nullopt;
  return Wrong(text, "cannot name a webhook", "use at most 63 letters, digits, _ and -");
}

Fault CheckObjectOrAll(std::string_view text) {
  if (text == "*" || std::ranges::all_of(text, IsNameLetter)) return std::nullopt;
  return Wrong(text, "is neither the name of a table nor *",
               "write it as SQL has it, such as deals");
}

constexpr std::array<std::string_view, 13> kOps = {
    "create", "seen", "update", "archive", "restore", "merge", "purge",
    "erase",  "link", "unlink", "relabel", "loaded",  "epoch"};

Fault CheckFeedOp(std::string_view text) {
  if (std::ranges::find(kOps, text) != kOps.end()) return std::nullopt;
  const auto nearest = NearestWord(text, kOps);
  return Wrong(
      text, "is nothing that an entry of the feed says",
      nearest ? "did you mean " + std::string(*nearest) + "?" : "docs/feed.md has the words");
}

}  // namespace

const TextForm kAnyText = {"text", "^.+$", CheckNothing};
const TextForm kDsn = {"a PostgreSQL connection string without a password", "^.+$", CheckDsn};
const TextForm kOrigin = {"`https://HOST[:PORT]`, or `http://` for a loopback address",
                          "^https?://[^/?#@]+/?$", CheckOrigin};
const TextForm kProxy = {"`http://HOST:PORT`", "^http://[^/?#@]+:[0-9]+/?$", CheckProxy};
const TextForm kListenAddress = {"a loopback `ADDRESS:PORT`", "^.+:[0-9]+$", CheckListenAddress};
const TextForm kHostName = {"a host name without a port", "^[A-Za-z0-9][A-Za-z0-9.-]*$",
                            CheckHostName};
const TextForm kApiVersion = {"a dated version", "^[0-9]{4}-[0-9]{2}(-beta)?$", CheckApiVersion};
const TextForm kPath = {"an absolute path", "^/.*$", CheckPath};
const TextForm kSocketPath = {"an absolute path of at most 107 bytes", "^/.*$", CheckSocketPath};
const TextForm kSchemaName = {"lower-case letters, digits and `_`, at most 63",
                              "^[a-z_][a-z0-9_]*$", CheckSchemaName};
const TextForm kRoleName = {"a role of the database", "^.+$", CheckRoleName};
const TextForm kPropertyName = {"HubSpot's name of a property", "^[^ ,*?]+$", CheckPropertyName};
const TextForm kObjectName = {"the name of a table", "^[^ ,]+$", CheckObjectName};

const TextForm kIndexKey = {"HubSpot's name of a property, a column, or `lower(property)`",
                            "^([^ ,()]+|lower\\([^ ,()]+\\))$", CheckIndexKey};
const TextForm kPropertyPattern = {"HubSpot's name of a property, or a pattern", "^[^ ,]+$",
                                   CheckPropertyPattern};

const TextForm kWebhookName = {"letters, digits, `_` and `-`, at most 63", "^[A-Za-z0-9_-]{1,63}$",
                               CheckWebhookName};
const TextForm kReceiverUrl = {"`https://HOST[:PORT][/PATH]`, or `http://` for a loopback address",
                               "^https?://[^#@ ]+$", CheckReceiverUrl};
const TextForm kObjectOrAll = {"the name of a table, or `*`", "^([a-z0-9_]+|\\*)$",
                               CheckObjectOrAll};
const TextForm kFeedOp = {"what may happen to a record or link", "^[a-z]+$", CheckFeedOp};

std::optional<ConfigFault> CheckPortalKey(std::string_view key) {
  const bool letters =
      !key.empty() && IsLower(key.front()) && std::ranges::all_of(key, IsNameLetter);
  if (letters && key.size() <= 31) return std::nullopt;
  return ConfigFault{"cannot be the key of a portal",
                     "use at most 31 lower-case letters, digits and _, a letter first"};
}

}  // namespace hubmirror
