#include "sync/portal_report.h"

#include <algorithm>
#include <utility>

#include "base/count_text.h"

namespace hubmirror {
namespace {

using namespace std::chrono_literals;

// HubSpot locks records and moves accounts in bursts that pass.
constexpr auto kWaitSaid = 2min;
// One bad answer is no state; it is retried within seconds.
constexpr int kFailuresSaid = 3;

std::string InWords(Duration duration) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(duration).count();
  return seconds < 120 ? std::to_string(seconds) + " s" : std::to_string(seconds / 60) + " minutes";
}

std::string DaysWords(Duration duration) {
  const auto hours = std::chrono::duration_cast<std::chrono::hours>(duration).count();
  return hours < 48 ? Counted(hours, "hour") : Counted(hours / 24, "day");
}

std::string OneWayInWords(const std::vector<std::string>& others) {
  if (others.empty()) return "";
  std::string names;
  for (const std::string& other : others) names += (names.empty() ? "" : ", ") + other;
  return "HubSpot shows the associations with " + names +
         " from this side only: they are read here";
}

std::chrono::seconds InSeconds(Duration duration) {
  return std::chrono::duration_cast<std::chrono::seconds>(duration);
}

void FillLoad(SyncedStream& stream, const StreamFacts& facts, bool opened_before, Instant now,
              StreamStatus& status) {
  if (!opened_before || facts.loaded()) {
    if (facts.loaded()) stream.load_began = {};
    status.load_done = status.load_expected = facts.rows;
    return;
  }
  const WalkJob::Progress walk = stream.sweep->progress();
  status.load_running = true;
  status.load_done = walk.done;
  status.load_expected = walk.expected;
  if (stream.load_began == Instant{} && walk.running) {
    stream.load_began = now;
    stream.load_from = walk.done;
  }
  const double seconds = std::chrono::duration<double>(now - stream.load_began).count();
  const int64_t read = walk.done - stream.load_from;
  if (read > 0 && seconds > 1 && walk.expected > walk.done) {
    status.load_eta = std::chrono::seconds(static_cast<int64_t>(
        seconds * static_cast<double>(walk.expected - walk.done) / static_cast<double>(read)));
  }
}

void FillJobs(const SyncedStream& stream, const StreamFacts& facts,
              std::optional<TimePoint> source_now, Instant now, StreamStatus& status) {
  for (const Task& task : stream.tasks) {
    JobStatus job{.last_complete_at = task.last_complete_at(),
                  .last_error = task.last_error(),
                  .last_error_at = task.last_error_at(),
                  .target = InSeconds(task.every())};
    if (task.traits().period == PeriodRule::kArchivedList) {
      if (stream.archived_stretched) job.target = InSeconds(*stream.archived_stretched);
      if (!facts.has_archived_list) job.target.reset();
    }
    if (source_now && task.due() != Instant{}) {
      job.next_at = *source_now +
                    std::chrono::floor<std::chrono::milliseconds>(std::max(task.due(), now) - now);
    }
    status.jobs.emplace(task.kind(), std::move(job));
  }
}

/// What the stream's jobs make of it, where nothing holds it.
PortalStanding::Cause CauseInJobs(const SyncedStream& stream, const StreamFacts& facts,
                                  Instant now) {
  for (const Brake brake : {Brake::kMassGone, Brake::kValuesLost}) {
    if (const std::string why = facts.suspicion(brake); !why.empty()) {
      return {StreamState::kSuspicious, "mass_change", why};
    }
  }
  for (const Task& task : stream.tasks) {
    if (!task.traits().speaks_for_stream) continue;
    if (task.trouble() && task.failures().count() >= kFailuresSaid) {
      return {task.trouble()->state, task.trouble()->reason, task.last_error()};
    }
    if (task.wait() && now - task.wait()->since >= kWaitSaid) {
      return {StreamState::kFailing, task.wait()->reason, task.wait()->message};
    }
  }
  const bool loaded = facts.loaded();
  if (const std::string why = facts.sweep_owed(); loaded && !why.empty()) {
    return {StreamState::kLate, "sweep_owed", why};
  }
  return {loaded ? StreamState::kCurrent : StreamState::kBackfilling, "", ""};
}

/// What only explains how a stream stands: the first of these that there is.
std::string Remark(const SyncedStream& stream, const StreamFacts& facts, Instant now,
                   const StreamStatus& status, const LinkPartners& link_partners) {
  const StreamContext& context = *stream.context;
  // A person has to correct them.
  if (!facts.names->complaint.empty()) return facts.names->complaint;
  if (stream.walked_every) {
    return "HubSpot's search does not know this object type: what changed is found by walking the "
           "whole list every " +
           InWords(*stream.walked_every);
  }
  if (status.unproved > 0) {
    return Counted(status.unproved, "record") +
           " that HubSpot shows neither as live nor as archived cannot be called deleted, since it "
           "has shown no archived record of this type yet: left out of the live views until it "
           "does, or until `hubmirror resolve " +
           context.key().portal + "/" + context.key().object + " --accept`";
  }
  if (!facts.has_archived_list) {
    return "HubSpot has no archived list of this object type: archived records are found by "
           "walking the live list every " +
           InWords(*status.jobs.at(JobKind::kSweep).target);
  }
  if (stream.archived_stretched) {
    return "the archived list is walked every " + InWords(*stream.archived_stretched) +
           " instead of as often as configured: a tenth of the day's requests is its share";
  }
  if (std::string distrust = facts.distrust(now); !distrust.empty()) return distrust;
  return OneWayInWords(link_partners.OneWayFrom(context.object()));
}

}  // namespace

