// The part of stories in which applications write to the portal.

#include <algorithm>
#include <array>

#include "simulation/draw.h"
#include "simulation/story.h"

namespace hubmirror::simulation {
namespace {

using namespace std::chrono_literals;
using simulated_portal::Random;
using std::chrono::milliseconds;

/// Looking for rows costs SQL every second: what all promises hang on comes sooner than elsewhere.
void Hurry(Setup& setup, Random& random) {
  StreamPlan& plan = setup.plan;
  plan.interval = OneOf(random, std::array<milliseconds, 2>{30s, 60s});
  plan.confirm_after = 1min;
  plan.sweep_every = OneOf(random, std::array<milliseconds, 2>{15min, 30min});
  plan.archived_every = 10min;
  plan.links_every = OneOf(random, std::array<milliseconds, 2>{15min, 30min});
  plan.verify_every = 1h;
  setup.laziness = Between(random, 1s, 8s);
  setup.records = std::min<size_t>(setup.records, 90);
  setup.quiet = 2 * plan.sweep_every + 2 * plan.links_every + 45min;
}

std::string DrawWriteFault(Random& random) {
  static constexpr std::array<std::string_view, 8> kPaths = {
      "batch/update",  "batch/update",   "batch/create", "batch/upsert",
      "batch/archive", "/associations/", "batch/read",   "/crm/*"};
  static constexpr std::array<std::string_view, 14> kKinds = {
      "lost_answer", "lost_answer", "late_work", "late_work", "late_status", "slow",   "reset",
      "overtaken",   "overtaken",   "locked",    "truncate",  "garbage",     "status", "left_out"};
  const std::string_view kind = OneOf(random, kKinds);
  std::string fault = "{\"match\":\"" + std::string(OneOf(random, kPaths)) + "\",\"kind\":\"" +
                      std::string(kind) + "\",\"count\":" + std::to_string(random.Between(1, 3));
  if (kind == "status" || kind == "late_status") {
    fault += ",\"status\":" + std::to_string(OneOf(random, std::array<int, 3>{500, 502, 503}));
  }
  // HubSpot works on nothing for longer than 100 s (rule W11).
  if (kind == "late_work") fault += ",\"seconds\":" + std::to_string(random.Between(1, 99));
  if (kind == "slow") fault += ",\"seconds\":" + std::to_string(random.Between(1, 90));
  return fault + "}";
}

template <typename Make>
void Add(Story& story, Random& random, double an_hour, EventKind kind, const Make& make) {
  const double wanted = an_hour * static_cast<double>(story.setup.hours.count());
  auto count = static_cast<int64_t>(wanted);
  if (random.Chance(wanted - static_cast<double>(count))) ++count;
  for (int64_t i = 0; i < count; ++i) {
    Event event{.at = Between(random, 2min, story.setup.hours), .kind = kind};
    event.seed = random.Next();
    make(event);
    story.events.push_back(std::move(event));
  }
}

}  // namespace

bool AlsoWrites(uint64_t seed) {
  return Random(seed, "whether to write").Chance(0.5);
}

ObjectWritePlan WritingOf(const std::string& object, const Setup& setup) {
  ObjectWritePlan plan{.check = setup.seed % 8 != 7};
  if (object == "contacts") {
    plan.update = {"firstname", "lastname", "company", "city"};
    plan.create = true;
    plan.archive = "true";
    plan.rules = {{"company", "ours"}, {"lastname", "theirs"}};
  } else if (object == "companies") {
    plan.update = {"name", "city", "industry"};
    plan.create = true;
    plan.key_property = "hubmirror_key";
    plan.archive = "true";
  } else if (object == "deals") {
    plan.update = {"dealname", "description"};
    plan.create = true;
    plan.unguarded = true;
  }
  if (!plan.any()) return plan;
  for (const std::string& other : setup.objects) {
    if (other != object && other != "emails") plan.associate.push_back(other);
  }
  return plan;
}

void LetWrite(Story& story) {
  Setup& setup = story.setup;
  Random random(setup.seed, "writing");
  Hurry(setup, random);
  setup.write = {
      .enabled = true,
      .writers = {"crm_writer"},
      .on_conflict = OneOf(random, std::array<const char*, 4>{"hold", "hold", "ours", "theirs"}),
      .give_up = OneOf(random, std::array<milliseconds, 3>{24h, 24h, 3min})};
  setup.write.brakes.per_record = OneOf(random, std::array<int64_t, 3>{5, 20, 1000});
  setup.write.brakes.max_archive = OneOf(random, std::array<int64_t, 2>{3, 1000});
  // People there do less than in stories without writing, else it is they whom conflicts are with.
  Add(story, random, OneOf(random, std::array<double, 4>{15, 40, 80, 160}), EventKind::kRows,
      [&](Event& event) { event.count = random.Chance(0.1) ? random.Between(5, 40) : 1; });
  Add(story, random, OneOf(random, std::array<double, 4>{0, 10, 40, 100}), EventKind::kRivals,
      [&](Event& event) { event.count = random.Between(1, 3); });
  Add(story, random, OneOf(random, std::array<double, 3>{2, 10, 30}), EventKind::kDecide,
      [](Event&) {});
  Add(story, random, OneOf(random, std::array<double, 4>{0, 4, 15, 40}), EventKind::kApiFault,
      [&](Event& event) { event.what = DrawWriteFault(random); });
  const auto soon = [&](Event& event) {
    event.count = random.Between(1, 60);
    event.lasts = Between(random, 0s, 20s);
  };
  Add(story, random, OneOf(random, std::array<double, 4>{0, 2, 10, 30}), EventKind::kKill, soon);
  Add(story, random, OneOf(random, std::array<double, 3>{0, 0, 2}), EventKind::kTakeOver, soon);
  Add(story, random, OneOf(random, std::array<double, 3>{0, 4, 20}), EventKind::kCommitFault,
      [&](Event& event) { event.count = random.Between(1, 3); });
  std::ranges::stable_sort(story.events, {}, &Event::at);
}

}  // namespace hubmirror::simulation
