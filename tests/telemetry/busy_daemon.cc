#include "telemetry/busy_daemon.h"

#include "telemetry/samples.h"

namespace hubmirror {
namespace {

const StreamKey kContacts{"acme", "contacts"};

void MakeRequests(Telemetry& telemetry) {
  for (int endpoint = 0; endpoint <= static_cast<int>(Endpoint::kReference); ++endpoint) {
    for (int kind = 0; kind <= static_cast<int>(ApiErrorKind::kTooLarge); ++kind) {
      Exchange exchange;
      exchange.portal = "acme";
      exchange.endpoint = static_cast<Endpoint>(endpoint);
      exchange.status = 400 + kind;
      exchange.failure = static_cast<ApiErrorKind>(kind);
      exchange.answered_at = exchange.sent_at + std::chrono::milliseconds{120};
      exchange.body_bytes = 2048;
      exchange.rate = {.burst_limit = 190,
                       .burst_remaining = 100,
                       .burst_window = std::chrono::seconds{10},
                       .daily_limit = 650000,
                       .daily_remaining = 1000};
      telemetry.OnExchange(exchange);
      telemetry.OnRetry("acme", std::string(ReasonOf(*exchange.failure)));
    }
  }
  telemetry.OnThrottle("acme", std::chrono::milliseconds{250});
  PortalStatus status;
  status.stopped_by = "auth";
  for (const auto& [table, job] :
       {std::pair("owners", JobKind::kDirectory), {"lists", JobKind::kLists}}) {
    status.reference.push_back(
        {.table = table, .job = job, .last_complete_at = kNow, .target = std::chrono::hours{1}});
  }
  status.feed = FeedStatus{.kept = true, .last_seq = 9, .last_at = kNow, .oldest_at = kNow};
  for (int i = 0; i < 20; ++i) status.feed->consumers.push_back({.name = "c" + std::to_string(i)});
  for (const char* op : {"create", "seen", "update", "archive", "restore", "merge", "purge",
                         "erase", "link", "unlink", "relabel", "epoch", "loaded"}) {
    telemetry.OnEntries("acme", {{op, 2}});
  }
  status.feed->webhooks = {{.name = "won", .delivered_at = kNow}};
  status.write = WriteStatus{
      .objects = {{.object = "contacts", .rows = {{"queued", 3}}, .oldest_queued_at = kNow}}};
  telemetry.OnPortalStatus("acme", status);
  telemetry.OnWrites(
      kContacts,
      {.ended = {{"done", 2}}, .doubts = {{"found", 1}}, .latencies = {std::chrono::seconds{2}}});
  telemetry.OnEchoes("acme", {{"own", 5}, {"near_miss", 1}, {"expired", 1}});
  for (const char* const outcome : {"ok", "ill", "refused"}) {
    telemetry.OnWebhookRequest("acme", "won", outcome, std::chrono::milliseconds{80});
  }
  telemetry.OnTokenExpiry("acme", kNow + std::chrono::minutes{30});
  telemetry.OnTokenRefreshFailure("acme");
}

void RunStream(Telemetry& telemetry) {
  for (int state = 0; state < kStreamStates; ++state) {
    StreamStatus status = CurrentStream();
    status.state = static_cast<StreamState>(state);
    for (int job = 0; job < kStreamJobKinds; ++job) {
      status.jobs[static_cast<JobKind>(job)] = {.last_complete_at = kNow,
                                                .target = std::chrono::hours{1}};
    }
    telemetry.OnStreamStatus(kContacts, status);
  }
  for (const char* const failure :
       {"", "auth", "scope", "secret", "portal_id", "api", "bug", "rate_limited", "database",
        "database_privilege", "foreign_schema", "passive", "bad_rows", "mass_change"}) {
    for (int job = 0; job < kStreamJobKinds; ++job) {
      telemetry.OnJobReport({.stream = kContacts,
                             .job = static_cast<JobKind>(job),
                             .failure = failure,
                             .duration = std::chrono::milliseconds{900},
                             .complete_at = kNow,
                             .records = 3});
    }
  }
  telemetry.OnRecordsFetched(kContacts, 100, 2, 1);
  CommitOutcome outcome;
  outcome.inserted = outcome.updated = outcome.archived = outcome.restored = 1;
  outcome.merged = outcome.erased = outcome.purged = outcome.unchanged = outcome.quarantined = 1;
  outcome.written_stamps = {kNow - std::chrono::seconds{20}};
  telemetry.OnCommit(kContacts, JobKind::kChanges, outcome, kNow);
  telemetry.OnLateFind(kContacts, std::chrono::seconds{40});
  telemetry.OnBrokenPromise(kContacts, "total");
  for (const char* const change :
       {"create_table", "add_column", "retype_column", "replace_view", "unheard_of"}) {
    telemetry.OnSchemaChange(kContacts, change);
  }
}

void UseDatabase(Telemetry& telemetry) {
  telemetry.OnDatabaseUp(true);
  telemetry.OnTransaction(std::chrono::microseconds{4000}, "");
  telemetry.OnTransaction(std::chrono::microseconds{9000}, "23505");
  telemetry.OnPoolWait(std::chrono::microseconds{150});
  telemetry.OnConnections(3, 1);
  telemetry.OnReconnect();
}

}  // namespace

BusyDaemon::BusyDaemon() : clock(kNow), telemetry(clock, {"0.1.0", "abc123"}) {
  telemetry.Configure({Plan("acme", {"contacts", "deals"})});
  PortalStatus portal;
  portal.portal_id = PortalId{1234567};
  portal.stopped_by = "quota";
  telemetry.OnPortalStatus("acme", portal);
  MakeRequests(telemetry);
  RunStream(telemetry);
  UseDatabase(telemetry);
  telemetry.OnSchedulerTick(kNow);
  telemetry.OnSchedulerDelay(std::chrono::milliseconds{20});
  telemetry.OnQueue("write", 4096, 67108864);
  telemetry.OnLogged(LogLevel::kWarning, "poll.failed");
  telemetry.OnLogFolded("poll.failed");
  telemetry.CountWebRequest("metrics", 200);
  telemetry.CountWebRejection("host");
}

}  // namespace hubmirror