PortalReport::Told PortalReport::Tell(PortalState& state, Instant now) {
  std::vector<std::pair<StreamKey, StreamStatus>> statuses;
  PortalStatus portal;
  bool to_write = false;
  {
    MutexLock lock(state.mutex);
    state.told.stands = true;
    state.told.at = now;
    int64_t buffered = 0;
    for (size_t i = 0; i < state.streams.size(); ++i) {
      SyncedStream& stream = state.streams[i];
      statuses.emplace_back(stream.context->key(), StatusOf(state, i, now));
      // Who asks in SQL should not wait for the next heartbeat to see a new state.
      const StreamStatus& status = statuses.back().second;
      LogState(stream, status);
      if (status.state != stream.noted_state || status.reason != stream.noted_reason) {
        state.opening().DueAt(now);
        to_write = true;
      }
      buffered += stream.sweep->buffered_bytes() + stream.archived->buffered_bytes();
    }
    portal = governor_.Status(now);
    portal.portal_id = plan_.portal_id;
    if (const auto& hold = state.standing.hold()) {
      portal.auth_valid = hold->reason != "auth" && hold->reason != "secret";
      portal.stopped_by = hold->reason;
      portal.message = hold->message;
    }
    portal.warnings = Warnings(state);
    portal.buffered_bytes = state.told.buffered_bytes = buffered;
    if (state.feed_job) portal.feed = state.feed_job->status();
    if (ports_.outbox != nullptr) portal.write = ports_.outbox->Standing();
    if (portal.write) {
      LogHolds(state, *portal.write);
      for (std::string& warning : WriteWarnings(plan_, *portal.write)) {
        portal.warnings.push_back(std::move(warning));
      }
    }
    const auto source_now = source_clock_.Now(now);
    if (portal.feed && source_now) {
      for (std::string& warning : FeedWarnings(plan_, *portal.feed, *source_now)) {
        portal.warnings.push_back(std::move(warning));
      }
    }
    for (size_t i = 0; i < state.reference_jobs.size(); ++i) {
      for (ReferenceStatus& status : state.reference_jobs[i]->statuses()) {
        status.target = InSeconds(state.portal_tasks[i + 1].every());
        portal.reference.push_back(std::move(status));
      }
    }
  }
  for (const auto& [key, status] : statuses) ports_.observer.OnStreamStatus(key, status);
  ports_.observer.OnPortalStatus(plan_.key, portal);
  return {.buffered_bytes = portal.buffered_bytes, .to_write = to_write};
}

StreamStatus PortalReport::StatusOf(PortalState& state, size_t index, Instant now) {
  SyncedStream& stream = state.streams[index];
  const StreamContext& context = *stream.context;
  const StreamFacts facts = stream.facts();
  // While the first load runs, a watermark says nothing about the table: what it was followed up to
  // is not all there yet.
  StreamStatus status{.watermark = facts.loaded() ? stream.changes->watermark() : std::nullopt,
                      .rows = facts.rows_known ? std::optional(facts.rows) : std::nullopt,
                      .pending = facts.pending.waiting,
                      .unproved = facts.pending.unproved,
                      .quarantined = facts.quarantined,
                      .freshness_target = InSeconds(context.plan().freshness_target)};
  const auto source_now = source_clock_.Now(now);
  FillLoad(stream, facts, state.opened_before, now, status);
  FillJobs(stream, facts, source_now, now, status);
  const auto held = state.standing.CauseOf(index);
  const PortalStanding::Cause cause = held ? *held : CauseInJobs(stream, facts, now);
  status.state = cause.state;
  status.reason = cause.reason;
  status.message = cause.message;
  const PortalStatus budget = governor_.Status(now);
  if (status.state == StreamState::kBackfilling && !budget.stopped_by.empty()) {
    status.reason = budget.stopped_by;
    status.message = budget.message;
    status.load_eta.reset();
  }
  if (status.message.empty())
    status.message = Remark(stream, facts, now, status, state.link_partners);
  if (status.state == StreamState::kCurrent && !facts.has_archived_list) {
    status.reason = "unsupported";
  }
  if (status.state == StreamState::kCurrent && status.watermark && source_now &&
      *source_now - *status.watermark > context.plan().freshness_target) {
    status.state = StreamState::kLate;
    status.reason = "freshness_target";
    status.message = budget.message.empty()
                         ? "older than its freshness target: look at quota and intervals"
                         : budget.message;
  }
  return status;
}

