#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/portal/controls.h"

namespace hubmirror {

/// What `hubmirror` was asked to do.
enum class CliVerb {
  kStatus,
  kConfigCheck,
  kConfigShow,
  kConfigSchema,
  kConfigReference,
  kPortalList,
  kPortalTest,
  kPortalAuthorize,
  kPortalDrop,
  kPoll,
  kPause,
  kResume,
  kBackfill,
  kSettle,
  kVerify,
  kResolve,
  kRefresh,
  kReload,
  kSchemaPlan,
  kSchemaApply,
  kSchemaHistory,
  kQuarantineList,
  kQuarantineShow,
  kQuarantineRetry,
  kQuarantineDrop,
  kFeedTail,
  kFeedConsumers,
  kFeedReset,
  kFeedPurge,
  kWebhookTest,
  kWebhookStart,
  kWebhookStop,
  kDeadList,
  kDeadRetry,
  kDeadDrop,
  kWriteStatus,
  kWriteList,
  kWriteShow,
  kWriteRetry,
  kWriteCancel,
  kWriteWait,
  kWriteResolve,
  kWritePause,
  kWriteResume,
  kWriteRelease,
  kWriteSetup,
  kGrants,
  kPlan,
  kDoctor,
  kSetup,
  kSecretSet,
  kSecretRemove,
  kSecretTest,
  kConfigDiff,
  kSupportBundle,
  kRunbook,
  kDashboardsExport,
  kCompletion,
  kVersion,
};

/// What `setup` writes into a new configuration; what is empty is asked for on a terminal.
struct SetupAnswers {
  std::string portal;     ///< the portal's key
  std::string portal_id;  ///< empty: the token's own
  std::string token;      ///< reference of the token
  std::string dsn;
  std::vector<std::string> objects;
  bool force = false;  ///< an existing file is replaced
};

/// The arguments of `hubmirror`, read. Which fields count depends on the verb.
struct CommandLine {
  CliVerb verb = CliVerb::kStatus;
  std::string config_path = "/etc/hubmirror/hubmirror.yaml";
  bool config_given = false;  ///< by --config, rather than the default
  std::string socket_path;    ///< --socket; empty: as the configuration says
  ControlTarget target;       ///< an empty portal: all portals (status, portal list)
  std::optional<RecordId> id;
  bool json = false;
  bool watch = false;
  bool until_loaded = false;
  bool problems = false;  ///< status: what is well is left out
  bool accept = false;
  bool repair = false;
  std::string report;  ///< verify: the file that keeps the result
  bool dry_run = false;
  bool yes = false;      ///< portal drop, feed purge, write setup: nobody is asked
  bool cascade = false;  ///< portal drop: what others built on it goes too
  bool offline = false;  ///< setup: token and database are not tried; doctor: HubSpot is not asked
  bool online = false;   ///< config check: HubSpot is asked about the properties that are named
  std::string records;   ///< plan: `contacts=200000,deals=5000`
  /// runbook: the alert; completion: the shell; feed reset: the consumer; others of feed: a webhook
  std::string name;
  std::string to;                   ///< feed reset, feed webhook start: a number, `now` or `oldest`
  std::optional<int64_t> from_seq;  ///< feed tail; feed dead retry, drop
  std::optional<int64_t> row;       ///< write: the id of a row of `outbox`
  std::string state;                ///< write list, retry: of the rows
  std::string on_conflict;          ///< write retry: `ours`, `theirs`; empty: as the row says
  std::optional<int64_t> created;   ///< write resolve: the record that was made
  std::string words;     ///< completion: which words to list, instead of a shell's completion
  std::string path;      ///< dashboards export: where to; support-bundle, config diff: the file
  std::string runbooks;  ///< dashboards export: where links of panels lead
  SetupAnswers setup;
  std::optional<std::chrono::milliseconds> wait;
  /// `portal test --token REF`: without a configuration.
  std::string token_reference;
  std::string base_url = "https://api.hubapi.com";
  std::string api_version = "2026-09";
  /// `portal authorize`: the loopback port the browser is sent back to; 0: any free one.
  int redirect_port = 9438;
  /// Another address of the app's, where nobody of ours listens; empty: the port.
  std::string redirect_uri;
  /// Scopes beside those that the objects need, for owners, lists and the like.
  std::vector<std::string> also;
};

/// Nothing to run: help was asked for (code 0, text for stdout) or the arguments are wrong (code
/// 64, what is wrong and what to do about it).
struct CommandLineEnd {
  int exit_code = 0;
  std::string text;
  std::string next;
};

/// Reads the arguments, program name left out. Pure.
Result<CommandLine, CommandLineEnd> ParseCommandLine(std::vector<std::string> arguments);

/// `90s`, `5m`, `2h`, `500ms`, up to a year; nullopt for anything else.
std::optional<std::chrono::milliseconds> ParseWait(const std::string& text);

}  // namespace hubmirror
