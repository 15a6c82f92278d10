#include "telemetry/series/metric_table.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdio>
#include <set>
#include <sstream>
#include <string>

#include "telemetry/busy_daemon.h"
#include "telemetry/golden_file.h"
#include "telemetry/metric_text.h"

namespace hubmirror {
namespace {

/// Exit code of `promtool check metrics` over a /metrics body; what it complains of goes to stderr.
int Promtool(const std::string& text) {
  FILE* const promtool = popen(HUBMIRROR_PROMTOOL " check metrics", "w");
  if (promtool == nullptr) return -1;
  const size_t written = fwrite(text.data(), 1, text.size(), promtool);
  const int status = pclose(promtool);
  return written == text.size() ? status : -1;
}

}  // namespace

TEST_CASE("metric table: names follow the rules of the format") {
  std::set<std::string_view> names;
  for (const MetricDefinition& metric : MetricTable()) {
    CAPTURE(metric.name);
    CHECK(names.insert(metric.name).second);
    CHECK((metric.name.starts_with("hubmirror_") || metric.name.starts_with("process_")));
    CHECK(metric.name.ends_with("_total") == (metric.kind == MetricKind::kCounter));
    CHECK(metric.name.find(':') == std::string_view::npos);
    CHECK(metric.help.ends_with('.'));
    CHECK(!metric.first_seen.empty());
    CHECK(metric.buckets.empty() == (metric.kind != MetricKind::kHistogram));
    CHECK(std::ranges::is_sorted(metric.buckets));
    for (const std::string_view label : metric.labels()) CHECK(label != "type");
  }
}

TEST_CASE("metric table: the documentation lists exactly the table") {
  CHECK_MESSAGE(MatchesGoldenFile("docs/metrics.md", MetricsPage()),
                "run telemetry_tests with HUBMIRROR_WRITE_GOLDEN=1 to write docs/metrics.md");
}

TEST_CASE("metrics: what is folded counts from 0, so that a rate shows the first one, too") {
  BusyDaemon busy;

  busy.telemetry.OnLogged(LogLevel::kNotice, "sync.started");
  busy.telemetry.OnLogged(LogLevel::kDebug, "request.sent");

  const std::string text = busy.telemetry.RenderMetrics();
  CHECK(text.find("hubmirror_log_suppressed_total{event=\"sync.started\"} 0\n") !=
        std::string::npos);
  CHECK(text.find("request.sent") == std::string::npos);
}

TEST_CASE("metrics: every row of the table is served once its event has happened") {
  BusyDaemon busy;

  const std::string text = busy.telemetry.RenderMetrics();

  for (const MetricDefinition& metric : MetricTable()) {
    CAPTURE(metric.name);
    CHECK(text.find("# TYPE " + std::string(metric.name) + " ") != std::string::npos);
  }
}

TEST_CASE("metrics: promtool finds nothing to complain about") {
  BusyDaemon busy;

  CHECK(Promtool(busy.telemetry.RenderMetrics()) == 0);
}

TEST_CASE("metrics: no series is served twice") {
  BusyDaemon busy;
  std::istringstream lines(busy.telemetry.RenderMetrics());
  std::set<std::string> seen;

  for (std::string line; std::getline(lines, line);) {
    CAPTURE(line);
    CHECK(seen.insert(line.substr(0, line.rfind(' '))).second);
  }
}

TEST_CASE("metrics: promtool does complain about what is wrong") {
  CHECK(Promtool("# HELP wrong_counter no unit, no ending\n# TYPE wrong_counter counter\n"
                 "wrong_counter{} 1\nnot a line at all\n") != 0);
}

TEST_CASE(
    "metrics: a stream has at most 45 series, a portal 60, its feed 36, a webhook 6, and an object "
    "that is written 16") {
  BusyDaemon busy;

  const std::string text = busy.telemetry.RenderMetrics();

  const int written = CountSeries(text, "portal=\"acme\",object=\"contacts\"", "hubmirror_write_");
  CHECK(written == 16);
  const int writing = CountSeries(text, "portal=\"acme\"", "hubmirror_write_") - written;
  CHECK(writing > 10);
  CHECK(writing <= 30);
  const int stream = CountSeries(text, "portal=\"acme\"", "object=\"contacts\"") - written;
  CHECK(stream > 40);
  CHECK(stream <= 45);
  const int both_streams = CountSeries(text, "portal=\"acme\"", "object=");
  const int feed = CountSeries(text, "portal=\"acme\"", "hubmirror_feed_");
  CHECK(feed == 5 + 2 * 9 + 13);
  const int webhook = CountSeries(text, "portal=\"acme\"", "webhook=\"won\"");
  CHECK(webhook == 6);
  const int portal = CountSeries(text, "portal=\"acme\"") - both_streams - feed - webhook - writing;
  CHECK(portal > 50);
  CHECK(portal <= 60);
}

TEST_CASE("metrics: what does not fit its bound is counted as other, so that sums stay right") {
  BusyDaemon busy;

  const std::string text = busy.telemetry.RenderMetrics();

  double requests = 0;
  for (const char* const endpoint :
       {"list", "archived_list", "search", "batch_read", "properties", "account", "token"}) {
    const std::string series =
        std::string("hubmirror_api_requests_total{portal=\"acme\",endpoint=\"") + endpoint + "\"";
    for (int status = 400; status < 420; ++status) {
      requests += ValueOf(text, series + ",code=\"" + std::to_string(status) + "\"}").value_or(0);
    }
    const auto other = ValueOf(text, series + ",code=\"other\"}");
    REQUIRE(other.has_value());
    requests += *other;
  }
  CHECK(requests == 7 * (static_cast<int>(ApiErrorKind::kTooLarge) + 1));
}

}  // namespace hubmirror
