#include "simulation/story.h"

#include <algorithm>
#include <array>

#include "simulation/draw.h"

namespace hubmirror::simulation {
namespace {

using namespace std::chrono_literals;
using simulated_portal::Random;
using std::chrono::milliseconds;

StreamPlan DrawPlan(Random& random) {
  StreamPlan plan;
  plan.interval = OneOf(random, std::array<milliseconds, 4>{30s, 60s, 120s, 300s});
  plan.overlap = OneOf(random, std::array<milliseconds, 2>{60s, 120s});
  plan.confirm_after = OneOf(random, std::array<milliseconds, 3>{1min, 5min, 10min});
  plan.sweep_every = OneOf(random, std::array<milliseconds, 3>{1h, 2h, 3h});
  plan.archived_every = OneOf(random, std::array<milliseconds, 3>{15min, 30min, 1h});
  plan.catalog_every = OneOf(random, std::array<milliseconds, 2>{5min, 30min});
  plan.links_every = OneOf(random, std::array<milliseconds, 3>{1h, 2h, 3h});
  plan.verify_every = OneOf(random, std::array<milliseconds, 2>{3h, 6h});
  return plan;
}

Setup DrawSetup(Random& random, uint64_t seed, std::chrono::hours hours) {
  Setup setup{.seed = seed, .hours = hours};
  if (random.Chance(0.5)) setup.objects.push_back("companies");
  if (random.Chance(0.3)) setup.objects.push_back("emails");
  if (random.Chance(0.2)) setup.objects.push_back("deals");
  setup.records = static_cast<size_t>(random.Between(5, 220));
  setup.workers = static_cast<size_t>(random.Between(1, 6));
  setup.latency = {.there = Between(random, 1ms, 300ms),
                   .back = Between(random, 10ms, 1500ms),
                   .slow_share = OneOf(random, std::array<double, 3>{0, 0.01, 0.05}),
                   .slow = Between(random, 1s, 20s)};
  setup.slowest_commit = Between(random, 1ms, 500ms);
  setup.index.change = OneOf(random, std::array<int64_t, 4>{0, 2'000, 10'000, 30'000});
  setup.index.removal = setup.index.change * OneOf(random, std::array<int64_t, 3>{0, 1, 6});
  setup.index.late_share = OneOf(random, std::array<double, 3>{0, 0.02, 0.1});
  setup.index.late = Between(random, 1min, 40min).count();
  setup.plan = DrawPlan(random);
  setup.tick = Between(random, 2s, 15s);
  setup.laziness = Between(random, 500ms, 4s);
  const StreamPlan& plan = setup.plan;
  setup.quiet = 2 * std::max({plan.sweep_every, plan.links_every, plan.archived_every}) +
                4 * plan.confirm_after + 45min;
  return setup;
}

/// Adds events of one kind at random times, so many a day on average.
class Drawer {
 public:
  Drawer(Story& story, Random& random) : story_(story), random_(random) {}

  template <typename Make>
  void Add(double a_day, EventKind kind, const Make& make) {
    const double wanted = a_day * static_cast<double>(story_.setup.hours.count()) / 24;
    auto count = static_cast<int64_t>(wanted);
    if (random_.Chance(wanted - static_cast<double>(count))) ++count;
    for (int64_t i = 0; i < count; ++i) {
      Event event{
          .at = Between(random_, 0ms, story_.setup.hours), .kind = kind, .seed = random_.Next()};
      make(event);
      story_.events.push_back(std::move(event));
    }
  }

 private:
  Story& story_;
  Random& random_;
};

std::string Quoted(std::string_view text) {
  return "\"" + std::string(text) + "\"";
}

std::string DrawApiFault(Random& random) {
  static constexpr std::array<std::string_view, 7> kPaths = {
      "/crm/*",       "/crm/objects/*", "/search",       "/batch/read",
      "/properties/", "/associations/", "/account-info/"};
  static constexpr std::array<std::string_view, 23> kKinds = {
      "status",   "status",   "status",       "status",        "locked",      "moving",
      "reset",    "throttle", "truncate",     "garbage",       "empty",       "hang",
      "drip",     "huge",     "redirect",     "disorder",      "same_cursor", "wrong_total",
      "outsider", "left_out", "unauthorized", "missing_scope", "stranger"};
  static constexpr std::array<int, 7> kStatuses = {500, 502, 503, 504, 521, 522, 524};
  const std::string_view kind = OneOf(random, kKinds);
  std::string fault = "{\"match\":" + Quoted(OneOf(random, kPaths)) + ",\"kind\":" + Quoted(kind) +
                      ",\"count\":" + std::to_string(random.Between(1, 8)) +
                      ",\"after\":" + std::to_string(random.Between(0, 5));
  if (kind == "status") fault += ",\"status\":" + std::to_string(OneOf(random, kStatuses));
  if (kind == "moving") fault += ",\"retry_after\":" + std::to_string(random.Between(1, 90));
  if (kind == "huge") fault += ",\"bytes\":20000";
  if (kind == "wrong_total") fault += ",\"by\":" + std::to_string(random.Between(1, 400));
  if (kind == "redirect") fault += ",\"location\":\"https://elsewhere.example/\"";
  if (kind == "drip" || kind == "hang") {
    fault += ",\"seconds\":" + std::to_string(random.Between(1, 40));
  }
  return fault + "}";
}

std::string DrawPropertyChange(Random& random, const std::string& object) {
  static constexpr std::array<std::string_view, 5> kKinds = {
      "property_add", "property_retype", "property_archive", "property_restore", "property_delete"};
  static constexpr std::array<std::string_view, 4> kTypes = {"string", "number", "datetime",
                                                             "bool"};
  const std::string_view kind = random.Chance(0.5) ? kKinds[0] : OneOf(random, kKinds);
  std::string change = "{\"object\":" + Quoted(object) + ",\"kind\":" + Quoted(kind) +
                       ",\"name\":\"made_" + std::to_string(random.Between(1, 3)) + "\"";
  if (kind == "property_add" || kind == "property_retype") {
    change += ",\"type\":" + Quoted(OneOf(random, kTypes));
  }
  if (kind == "property_add") change += ",\"fill\":0." + std::to_string(random.Between(1, 9));
  return change + "}";
}

void DrawTrouble(Drawer& drawer, Random& random) {
  drawer.Add(OneOf(random, std::array<double, 4>{0, 5, 25, 80}), EventKind::kApiFault,
             [&](Event& event) { event.what = DrawApiFault(random); });
  drawer.Add(OneOf(random, std::array<double, 4>{0, 4, 20, 60}), EventKind::kCommitFault,
             [&](Event& event) { event.count = random.Between(1, 3); });
  drawer.Add(OneOf(random, std::array<double, 3>{0, 1, 4}), EventKind::kDatabaseAway,
             [&](Event& event) { event.lasts = Between(random, 1s, 20min); });
  drawer.Add(
      OneOf(random, std::array<double, 4>{0, 3, 12, 40}), EventKind::kKill, [&](Event& event) {
        event.count = random.Between(1, 40);
        event.lasts = random.Chance(0.1) ? Between(random, 1min, 5h) : Between(random, 0s, 30s);
      });
  drawer.Add(OneOf(random, std::array<double, 3>{0, 1, 6}), EventKind::kReload, [](Event&) {});
  drawer.Add(OneOf(random, std::array<double, 3>{0, 0, 2}), EventKind::kWallJump,
             [&](Event& event) { event.lasts = Between(random, -24h, 24h); });
  drawer.Add(OneOf(random, std::array<double, 3>{0, 0, 3}), EventKind::kPortalJump,
             [&](Event& event) {
               event.count = random.Chance(0.7) ? 1 : 2;
               event.lasts =
                   random.Chance(0.3) ? milliseconds(24h * 365 * 12) : Between(random, -72h, 72h);
             });
}

void DrawTableUsers(Drawer& drawer, Random& random) {
  static constexpr std::array<std::string_view, 4> kDeeds = {"drop column", "drop column", "lock",
                                                             "drop table"};
  drawer.Add(OneOf(random, std::array<double, 4>{0, 0, 2, 8}), EventKind::kTableUser,
             [&](Event& event) {
               event.what = OneOf(random, kDeeds);
               if (event.what == "lock") event.lasts = Between(random, 1s, 30min);
             });
}

void DrawRewinds(Story& story, Random& random) {
  const auto count = random.Chance(0.3) ? random.Between(1, 2) : 0;
  for (int64_t i = 0; i < count; ++i) {
    const milliseconds back = Between(random, 1s, 15min);
    const milliseconds at = Between(random, back, story.setup.hours);
    story.events.push_back({.at = at - back, .kind = EventKind::kSnapshot});
    story.events.push_back({.at = at,
                            .kind = EventKind::kRewind,
                            .what = random.Chance(0.5) ? "session lost" : "session lives"});
  }
}

}  // namespace

std::string_view NameOf(EventKind kind) {
  static constexpr std::string_view kNames[] = {
      "change",   "import",     "property", "api_fault", "commit_fault", "database_away",
      "snapshot", "rewind",     "kill",     "reload",    "wall_jump",    "portal_jump",
      "operator", "table_user", "rows",     "rivals",    "decide",       "take_over"};
  return kNames[static_cast<size_t>(kind)];
}

std::string InWords(const Event& event) {
  std::string text(NameOf(event.kind));
  if (!event.what.empty()) text += " " + event.what;
  if (event.count != 1) text += " x" + std::to_string(event.count);
  if (event.lasts != 0ms) text += " " + std::to_string(event.lasts.count()) + "ms";
  return text;
}

Story MakeStory(uint64_t seed, std::chrono::hours hours) {
  Random random(seed, "story");
  Story story{.setup = DrawSetup(random, seed, hours)};
  Drawer drawer(story, random);
  const double busy = OneOf(random, std::array<double, 4>{60, 200, 500, 1000});
  drawer.Add(busy, EventKind::kChange,
             [&](Event& event) { event.count = random.Chance(0.05) ? random.Between(2, 30) : 1; });
  const auto object = [&] { return story.setup.objects[random.Below(story.setup.objects.size())]; };
  drawer.Add(OneOf(random, std::array<double, 3>{0, 2, 6}), EventKind::kImport, [&](Event& event) {
    event.count = random.Between(2, 60);
    event.what = "{\"object\":" + Quoted(object()) +
                 ",\"kind\":\"import\",\"count\":" + std::to_string(event.count) + "}";
  });
  drawer.Add(OneOf(random, std::array<double, 3>{0, 2, 8}), EventKind::kProperty,
             [&](Event& event) { event.what = DrawPropertyChange(random, object()); });
  static constexpr std::array<std::string_view, 7> kWishes = {
      "poll", "pause", "resume", "backfill", "resolve", "verify", "refresh"};
  drawer.Add(OneOf(random, std::array<double, 3>{0, 2, 12}), EventKind::kOperator,
             [&](Event& event) { event.what = OneOf(random, kWishes); });
  DrawTrouble(drawer, random);
  DrawTableUsers(drawer, random);
  DrawRewinds(story, random);
  std::ranges::stable_sort(story.events, {}, &Event::at);
  return story;
}

}  // namespace hubmirror::simulation
