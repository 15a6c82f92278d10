#include "daemon/cli/feed/webhook.h"

#include <algorithm>
#include <functional>

#include "base/check.h"
#include "base/printable.h"
#include "base/time_text.h"
#include "daemon/cli/database.h"
#include "daemon/cli/feed/feed.h"
#include "daemon/cli/settings.h"
#include "daemon/cli/text/json_page.h"
#include "daemon/cli/text/words.h"
#include "daemon/webhook_parts.h"
#include "delivery/courier.h"
#include "model/store/database_error.h"
#include "postgres/feed/webhook_inspection.h"

namespace hubmirror {
namespace {

/// A webhook of the configuration with what it takes to send something to it.
struct NamedWebhook {
  Settings settings;
  PortalSettings portal;
  WebhookSettings webhook;
};

Result<NamedWebhook, int> FindWebhook(const CliContext& context, const CommandLine& line) {
  const auto settings = LoadSettings(context, line);
  if (!settings) return settings.error();
  const PortalSettings* portal = FindPortal(context, *settings, line.target.portal);
  if (portal == nullptr) return kExitUsage;
  const auto found = std::ranges::find_if(portal->webhooks, [&](const WebhookSettings& webhook) {
    return webhook.plan.name == line.name;
  });
  if (found != portal->webhooks.end()) return NamedWebhook{*settings, *portal, *found};
  std::string names;
  for (const WebhookSettings& webhook : portal->webhooks) {
    names += (names.empty() ? "" : ", ") + webhook.plan.name;
  }
  return Fail(context, kExitUsage, "portal " + line.target.portal + " has no webhook " + line.name,
              names.empty() ? "name one under feed.webhooks of the portal and reload"
                            : "its webhooks are " + names);
}

/// Sends to the receiver of one webhook from here.
class Postman {
 public:
  Postman(const CliContext& context, const NamedWebhook& named, std::vector<Secret> secrets)
      : context_(context),
        secrets_(std::move(secrets)),
        url_(*ParseRequestUrl(named.webhook.plan.url)),
        sender_{.portal = named.portal.plan.key,
                .webhook = named.webhook.plan.name,
                .url_of = RecordPages(named.settings.api, named.portal.plan)},
        transport_(TransportToReceiver(named.settings.api, url_.base, nullptr), context.clock) {}

  const BatchSender& sender() const { return sender_; }
  WebhookAttempt Post(const Batch& batch, const std::string& id) {
    return PostBatch(transport_, url_.target, id, batch.body, secrets_, context_.clock.WallNow());
  }