std::vector<PortalJob::StateNote> PortalReport::ChangedStates(PortalState& state, Instant now) {
  std::vector<PortalJob::StateNote> notes;
  for (size_t i = 0; i < state.streams.size(); ++i) {
    SyncedStream& stream = state.streams[i];
    const StreamStatus status = StatusOf(state, i, now);
    if (status.state == stream.noted_state && status.reason == stream.noted_reason) continue;
    stream.noted_state = status.state;
    stream.noted_reason = status.reason;
    notes.push_back({stream.context->object(), status.state, status.reason, status.message});
  }
  return notes;
}

void PortalReport::LogState(SyncedStream& stream, const StreamStatus& status) const {
  if (stream.logged_state == status.state && stream.logged_reason == status.reason) return;
  // Until it is known what was loaded before, nothing has begun.
  const bool starting = status.state == StreamState::kBackfilling && !status.load_running;
  if (starting && !stream.logged_state) return;
  const auto before = std::exchange(stream.logged_state, status.state);
  stream.logged_reason = status.reason;
  // A small one may begin and end between two reports.
  const bool loaded =
      status.state == StreamState::kCurrent && std::exchange(stream.unloaded, false);
  // After a start all is well until something is said.
  if (!before && status.state == StreamState::kCurrent && !loaded) return;
  LogLine line{.level = LogLevel::kNotice, .event = "stream.state"};
  switch (status.state) {
    case StreamState::kBlocked:
      line.level = LogLevel::kErr;
      break;
    case StreamState::kSuspicious:
      line.level = LogLevel::kErr;
      line.event = "stream.suspicious";
      break;
    case StreamState::kFailing:
    case StreamState::kLate:
      line.level = LogLevel::kWarning;
      break;
    case StreamState::kBackfilling:
      line.event = "backfill.started";
      break;
    case StreamState::kCurrent:
      if (loaded || before == StreamState::kBackfilling) line.event = "backfill.finished";
      break;
    default:
      break;
  }
  line.message = NameOf(status.state);
  if (!status.reason.empty()) line.message += "/" + status.reason;
  if (!status.message.empty()) line.message += ": " + status.message;
  line.fields = {
      {"PORTAL", plan_.key}, {"OBJECT", stream.context->key().object}, {"REASON", status.reason}};
  ports_.log.Write(line);
}

namespace {

// A receiver that is restarted needs no person.
constexpr std::chrono::minutes kReceiverPatience{15};

std::optional<std::string> WebhookWarning(const PortalPlan& plan, const FeedWebhook& webhook,
                                          TimePoint now) {
  const std::string start = "`hubmirror feed webhook start " + plan.key + " " + webhook.name;
  if (webhook.stopped) {
    return "feed: webhook " + webhook.name + " is stopped (" + webhook.reason +
           "): mend the receiver, then " + start + "`";
  }
  if (webhook.lost) {
    return "feed: webhook " + webhook.name + " has missed entries, which are dropped: " + start +
           " --to oldest`";
  }
  if (webhook.failing && webhook.waits_since && now - *webhook.waits_since > kReceiverPatience) {
    return "feed: webhook " + webhook.name + " waits for its receiver: " + webhook.reason;
  }
  return std::nullopt;
}

}  // namespace

std::vector<std::string> FeedWarnings(const PortalPlan& plan, const FeedStatus& feed,
                                      TimePoint now) {
  std::vector<std::string> warnings;
  for (const FeedConsumer& consumer : feed.consumers) {
    const std::string reset =
        "`hubmirror feed reset " + plan.key + " " + consumer.name + " --to now`";
    if (consumer.lost) {
      warnings.push_back("feed: consumer " + consumer.name +
                         " has missed entries, which are dropped: " + reset +
                         ", then have it read the tables again");
    } else if (consumer.waits_since && now - *consumer.waits_since > plan.feed.keep / 2) {
      warnings.push_back("feed: consumer " + consumer.name + " has not read for " +
                         DaysWords(now - *consumer.waits_since) + ", and entries go after " +
                         DaysWords(plan.feed.keep_max) +
                         ": start it again, or end it by SELECT feed_drop('" + consumer.name +
                         "')");
    }
  }
  for (const FeedWebhook& webhook : feed.webhooks) {
    if (const auto warning = WebhookWarning(plan, webhook, now)) warnings.push_back(*warning);
    if (webhook.dead > 0) {
      warnings.push_back("feed: the receiver of webhook " + webhook.name + " refused " +
                         std::to_string(webhook.dead) + " for good: `hubmirror feed dead list " +
                         plan.key + " " + webhook.name + "`");
    }
  }
  if (plan.feed.enabled && feed.bytes > plan.feed.size_max) {
    warnings.push_back(
        "feed: it is larger than size_max, so its oldest days go before their time: "
        "raise feed.size_max, or exclude properties that change often");
  }
  return warnings;
}

