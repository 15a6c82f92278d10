#include "simulation/shrink.h"

#include <algorithm>

namespace hubmirror::simulation {
namespace {

using namespace std::chrono_literals;

/// What a run complains of first, without the numbers in it: the same kind of failure must remain.
std::string KindOfFailure(const Outcome& outcome) {
  if (outcome.complaints.empty()) return "";
  std::string kind = outcome.complaints.front();
  kind = kind.substr(0, kind.find(", found"));
  std::erase_if(kind, [](char letter) { return letter >= '0' && letter <= '9'; });
  return kind;
}

class Shrinker {
 public:
  Shrinker(Story story, const ShrinkNews& news, const ShrinkRun& run)
      : story_(std::move(story)), run_(run), kind_(KindOfFailure(run(story_))), news_(news) {}

  Story Run() {
    if (kind_.empty()) return story_;
    news_("fails by " + kind_ + ", " + std::to_string(story_.events.size()) + " events");
    DropEvents();
    MakePlain();
    DropEvents();
    return story_;
  }

 private:
  bool Try(Story smaller, const std::string& what) {
    if (KindOfFailure(run_(smaller)) != kind_) return false;
    story_ = std::move(smaller);
    news_(what + ": " + std::to_string(story_.events.size()) + " events left");
    return true;
  }

  /// Leaves out ever smaller pieces of the events (Zeller, "Simplifying and isolating
  /// failure-inducing input").
  void DropEvents() {
    for (size_t piece = std::max<size_t>(1, story_.events.size() / 2);; piece /= 2) {
      for (size_t at = 0; at < story_.events.size();) {
        Story smaller = story_;
        const auto from = smaller.events.begin() + static_cast<std::ptrdiff_t>(at);
        const size_t count = std::min(piece, smaller.events.size() - at);
        smaller.events.erase(from, from + static_cast<std::ptrdiff_t>(count));
        if (!Try(std::move(smaller), "left out " + std::to_string(count))) at += piece;
      }
      if (piece <= 1) return;
    }
  }

  void MakePlain() {
    const auto plain = [this](const char* what, const auto& change) {
      Story smaller = story_;
      change(smaller.setup);
      Try(std::move(smaller), what);
    };
    plain("one worker", [](Setup& setup) { setup.workers = 1; });
    plain("quick answers", [](Setup& setup) { setup.latency = {.there = 1ms, .back = 1ms}; });
    plain("quick commits", [](Setup& setup) { setup.slowest_commit = 0ms; });
    plain("nothing late in the index", [](Setup& setup) { setup.index.late_share = 0; });
    plain("no index delay", [](Setup& setup) { setup.index = {}; });
    plain("few records", [](Setup& setup) { setup.records = 3; });
    if (story_.events.empty()) return;
    const auto hours =
        std::chrono::ceil<std::chrono::hours>(story_.events.back().at + std::chrono::minutes(1));
    plain("fewer hours", [&](Setup& setup) { setup.hours = std::min(setup.hours, hours); });
  }

  Story story_;
  const ShrinkRun& run_;
  const std::string kind_;
  const ShrinkNews& news_;
};

}  // namespace

Story Shrink(Story story, const ShrinkNews& news, const ShrinkRun& run) {
  return Shrinker(std::move(story), news, run).Run();
}

}  // namespace hubmirror::simulation
