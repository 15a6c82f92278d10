#include "telemetry/telemetry.h"

#include <doctest/doctest.h>

#include <string>
#include <thread>

#include "support/fake_clock.h"
#include "support/hostile_text.h"
#include "telemetry/metric_text.h"
#include "telemetry/samples.h"

namespace hubmirror {
namespace {

using namespace std::chrono_literals;

const StreamKey kDeals{"acme", "deals"};

struct TelemetryFixture {
  testing::FakeClock clock{kNow};
  Telemetry telemetry{clock, {"0.1.0", "abc123"}};

  double Value(const std::string& series) {
    const auto value = ValueOf(telemetry.RenderMetrics(), series);
    CAPTURE(series);
    REQUIRE(value.has_value());
    return *value;
  }
  bool Absent(const std::string& series) {
    return !ValueOf(telemetry.RenderMetrics(), series).has_value();
  }
  static std::string Written(const std::string& operation) {
    return Deals("hubmirror_records_written_total", ",operation=\"" + operation + "\"");
  }
  /// `name{portal="acme",object="deals"}`, with more labels after these.
  static std::string Deals(const std::string& name, const std::string& more = "") {
    return name + "{portal=\"acme\",object=\"deals\"" + more + "}";
  }
};

}  // namespace

TEST_CASE_FIXTURE(TelemetryFixture, "telemetry: labels hold nothing that a terminal would obey") {
  telemetry.Configure({Plan(HostileText(), {HostileText()})});

  CHECK(ObeyedIn(telemetry.RenderMetrics()) == "");
}

TEST_CASE_FIXTURE(TelemetryFixture, "telemetry: series that alerts need are there from the start") {
  telemetry.Configure({Plan("acme", {"deals"})});

  CHECK(Value("hubmirror_db_up") == 0);
  CHECK(Value("hubmirror_config_last_reload_successful") == 1);
  CHECK(Value("hubmirror_auth_valid{portal=\"acme\"}") == 1);
  CHECK(Value("hubmirror_token_refresh_failures_total{portal=\"acme\"}") == 0);
  CHECK(Value("hubmirror_streams_configured{portal=\"acme\"}") == 1);
  CHECK(Value(Deals("hubmirror_sync_target_seconds")) == 300);
  CHECK(Value(Deals("hubmirror_sync_paused")) == 0);
  CHECK(Value(Deals("hubmirror_backfill_running")) == 0);
  CHECK(Value(Deals("hubmirror_quarantine_records")) == 0);
  CHECK(Value(Deals("hubmirror_stream_state", ",state=\"blocked\"")) == 0);
  CHECK(Value(Deals("hubmirror_stream_state", ",state=\"suspicious\"")) == 0);
  CHECK(Value(Deals("hubmirror_job_target_seconds", ",sync_job=\"sweep\"")) == 86400);
  CHECK(Value(Deals("hubmirror_job_target_seconds", ",sync_job=\"archived\"")) == 900);
  CHECK(Value("process_start_time_seconds") ==
        static_cast<double>(kNow.time_since_epoch().count()) / 1000);
}

TEST_CASE_FIXTURE(TelemetryFixture, "telemetry: the watermark is absent until a poll was drained") {
  telemetry.Configure({Plan("acme", {"deals"})});
  CHECK(Absent(Deals("hubmirror_sync_watermark_timestamp_seconds")));

  telemetry.OnStreamStatus(kDeals, CurrentStream(0s));

  CHECK(Value(Deals("hubmirror_sync_watermark_timestamp_seconds")) ==
        static_cast<double>(kNow.time_since_epoch().count()) / 1000);
}

TEST_CASE_FIXTURE(TelemetryFixture, "telemetry: exactly one state is 1, the alerting ones stay") {
  StreamStatus status = CurrentStream();
  telemetry.OnStreamStatus(kDeals, status);
  CHECK(Value(Deals("hubmirror_stream_state", ",state=\"current\"")) == 1);

  status.state = StreamState::kBlocked;
  telemetry.OnStreamStatus(kDeals, status);

  CHECK(Value(Deals("hubmirror_stream_state", ",state=\"blocked\"")) == 1);
  CHECK(Value(Deals("hubmirror_stream_state", ",state=\"suspicious\"")) == 0);
  CHECK(Absent(Deals("hubmirror_stream_state", ",state=\"current\"")));
}

TEST_CASE_FIXTURE(TelemetryFixture, "telemetry: a pause shows and ends") {
  StreamStatus status = CurrentStream();
  status.state = StreamState::kPaused;
  telemetry.OnStreamStatus(kDeals, status);
  CHECK(Value(Deals("hubmirror_sync_paused")) == 1);

  telemetry.OnStreamStatus(kDeals, CurrentStream());

  CHECK(Value(Deals("hubmirror_sync_paused")) == 0);
}

TEST_CASE_FIXTURE(TelemetryFixture, "telemetry: commits count by operation") {
  telemetry.OnStreamStatus(kDeals, CurrentStream());
  CommitOutcome outcome;
  outcome.inserted = 3;
  outcome.archived = 2;
  outcome.unchanged = 95;

  telemetry.OnCommit(kDeals, JobKind::kSweep, outcome, kNow);
  telemetry.OnCommit(kDeals, JobKind::kSweep, outcome, kNow);

  CHECK(Value(Written("insert")) == 6);
  CHECK(Value(Written("archive")) == 4);
  CHECK(Value(Written("purge")) == 0);
  CHECK(Value(Deals("hubmirror_records_unchanged_total")) == 190);
}

TEST_CASE_FIXTURE(TelemetryFixture,
                  "telemetry: what a change costs is the requests of polls for what they find") {
  telemetry.Configure({Plan(kDeals.portal, {"deals"})});
  telemetry.OnRequests(kDeals, JobKind::kChanges, 2);
  telemetry.OnRequests(kDeals, JobKind::kSweep, 100);
  telemetry.OnRequests(kDeals, JobKind::kWrite, 30);
  CommitOutcome outcome;
  outcome.updated = 7;
  outcome.archived = 1;
  outcome.unchanged = 20;
  telemetry.OnCommit(kDeals, JobKind::kSweep, outcome, kNow);
  const auto cost = [this] { return telemetry.Snapshot().portals.at(kDeals.portal).change_cost; };
  CHECK_FALSE(cost().RequestsPerChange());

  telemetry.OnCommit(kDeals, JobKind::kChanges, outcome, kNow);

  CHECK(cost().requests == 2);
  CHECK(cost().changes == 8);
  CHECK(cost().RequestsPerChange() == 0.25);
}

TEST_CASE_FIXTURE(TelemetryFixture,
                  "telemetry: change latency counts what changes found, not backfills") {
  telemetry.OnStreamStatus(kDeals, CurrentStream());
  CommitOutcome outcome;
  outcome.written_stamps = {kNow - 7s, kNow - 9s};

  telemetry.OnCommit(kDeals, JobKind::kSweep, outcome, kNow);
  telemetry.OnCommit(kDeals, JobKind::kChanges, outcome, kNow);

  CHECK(Value("hubmirror_change_latency_seconds_count{object=\"deals\"}") == 2);
  CHECK(Value("hubmirror_change_latency_seconds_sum{object=\"deals\"}") == 16);
}

TEST_CASE_FIXTURE(TelemetryFixture, "telemetry: a stamp ahead of our clock counts as no latency") {
  telemetry.OnStreamStatus(kDeals, CurrentStream());
  CommitOutcome outcome;
  outcome.written_stamps = {kNow + 30s};

  telemetry.OnCommit(kDeals, JobKind::kChanges, outcome, kNow);

  CHECK(Value("hubmirror_change_latency_seconds_sum{object=\"deals\"}") == 0);
}

TEST_CASE_FIXTURE(TelemetryFixture, "telemetry: polls and their failures count beside each other") {
  telemetry.OnStreamStatus(kDeals, CurrentStream());

  telemetry.OnJobReport({.stream = kDeals, .job = JobKind::kChanges, .complete_at = kNow});
  telemetry.OnJobReport({.stream = kDeals, .job = JobKind::kChanges, .failure = "api"});
  telemetry.OnJobReport({.stream = kDeals, .job = JobKind::kSweep, .complete_at = kNow});

  CHECK(Value(Deals("hubmirror_polls_total")) == 2);
  CHECK(Value(Deals("hubmirror_poll_failures_total", ",reason=\"api\"")) == 1);
  CHECK(Value(Deals("hubmirror_poll_last_success_timestamp_seconds")) ==
        static_cast<double>(kNow.time_since_epoch().count()) / 1000);
  CHECK(Value("hubmirror_poll_duration_seconds_count{object=\"deals\"}") == 2);
  CHECK(Value(Deals("hubmirror_job_last_complete_timestamp_seconds", ",sync_job=\"sweep\"")) > 0);
}

TEST_CASE_FIXTURE(TelemetryFixture,
                  "telemetry: the series of a removed stream disappear and stay away") {
  telemetry.Configure({Plan("acme", {"contacts", "deals"})});
  telemetry.OnStreamStatus(kDeals, CurrentStream());
  telemetry.OnJobReport({.stream = kDeals, .job = JobKind::kChanges, .failure = "api"});

  telemetry.OnStreamRemoved(kDeals);
  telemetry.OnRecordsFetched(kDeals, 100, 0, 0);
  telemetry.OnJobReport({.stream = kDeals, .job = JobKind::kChanges, .failure = "api"});

  const std::string text = telemetry.RenderMetrics();
  CHECK(CountSeries(text, "portal=\"acme\"", "object=\"deals\"") == 0);
  CHECK(CountSeries(text, "portal=\"acme\"", "object=\"contacts\"") > 20);
  CHECK(telemetry.Snapshot().portals.at("acme").streams.size() == 1);
}

TEST_CASE_FIXTURE(TelemetryFixture, "telemetry: a reload removes what it no longer names") {
  telemetry.Configure({Plan("acme", {"contacts", "deals"}), Plan("globex", {"deals"})});
  telemetry.OnStreamStatus(kDeals, CurrentStream());

  telemetry.Configure({Plan("acme", {"deals"})});

  const std::string text = telemetry.RenderMetrics();
  CHECK(CountSeries(text, "globex") == 0);
  CHECK(CountSeries(text, "object=\"contacts\"") == 0);
  CHECK(Value("hubmirror_portals_configured") == 1);
  CHECK(telemetry.Snapshot().portals.at("acme").streams.at("deals").reported);
}

TEST_CASE_FIXTURE(TelemetryFixture,
                  "telemetry: a refused reload is seen and changes nothing else") {
  telemetry.Configure({Plan("acme", {"deals"})});

  telemetry.RejectConfiguration();

  CHECK(Value("hubmirror_config_last_reload_successful") == 0);
  CHECK(Value("hubmirror_portals_configured") == 1);
  CHECK(telemetry.Snapshot().config_loaded);
  CHECK_FALSE(telemetry.Snapshot().last_reload_accepted);
}

TEST_CASE_FIXTURE(TelemetryFixture,
                  "telemetry: requests count by endpoint and code, quota as reported") {
  telemetry.Configure({Plan("acme", {"deals"})});
  Exchange exchange;
  exchange.portal = "acme";
  exchange.endpoint = Endpoint::kSearch;
  exchange.status = 429;
  exchange.failure = ApiErrorKind::kSearchLimit;
  exchange.answered_at = exchange.sent_at + 150ms;
  exchange.rate.daily_remaining = 12;

  telemetry.OnExchange(exchange);

  CHECK(Value("hubmirror_api_requests_total{portal=\"acme\",endpoint=\"search\",code=\"429\"}") ==
        1);
  CHECK(Value("hubmirror_api_request_failures_total{portal=\"acme\",endpoint=\"search\","
              "reason=\"rate_limited\"}") == 1);
  CHECK(Value("hubmirror_api_quota_remaining_requests{portal=\"acme\",window=\"daily\"}") == 12);
  CHECK(Absent("hubmirror_api_quota_limit_requests{portal=\"acme\",window=\"daily\"}"));
  CHECK(Value("hubmirror_api_request_duration_seconds_sum{endpoint=\"search\"}") ==
        doctest::Approx(0.15));
  CHECK(Value("hubmirror_component_up{component=\"api\"}") == 1);
}

TEST_CASE_FIXTURE(TelemetryFixture,
                  "telemetry: a lost transaction counts under its SQLSTATE class") {
  telemetry.OnTransaction(3ms, "");
  telemetry.OnTransaction(3ms, "40001");

  CHECK(Value("hubmirror_db_transactions_total") == 2);
  CHECK(Value("hubmirror_db_transaction_failures_total{sqlstate_class=\"40\"}") == 1);
}

TEST_CASE_FIXTURE(TelemetryFixture, "telemetry: the ready metric agrees with /readyz") {
  telemetry.Configure({Plan("acme", {"deals"})});
  telemetry.OnStreamStatus(kDeals, CurrentStream());
  CHECK(Value("hubmirror_ready") == 0);

  telemetry.OnDatabaseUp(true);

  CHECK(Value("hubmirror_ready") == 1);
}

TEST_CASE_FIXTURE(TelemetryFixture, "telemetry: a scheduler that stands still is down") {
  telemetry.OnSchedulerTick(kNow);
  CHECK(Value("hubmirror_component_up{component=\"scheduler\"}") == 1);

  clock.Advance(31s);

  CHECK(Value("hubmirror_component_up{component=\"scheduler\"}") == 0);
  CHECK(Value("hubmirror_scheduler_last_tick_timestamp_seconds") ==
        static_cast<double>(kNow.time_since_epoch().count()) / 1000);
}

TEST_CASE_FIXTURE(TelemetryFixture, "telemetry: the process tells what it uses") {
  CHECK(Value("process_cpu_seconds_total") > 0);
  CHECK(Value("process_resident_memory_bytes") > 1e6);
  CHECK(Value("process_open_fds") >= 3);
  CHECK(Value("process_max_fds") >= Value("process_open_fds"));
}

TEST_CASE_FIXTURE(TelemetryFixture, "telemetry: hostile label values stay inside their quotes") {
  telemetry.OnStreamStatus({"acme", "a\"b\n"}, CurrentStream());

  CHECK(telemetry.RenderMetrics().find("object=\"a\\\"b?\"") != std::string::npos);
}

TEST_CASE_FIXTURE(TelemetryFixture, "telemetry: reports, removals, reloads and scrapes may meet") {
  telemetry.Configure({Plan("acme", {"deals"})});
  constexpr int kRounds = 200;
  {
    const std::jthread worker([&] {
      for (int i = 0; i < kRounds; ++i) {
        telemetry.OnRecordsFetched(kDeals, 1, 0, 0);
        telemetry.OnJobReport({.stream = kDeals, .job = JobKind::kChanges, .failure = "api"});
        telemetry.OnTransaction(1ms, "40001");
      }
    });
    const std::jthread supervisor([&] {
      for (int i = 0; i < kRounds; ++i) {
        telemetry.OnStreamStatus({"acme", "contacts"}, CurrentStream());
        telemetry.OnStreamRemoved({"acme", "contacts"});
        telemetry.OnSchedulerTick(kNow);
      }
    });
    for (int i = 0; i < 20; ++i) telemetry.RenderMetrics();
  }

  CHECK(Value(Deals("hubmirror_records_fetched_total")) == kRounds);
  CHECK(Value(Deals("hubmirror_polls_total")) == kRounds);
  CHECK(CountSeries(telemetry.RenderMetrics(), "object=\"contacts\"") == 0);
}

TEST_CASE("telemetry: what was replaced in definitions is counted beside the values of records") {
  testing::FakeClock clock(kNow);
  Telemetry telemetry(clock, {});
  telemetry.Configure({Plan("acme", {"contacts"})});
  Exchange exchange{.portal = "acme", .endpoint = Endpoint::kProperties, .status = 200};
  telemetry.OnExchange(exchange);
  CHECK(telemetry.RenderMetrics().find("object=\"definitions\"") == std::string::npos);

  exchange.replaced = 2;
  telemetry.OnExchange(exchange);
  telemetry.OnExchange(exchange);
  CHECK(telemetry.RenderMetrics().find(
            "hubmirror_values_replaced_total{portal=\"acme\",object=\"definitions\"} 4") !=
        std::string::npos);
}

TEST_CASE("telemetry: what stops a portal is one series, and none when nothing does") {
  testing::FakeClock clock(kNow);
  Telemetry telemetry(clock, {});
  telemetry.Configure({Plan("acme", {"contacts"})});
  const auto stops = [&](const std::string& reason) {
    telemetry.OnPortalStatus("acme", {.stopped_by = reason});
    return telemetry.RenderMetrics();
  };

  CHECK(stops("auth").find("hubmirror_portal_stopped{portal=\"acme\",reason=\"auth\"} 1") !=
        std::string::npos);
  const std::string quota = stops("quota");
  CHECK(quota.find("reason=\"auth\"} 1") == std::string::npos);
  CHECK(quota.find("hubmirror_portal_stopped{portal=\"acme\",reason=\"quota\"} 1") !=
        std::string::npos);
  CHECK(stops("").find("hubmirror_portal_stopped{") == std::string::npos);
}

TEST_CASE("telemetry: since when HubSpot is not heard is told until it answers anything") {
  testing::FakeClock clock(kNow);
  Telemetry telemetry(clock, {});
  telemetry.Configure({Plan("acme", {"contacts"})});
  const auto since = [&](std::optional<ApiErrorKind> failure) {
    telemetry.OnExchange({.portal = "acme", .failure = failure});
    clock.Advance(1min);
    return ValueOf(telemetry.RenderMetrics(),
                   "hubmirror_api_failing_since_timestamp_seconds{portal=\"acme\"}");
  };
  const double now = static_cast<double>(
      std::chrono::duration_cast<std::chrono::seconds>(kNow.time_since_epoch()).count());

  CHECK_FALSE(since(std::nullopt));
  CHECK(since(ApiErrorKind::kServer) == now + 60);
  CHECK(since(ApiErrorKind::kTimeout) == now + 60);
  // Told to wait: that says neither.
  CHECK(since(ApiErrorKind::kLocked) == now + 60);
  CHECK_FALSE(since(ApiErrorKind::kUnauthorized));
  CHECK_FALSE(since(ApiErrorKind::kBurstLimit));
  CHECK(since(ApiErrorKind::kConnect) == now + 360);
  CHECK_FALSE(since(std::nullopt));
}

}  // namespace hubmirror