 private:
  const CliContext& context_;
  const std::vector<Secret> secrets_;
  const RequestUrl url_;
  const BatchSender sender_;
  PooledTransport transport_;
};

int WithPostman(const CliContext& context, const NamedWebhook& named,
                const std::function<int(Postman&)>& work) {
  const SecretSource source(context.environment);
  auto secrets = ReadSecrets(source, named.webhook.secrets);
  if (!secrets) {
    return Fail(context, kExitConfiguration,
                "secret of webhook " + named.webhook.plan.name + ": " + secrets.error(),
                "make it readable by this user only, or run this as the daemon's user");
  }
  Postman postman(context, named, std::move(*secrets));
  return work(postman);
}

int WithWebhook(const CliContext& context, const CommandLine& line,
                const std::function<int(const NamedWebhook&, Connection&)>& work) {
  const auto named = FindWebhook(context, line);
  if (!named) return named.error();
  return WithDatabase(context, named->settings,
                      [&](Connection& connection) { return work(*named, connection); });
}

int NotSeen(const CliContext& context, const CommandLine& line) {
  return Fail(context, kExitTryLater, "the daemon has not begun with webhook " + line.name,
              "is `feed: {enabled: true}` set, and was it reloaded? hubmirror status " +
                  line.target.portal);
}

int DeadJson(const CliContext& context, const std::vector<DeadEntry>& dead) {
  JsonPage json;
  json.BeginObject();
  json.BeginObject("dead");
  for (const DeadEntry& entry : dead) {
    json.BeginObject(std::to_string(entry.seq));
    json.Put("attempts", int64_t{entry.attempts});
    json.Put("status", int64_t{entry.status});
    json.Put("reason", entry.reason);
    entry.first_at ? json.Put("first_at", FormatRfc3339(*entry.first_at))
                   : json.PutNull("first_at");
    entry.last_at ? json.Put("last_at", FormatRfc3339(*entry.last_at)) : json.PutNull("last_at");
    json.EndObject();
  }
  json.EndObject();
  json.EndObject();
  context.out << json.Text();
  return kExitOk;
}

/// Whether it was taken, and so is dead no longer.
bool Retry(const CliContext& context, const CommandLine& line, const std::string& schema,
           Connection& connection, Postman& postman, int64_t seq) {
  const std::string number = std::to_string(seq);
  const auto entry = ReadWebhookEntry(connection, schema, seq);
  if (!entry) {
    context.out << number << " is no longer kept; forget it with hubmirror feed dead drop\n";
    return false;
  }
  const Batch batch = MakeBatch(postman.sender(), {.rules = {{.op = {entry->op}}}}, {*entry}, 1);
  const WebhookAttempt attempt = postman.Post(batch, batch.Id(postman.sender()));
  if (Judge(attempt) != WebhookVerdict::kTaken) {
    context.out << number << " is not taken: " << Printable(InWords(attempt)) << "\n";
    return false;
  }
  DropDead(connection, schema, line.name, seq);
  context.out << number << " is taken\n";
  return true;
}

}  // namespace

int RunWebhookTest(const CliContext& context, const CommandLine& line) {
  const auto named = FindWebhook(context, line);
  if (!named) return named.error();
  return WithPostman(context, *named, [&](Postman& postman) {
    const std::string id = postman.sender().portal + "-" + postman.sender().webhook + "-ping-" +
                           std::to_string(context.clock.WallNow().time_since_epoch().count());
    const WebhookAttempt attempt = postman.Post(MakePing(postman.sender()), id);
    if (Judge(attempt) != WebhookVerdict::kTaken) {
      return Fail(context, kExitProblem,
                  "the receiver of " + line.name + " does not take it: " + InWords(attempt),
                  "look at the receiver, at its url and at the secret");
    }
    context.out << "the receiver of " << line.name << " takes it (HTTP " << attempt.status << ")\n";
    return kExitOk;
  });
}

int RunWebhookStart(const CliContext& context, const CommandLine& line) {
  std::optional<std::optional<int64_t>> place;
  if (!line.to.empty()) {
    place = PlaceOf(line.to);
    if (!place) {
      return Fail(context, kExitUsage, "--to is neither a number nor `now` nor `oldest`",
                  "hubmirror feed webhook start --help");
    }
  }
  return WithWebhook(context, line, [&](const NamedWebhook& named, Connection& connection) {
    const std::string& schema = named.portal.plan.schema;
    if (!ReadWebhook(connection, schema, line.name)) return NotSeen(context, line);
    try {
      const auto stands = StartWebhook(connection, schema, line.name, place);
      if (!stands) {
        return Fail(context, kExitUsage,
                    "webhook " + line.name + " has missed entries, which are dropped",
                    "say where it goes on: --to oldest, or --to now");
      }
      context.out << line.name << " goes on after " << *stands << "\n";
      return kExitOk;
    } catch (const DatabaseError& error) {
      if (!connection.usable()) throw;
      return Fail(context, kExitUsage, error.what(),
                  "hubmirror feed consumers " + line.target.portal);
    }
  });
}

int RunWebhookStop(const CliContext& context, const CommandLine& line) {
  return WithWebhook(context, line, [&](const NamedWebhook& named, Connection& connection) {
    const std::string& schema = named.portal.plan.schema;
    if (!ReadWebhook(connection, schema, line.name)) return NotSeen(context, line);
    StopWebhook(connection, schema, line.name);
    context.out << line.name << " is stopped\n";
    return kExitOk;
  });
}

int RunDeadList(const CliContext& context, const CommandLine& line) {
  return WithWebhook(context, line, [&](const NamedWebhook& named, Connection& connection) {
    const auto dead = ReadDead(connection, named.portal.plan.schema, line.name, std::nullopt);
    if (line.json) return DeadJson(context, dead);
    if (dead.empty()) context.out << "its receiver refused no entry for good\n";
    for (const DeadEntry& entry : dead) {
      context.out << entry.seq << " "
                  << (entry.last_at ? FormatRfc3339(*entry.last_at) : std::string("-")) << " "
                  << Printable(entry.reason) << "\n";
    }
    return kExitOk;
  });
}

int RunDeadRetry(const CliContext& context, const CommandLine& line) {
  return WithWebhook(context, line, [&](const NamedWebhook& named, Connection& connection) {
    const std::string& schema = named.portal.plan.schema;
    const auto dead = ReadDead(connection, schema, line.name, line.from_seq);
    if (dead.empty()) context.out << "there is none\n";
    return WithPostman(context, named, [&](Postman& postman) {
      bool all = true;
      for (const DeadEntry& entry : dead) {
        all = Retry(context, line, schema, connection, postman, entry.seq) && all;
      }
      return all ? kExitOk : kExitProblem;
    });
  });
}

int RunDeadDrop(const CliContext& context, const CommandLine& line) {
  return WithWebhook(context, line, [&](const NamedWebhook& named, Connection& connection) {
    const int64_t count = DropDead(connection, named.portal.plan.schema, line.name, line.from_seq);
    context.out << "forgot " << (count == 1 ? "1 entry" : CountWords(count) + " entries") << "\n";
    return kExitOk;
  });
}

}  // namespace hubmirror
