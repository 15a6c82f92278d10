#include "daemon/cli/feed/feed.h"

#include <charconv>
#include <functional>

#include "base/printable.h"
#include "base/time_text.h"
#include "daemon/cli/database.h"
#include "daemon/cli/settings.h"
#include "daemon/cli/text/json_page.h"
#include "daemon/cli/text/words.h"
#include "model/store/database_error.h"
#include "postgres/feed/feed_inspection.h"
#include "postgres/feed/feed_upkeep.h"

namespace hubmirror {
namespace {

using namespace std::chrono_literals;

constexpr int64_t kLastShown = 20;
constexpr int64_t kAtOnce = 500;
constexpr auto kLookAgain = 1s;

std::string EntryText(const FeedEntry& entry) {
  std::string text = std::to_string(entry.seq) + " " + entry.at + " " + entry.op;
  if (!entry.record.empty()) text += " " + entry.record;
  if (!entry.other.empty()) text += " to " + entry.other;
  if (!entry.after.empty()) text += " " + entry.after;
  if (!entry.before.empty()) text += " before: " + entry.before;
  return Printable(text);
}

int ConsumersJson(const CliContext& context, const FeedStatus& feed) {
  JsonPage json;
  const auto put = [&json](std::string_view name, const std::optional<TimePoint>& time) {
    time ? json.Put(name, FormatRfc3339(*time)) : json.PutNull(name);
  };
  json.BeginObject();
  feed.last_seq ? json.Put("last_seq", *feed.last_seq) : json.PutNull("last_seq");
  put("oldest_at", feed.oldest_at);
  json.Put("dropped_to", feed.dropped_to);
  json.BeginObject("consumers");
  for (const FeedConsumer& consumer : feed.consumers) {
    json.BeginObject(consumer.name);
    json.Put("seq", consumer.seq);
    put("waits_since", consumer.waits_since);
    json.Put("lost", consumer.lost);
    json.EndObject();
  }
  json.EndObject();
  json.BeginObject("webhooks");
  for (const FeedWebhook& webhook : feed.webhooks) {
    json.BeginObject(webhook.name);
    json.Put("seq", webhook.seq);
    json.Put("state", webhook.state());
    json.Put("reason", webhook.reason);
    put("waits_since", webhook.waits_since);
    put("delivered_at", webhook.delivered_at);
    json.Put("dead", webhook.dead);
    json.EndObject();
  }
  json.EndObject();
  json.EndObject();
  context.out << json.Text();
  return kExitOk;
}

std::string Behind(const std::optional<TimePoint>& waits_since, TimePoint now) {
  if (!waits_since) return "has all";
  return CompactSpan(std::chrono::duration_cast<std::chrono::seconds>(now - *waits_since));
}

void WebhooksText(const CliContext& context, const FeedStatus& feed, TimePoint now) {
  if (feed.webhooks.empty()) return;
  context.out << Padded("WEBHOOK", 24) << " " << Padded("SENT UP TO", 16, true)
              << "  BEHIND      STATE\n";
  for (const FeedWebhook& webhook : feed.webhooks) {
    context.out << Padded(webhook.name, 24) << " " << Padded(std::to_string(webhook.seq), 16, true)
                << "  " << Padded(Behind(webhook.waits_since, now), 11) << " " << webhook.state();
    if (!webhook.reason.empty()) context.out << ": " << Printable(webhook.reason);
    if (webhook.dead > 0) context.out << " (" << webhook.dead << " given up)";
    context.out << "\n";
  }
}

int ConsumersText(const CliContext& context, const FeedStatus& feed, TimePoint now) {
  if (!feed.kept) {
    context.out << "there is no change feed: set `feed: {enabled: true}` and reload\n";
    return kExitOk;
  }
  context.out << "last entry " << (feed.last_seq ? std::to_string(*feed.last_seq) : "-")
              << ", dropped up to " << feed.dropped_to << "\n";
  WebhooksText(context, feed, now);
  if (feed.consumers.empty()) {
    context.out << "nobody reads it by name; feed_start('NAME') starts a consumer\n";
    return kExitOk;
  }
  context.out << Padded("CONSUMER", 24) << " " << Padded("READ UP TO", 16, true) << "  BEHIND\n";
  for (const FeedConsumer& consumer : feed.consumers) {
    const std::string behind = consumer.lost ? "has missed entries"
                               : consumer.waits_since
                                   ? CompactSpan(std::chrono::duration_cast<std::chrono::seconds>(
                                         now - *consumer.waits_since))
                                   : "has read all";
    context.out << Padded(consumer.name, 24) << " "
                << Padded(std::to_string(consumer.seq), 16, true) << "  " << behind << "\n";
  }
  return kExitOk;
}

std::string PurgeText(const FeedPurge& purge) {
  std::string text = Counted(purge.entries, "entry") == "1 entry"
                         ? "1 entry"
                         : CountWords(purge.entries) + " entries";
  text += " up to " + std::to_string(purge.to) + "\n";
  for (const std::string& name : purge.lost) {
    text += name + " has not read all of them and misses them for good\n";
  }
  return text;
}

}  // namespace

std::optional<std::optional<int64_t>> PlaceOf(const std::string& to) {
  if (to == "now") return std::optional<int64_t>();
  if (to == "oldest") return std::optional<int64_t>(0);
  int64_t number = 0;
  const auto read = std::from_chars(to.data(), to.data() + to.size(), number);
  if (read.ec != std::errc() || read.ptr != to.data() + to.size() || number < 1) {
    return std::nullopt;
  }
  return std::optional(number);
}

int RunFeedTail(const CliContext& context, const CommandLine& line) {
  return WithPortal(context, line, [&](Connection& connection, const PortalPlan& plan) {
    const auto& object = line.target.object;
    int64_t above = line.from_seq ? *line.from_seq - 1
                                  : NumberBeforeLast(connection, plan.schema, object, kLastShown);
    do {
      for (;;) {
        const auto entries = ReadEntries(connection, plan.schema, object, above, kAtOnce);
        for (const FeedEntry& entry : entries) {
          context.out << (line.json ? entry.json : EntryText(entry)) << "\n";
          above = entry.seq;
        }
        context.out << std::flush;
        if (context.Unheard()) return kExitOk;
        if (static_cast<int64_t>(entries.size()) < kAtOnce) break;
      }
    } while (context.clock.SleepUntil(context.clock.Now() + kLookAgain, context.stop));
    return kExitOk;
  });
}

int RunFeedConsumers(const CliContext& context, const CommandLine& line) {
  return WithPortal(context, line, [&](Connection& connection, const PortalPlan& plan) {
    const FeedStatus feed = ReadFeedStatus(connection, plan.schema);
    return line.json ? ConsumersJson(context, feed)
                     : ConsumersText(context, feed, context.clock.WallNow());
  });
}

int RunFeedReset(const CliContext& context, const CommandLine& line) {
  const auto place = PlaceOf(line.to);
  if (!place) {
    return Fail(context, kExitUsage, "--to is neither a number nor `now` nor `oldest`",
                "hubmirror feed reset --help");
  }
  return WithPortal(context, line, [&](Connection& connection, const PortalPlan& plan) {
    try {
      const int64_t stands = ResetConsumer(connection, plan.schema, line.name, *place);
      context.out << line.name << " goes on after " << stands << "\n";
      return kExitOk;
    } catch (const DatabaseError& error) {
      if (!connection.usable()) throw;
      // What PostgreSQL says of a number out of range may hold values, and is not shown.
      if (error.sqlstate() == "22003") {
        return Fail(
            context, kExitUsage,
            "a consumer cannot stand at " + line.to + ": it is dropped, or no entry has had it yet",
            "hubmirror feed consumers " + line.target.portal);
      }
      const bool busy = error.sqlstate() == "55P03";
      return Fail(context, busy ? static_cast<int>(ControlCode::kTryLater) : kExitUsage,
                  busy ? "a reader of " + line.name + " is in a transaction" : error.what(),
                  busy ? "stop the program that reads under this name"
                       : "hubmirror feed consumers " + line.target.portal);
    }
  });
}

int RunFeedPurge(const CliContext& context, const CommandLine& line) {
  return WithPortal(context, line, [&](Connection& connection, const PortalPlan& plan) {
    const FeedPurge purge = PlanPurge(connection, plan.schema);
    context.out << PurgeText(purge) << std::flush;
    if (line.dry_run) return kExitOk;
    const auto typed = line.yes || !context.ask
                           ? std::nullopt
                           : context.ask("Type " + plan.key + " to drop them: ", false);
    if (!line.yes && typed != plan.key) {
      return Fail(context, kExitUsage, "nothing was dropped",
                  "confirm with the name, or with --yes");
    }
    PurgeFeed(connection, plan.schema, purge.to);
    context.out << "dropped, up to " << purge.to << "\n";
    return kExitOk;
  });
}

}  // namespace hubmirror