std::vector<std::string> WriteWarnings(const PortalPlan& plan, const WriteStatus& write) {
  std::vector<std::string> warnings;
  for (const ObjectWriteStatus& object : write.objects) {
    const std::string what = "write: " + object.object;
    const std::string list = "`hubmirror write list " + plan.key + "/" + object.object;
    for (const WriteHold& hold : object.holds) {
      warnings.push_back(
          what + " is held: " + hold.message + ": " +
          (hold.reason == "paused"
               ? "`hubmirror write resume " + plan.key + "`"
               : "look at the rows, then `hubmirror write release " + plan.key + "`"));
    }
    if (object.doubt > 0) {
      warnings.push_back(what + " has " + Counted(object.doubt, "row") +
                         " of which nobody knows whether HubSpot carried it out: " + list +
                         " --state unknown`");
    }
    for (const char* const state : {"failed", "conflict"}) {
      if (const int64_t rows = object.Rows(state); rows > 0) {
        const bool failed = state == std::string_view("failed");
        warnings.push_back(what + " has " + Counted(rows, "row") +
                           (failed ? " that failed: " : " in conflict: ") + list + " --state " +
                           state + "`");
      }
    }
    if (object.loops > 0) {
      warnings.push_back(what + " has " + Counted(object.loops, "record") +
                         " written again and again: see what inserts the rows of reason loop "
                         "(" +
                         list + " --state queued`), then `hubmirror write release " + plan.key +
                         "/" + object.object + "/ID`");
    }
    if (object.blocked > 0) {
      warnings.push_back(what +
                         ": the token lacks the scope that writes it: grant it in HubSpot; "
                         "the event write.blocked has HubSpot's words");
    }
    if (object.view_taken) {
      warnings.push_back(what + " has no view to write into: another relation is called " +
                         object.object + "_write; rename or drop that, then `hubmirror reload`");
    }
  }
  return warnings;
}

void PortalReport::LogHolds(PortalState& state, const WriteStatus& write) const {
  const std::vector<std::string> said = std::exchange(state.told.holds, {});
  for (const ObjectWriteStatus& object : write.objects) {
    for (const WriteHold& hold : object.holds) {
      state.told.holds.push_back(object.object + " " + hold.reason);
      if (std::ranges::find(said, state.told.holds.back()) != said.end()) continue;
      ports_.log.Write(
          {.level = LogLevel::kWarning,
           .event = "write.held",
           .message = "nothing more is written: " + hold.message,
           .fields = {{"PORTAL", plan_.key}, {"OBJECT", object.object}, {"REASON", hold.reason}}});
    }
    if (!object.view_taken) continue;
    state.told.holds.push_back(object.object + " view");
    if (std::ranges::find(said, state.told.holds.back()) != said.end()) continue;
    ports_.log.Write({.level = LogLevel::kWarning,
                      .event = "write.no_view",
                      .message = "another relation is called " + object.object +
                                 "_write: there is no view to write into",
                      .fields = {{"PORTAL", plan_.key}, {"OBJECT", object.object}}});
  }
}

std::vector<std::string> PortalReport::Warnings(PortalState& state) const {
  const std::vector<std::string> missing = ports_.sink.MissingReaders();
  const std::vector<std::string> said = std::exchange(state.told.missing_readers, missing);
  std::vector<std::string> warnings;
  for (const std::string& role : missing) {
    warnings.push_back("readers: there is no role " + role +
                       " to grant anything to: create it (CREATE ROLE \"" + role +
                       "\"), and it has its rights within seconds, or take it out of `readers`, "
                       "`feed.roles` and `write.writers`");
    if (std::find(said.begin(), said.end(), role) != said.end()) continue;
    ports_.log.Write({.level = LogLevel::kWarning,
                      .event = "readers.missing",
                      .message = warnings.back(),
                      .fields = {{"PORTAL", plan_.key}}});
  }
  return warnings;
}

}  // namespace hubmirror
