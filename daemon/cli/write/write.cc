#include "daemon/cli/write/write.h"

#include <functional>

#include "base/printable.h"
#include "base/time_text.h"
#include "daemon/cli/database.h"
#include "daemon/cli/settings.h"
#include "daemon/cli/text/json_page.h"
#include "daemon/cli/text/words.h"
#include "postgres/outbox/outbox_inspection.h"

namespace hubmirror {
namespace {

using namespace std::chrono_literals;

constexpr int64_t kLastShown = 50;
constexpr auto kLookAgain = 200ms;
constexpr std::chrono::milliseconds kPatience = 30s;

int WithWrittenPortal(const CliContext& context, const CommandLine& line,
                      const std::function<int(Connection&, const PortalPlan&)>& work) {
  return WithPortal(context, line, [&](Connection& connection, const PortalPlan& plan) {
    if (HasOutbox(connection, plan.schema)) return work(connection, plan);
    return Fail(context, kExitUnavailable, "nothing can be written back from " + plan.key,
                "set write.enabled in the configuration of the portal, and reload");
  });
}

int WithOutbox(const CliContext& context, const CommandLine& line,
               const std::function<int(Connection&, const std::string& schema)>& work) {
  return WithWrittenPortal(context, line, [&](Connection& connection, const PortalPlan& plan) {
    return work(connection, plan.schema);
  });
}

int NoSuchRow(const CliContext& context, const CommandLine& line) {
  return Fail(context, kExitUsage, "there is no row " + std::to_string(*line.row) + " in outbox",
              "hubmirror write list " + line.target.portal);
}

std::string StateText(const std::string& state, const std::string& reason) {
  return reason.empty() ? state : state + " (" + reason + ")";
}

std::string RowText(const OutboxLine& row) {
  std::string text = "row " + std::to_string(row.id) + " is " + StateText(row.state, row.reason);
  if (!row.message.empty()) text += ": " + row.message;
  return Printable(text) + "\n";
}

void PutRow(JsonPage& json, const OutboxLine& row) {
  json.BeginObject();
  json.Put("id", row.id);
  json.Put("created_at", row.created_at);
  json.Put("object", row.object);
  json.Put("op", row.op);
  json.Put("record_id", row.record);
  json.Put("state", row.state);
  json.Put("reason", row.reason);
  json.Put("message", row.message);
  json.Put("key", row.key);
  json.Put("result_id", row.result);
  json.EndObject();
}

int StatusJson(const CliContext& context, bool dry_run, const std::vector<OutboxCount>& counts,
               const std::vector<OutboxHold>& holds) {
  JsonPage json;
  json.BeginObject();
  json.Put("dry_run", dry_run);
  json.BeginArray("holds");
  for (const OutboxHold& hold : holds) {
    json.BeginObject();
    json.Put("object", hold.object);
    json.Put("reason", hold.reason);
    json.Put("message", hold.message);
    json.Put("since", hold.since);
    json.EndObject();
  }
  json.EndArray();
  json.BeginArray("rows");
  for (const OutboxCount& count : counts) {
    json.BeginObject();
    json.Put("object", count.object);
    json.Put("state", count.state);
    json.Put("reason", count.reason);
    json.Put("rows", count.rows);
    count.oldest ? json.Put("oldest_at", FormatRfc3339(*count.oldest)) : json.PutNull("oldest_at");
    json.EndObject();
  }
  json.EndArray();
  json.EndObject();
  context.out << json.Text();
  return kExitOk;
}

int StatusText(const CliContext& context, bool dry_run, const std::vector<OutboxCount>& counts,
               const std::vector<OutboxHold>& holds, TimePoint now) {
  if (dry_run) context.out << "nothing is sent: write.dry_run is true\n";
  for (const OutboxHold& hold : holds) {
    context.out << (hold.object.empty() ? "everything" : hold.object) << " is held (" << hold.reason
                << "): " << Printable(hold.message) << "\n";
  }
  if (counts.empty()) {
    context.out << "nothing waits, and nothing needs a person\n";
    return kExitOk;
  }
  context.out << Padded("OBJECT", 16) << " " << Padded("STATE", 24) << " "
              << Padded("ROWS", 10, true) << "  OLDEST\n";
  for (const OutboxCount& count : counts) {
    context.out << Padded(count.object, 16) << " "
                << Padded(Printable(StateText(count.state, count.reason)), 24) << " "
                << Padded(CountWords(count.rows), 10, true) << "  "
                << (count.oldest ? CompactSpan(std::chrono::duration_cast<std::chrono::seconds>(
                                       now - *count.oldest))
                                 : "-")
                << "\n";
  }
  return kExitOk;
}

int ListText(const CliContext& context, const std::vector<OutboxLine>& rows) {
  if (rows.empty()) {
    context.out << "there is none\n";
    return kExitOk;
  }
  context.out << Padded("ID", 10, true) << "  " << Padded("INSERTED", 20) << " "
              << Padded("RECORD", 28) << " " << Padded("STATE", 20) << " MESSAGE\n";
  for (const OutboxLine& row : rows) {
    const std::string& id = row.record.empty() ? row.result : row.record;
    context.out << Padded(std::to_string(row.id), 10, true) << "  " << Padded(row.created_at, 20)
                << " " << Padded(Printable(row.object + (id.empty() ? "" : "/" + id)), 28) << " "
                << Padded(Printable(StateText(row.state, row.reason)), 20) << " "
                << Printable(row.message) << "\n";
  }
  return kExitOk;
}

int ListJson(const CliContext& context, const std::vector<OutboxLine>& rows) {
  JsonPage json;
  json.BeginArray();
  for (const OutboxLine& row : rows) PutRow(json, row);
  json.EndArray();
  context.out << json.Text();
  return kExitOk;
}

/// One row was to change, and `changed` says whether it has.
int Changed(const CliContext& context, const CommandLine& line, const std::string& word,
            const std::string& only, bool changed, Connection& connection,
            const std::string& schema) {
  if (changed) {
    context.out << "row " << *line.row << " is " << word << "\n";
    return kExitOk;
  }
  const auto row = ReadOutboxLine(connection, schema, *line.row);
  if (!row) return NoSuchRow(context, line);
  return Fail(
      context, kExitProblem,
      "row " + std::to_string(row->id) + " is " + row->state + ", and stays so",
      only + ": hubmirror write show " + line.target.portal + " " + std::to_string(row->id));
}

std::string NameOfTarget(const CommandLine& line) {
  return line.target.portal + (line.target.object ? "/" + *line.target.object : "") +
         (line.id ? "/" + std::to_string(line.id->value) : "");
}

bool HasEnded(const std::string& state) {
  return state != "queued" && state != "sending" && state != "written" && state != "unknown";
}

}  // namespace

int RunWriteStatus(const CliContext& context, const CommandLine& line) {
  return WithWrittenPortal(context, line, [&](Connection& connection, const PortalPlan& plan) {
    const bool dry_run = plan.write.dry_run;
    const auto counts = CountOutbox(connection, plan.schema);
    const auto holds = ReadOutboxHolds(connection, plan.schema);
    return line.json ? StatusJson(context, dry_run, counts, holds)
                     : StatusText(context, dry_run, counts, holds, context.clock.WallNow());
  });
}

int RunWriteList(const CliContext& context, const CommandLine& line) {
  return WithOutbox(context, line, [&](Connection& connection, const std::string& schema) {
    OutboxFilter filter{.object = line.target.object, .state = {}};
    if (!line.state.empty()) filter.state = line.state;
    const auto rows = ReadOutbox(connection, schema, filter, kLastShown);
    return line.json ? ListJson(context, rows) : ListText(context, rows);
  });
}

int RunWriteShow(const CliContext& context, const CommandLine& line) {
  return WithOutbox(context, line, [&](Connection& connection, const std::string& schema) {
    const auto story = ReadOutboxStory(connection, schema, *line.row);
    if (!story) return NoSuchRow(context, line);
    if (line.json) {
      context.out << story->json << "\n";
      return kExitOk;
    }
    for (const auto& [name, value] : story->columns) {
      context.out << Padded(name, 16) << " " << Printable(value) << "\n";
    }
    for (const OutboxStory::Event& event : story->events) {
      context.out << event.at << " " << Printable(event.text) << "\n";
    }
    return kExitOk;
  });
}

int RunWriteRetry(const CliContext& context, const CommandLine& line) {
  if (!line.row && line.state.empty()) {
    return Fail(context, kExitUsage, "say which rows are to be tried again",
                "give the ID of a row, or --state failed, or --state conflict");
  }
  return WithOutbox(context, line, [&](Connection& connection, const std::string& schema) {
    if (line.row) {
      if (!ReadOutboxLine(connection, schema, *line.row)) return NoSuchRow(context, line);
      return Changed(context, line, "queued again", "only what failed or is in conflict is retried",
                     RetryOutbox(connection, schema, *line.row, line.on_conflict), connection,
                     schema);
    }
    const int64_t rows = RetryOutboxRows(
        connection, schema, {.object = line.target.object, .state = line.state}, line.on_conflict);
    context.out << (rows == 1 ? "1 row is" : CountWords(rows) + " rows are") << " queued again\n";
    return kExitOk;
  });
}

int RunWriteResolve(const CliContext& context, const CommandLine& line) {
  if (!line.created) {
    return Fail(context, kExitUsage, "say whether the row made a record",
                "look in HubSpot, then give --created RECORD or --not-created");
  }
  return WithOutbox(context, line, [&](Connection& connection, const std::string& schema) {
    if (!ReadOutboxLine(connection, schema, *line.row)) return NoSuchRow(context, line);
    const std::optional<int64_t> made = *line.created > 0 ? line.created : std::optional<int64_t>();
    return Changed(context, line, made ? "read back" : "sent again",
                   "only what is in doubt can be resolved",
                   ResolveOutbox(connection, schema, *line.row, made), connection, schema);
  });
}

int RunWriteCancel(const CliContext& context, const CommandLine& line) {
  return WithOutbox(context, line, [&](Connection& connection, const std::string& schema) {
    if (!ReadOutboxLine(connection, schema, *line.row)) return NoSuchRow(context, line);
    return Changed(context, line, "cancelled", "what was sent, or has ended, cannot be cancelled",
                   CancelOutbox(connection, schema, *line.row), connection, schema);
  });
}

int RunWriteWait(const CliContext& context, const CommandLine& line) {
  return WithOutbox(context, line, [&](Connection& connection, const std::string& schema) {
    const Instant until = context.clock.Now() + line.wait.value_or(kPatience);
    auto row = ReadOutboxLine(connection, schema, *line.row);
    while (row && !HasEnded(row->state) && context.clock.Now() < until &&
           context.clock.SleepUntil(context.clock.Now() + kLookAgain, context.stop)) {
      row = ReadOutboxLine(connection, schema, *line.row);
    }
    if (!row) return NoSuchRow(context, line);
    if (line.json) {
      JsonPage json;
      PutRow(json, *row);
      context.out << json.Text();
    } else {
      context.out << RowText(*row);
    }
    if (!HasEnded(row->state)) return kExitTryLater;
    return row->state == "done" ? kExitOk : kExitProblem;
  });
}

int RunWritePause(const CliContext& context, const CommandLine& line) {
  return WithOutbox(context, line, [&](Connection& connection, const std::string& schema) {
    PauseOutbox(connection, schema, line.target.object.value_or(""));
    context.out << "nothing more is sent from " << NameOfTarget(line)
                << ", but for a request under way\n";
    return kExitOk;
  });
}

int RunWriteResume(const CliContext& context, const CommandLine& line) {
  return WithOutbox(context, line, [&](Connection& connection, const std::string& schema) {
    const bool was = ResumeOutbox(connection, schema, line.target.object.value_or(""));
    context.out << NameOfTarget(line) << (was ? " goes on\n" : " is not paused\n");
    return kExitOk;
  });
}

int RunWriteRelease(const CliContext& context, const CommandLine& line) {
  return WithOutbox(context, line, [&](Connection& connection, const std::string& schema) {
    const auto reasons = ReleaseOutbox(connection, schema, line.target.object, line.id);
    if (reasons.empty()) {
      context.out << "nothing holds " << NameOfTarget(line) << "\n";
      return kExitOk;
    }
    context.out << NameOfTarget(line) << " is released (";
    for (const std::string& reason : reasons) {
      context.out << (&reason == &reasons.front() ? "" : ", ") << reason;
    }
    context.out << ")\n";
    return kExitOk;
  });
}

}  // namespace hubmirror
