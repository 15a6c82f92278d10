// Runs the daemon's parts and a simulated portal through stories drawn from seeds.
// README.md beside this file says how.
#include <chrono>
#include <cstdio>
#include <ctime>
#include <optional>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>

#include "simulation/database_time.h"
#include "simulation/shrink.h"
#include "simulation/simulation.h"
#include "support/temp_postgres.h"

namespace {

using namespace std::chrono_literals;
using namespace hubmirror::simulation;

struct Options {
  uint64_t seed = 1;
  uint64_t seeds = 1;
  std::chrono::hours hours{24};
  bool story = false;
  bool shrink = false;
  enum class Store { kMemory, kPostgres, kBoth } store = Store::kMemory;
  bool write = false;                           ///< all stories are such as write to the portal
  std::optional<std::chrono::seconds> seconds;  ///< no new seed is begun later
};

[[noreturn]] void Refuse(const std::string& words) {
  std::fprintf(
      stderr,
      "tests/simulation/run: %s\nNext: tests/simulation/run [--seed N | --fresh | --from WORD]"
      " [--seeds N] [--hours H] [--store memory|postgres|both] [--write] [--seconds S] "
      "[--story] [--shrink]\n",
      words.c_str());
  std::exit(64);
}

/// The first of many seeds: another word, others; the same word, the same. (FNV-1a)
uint64_t FirstSeedOf(std::string_view word) {
  uint64_t hash = 0xcbf29ce484222325;
  for (const char letter : word) {
    hash = (hash ^ static_cast<unsigned char>(letter)) * 0x100000001b3;
  }
  return hash % 10'000'000'000 * 1000;
}

Options Parse(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    const auto value = [&]() -> uint64_t {
      if (i + 1 == argc) Refuse(word + " needs a value");
      try {
        return std::stoull(argv[++i]);
      } catch (const std::exception&) {
        Refuse(word + " needs a number");
      }
    };
    if (word == "--seed") {
      options.seed = value();
    } else if (word == "--seeds") {
      options.seeds = value();
    } else if (word == "--hours") {
      options.hours = std::chrono::hours(value());
    } else if (word == "--seconds") {
      options.seconds = std::chrono::seconds(value());
    } else if (word == "--store") {
      const std::string name = i + 1 < argc ? argv[++i] : "";
      if (name != "memory" && name != "postgres" && name != "both") Refuse("--store: " + name);
      options.store = name == "memory"     ? Options::Store::kMemory
                      : name == "postgres" ? Options::Store::kPostgres
                                           : Options::Store::kBoth;
    } else if (word == "--write") {
      options.write = true;
      options.store = Options::Store::kPostgres;
    } else if (word == "--story") {
      options.story = true;
    } else if (word == "--shrink") {
      options.shrink = true;
    } else if (word == "--fresh") {
      options.seed = std::random_device()() * 1000ULL;
    } else if (word == "--from") {
      if (i + 1 == argc) Refuse("--from needs a word, as the name of a commit");
      options.seed = FirstSeedOf(argv[++i]);
    } else {
      Refuse("unknown option " + word);
    }
  }
  return options;
}

std::string TimeOf(std::chrono::milliseconds at) {
  char text[40];
  const long ms = at.count();
  std::snprintf(text, sizeof(text), "%02ld:%02ld:%02ld.%03ld", ms / 3'600'000, ms / 60'000 % 60,
                ms / 1000 % 60, ms % 1000);
  return text;
}

void Print(const std::string& line) {
  std::printf("%s\n", line.c_str());
  std::fflush(stdout);
}

void TellStory(std::chrono::milliseconds at, const std::string& what) {
  std::printf("%s %s\n", TimeOf(at).c_str(), what.c_str());
}

/// What is left of a story, and how it goes.
template <typename Run>
void ShowShrunk(const Story& story, const Run& run) {
  const Setup& setup = story.setup;
  Print(std::to_string(setup.workers) + " workers, " + std::to_string(setup.records) +
        " records, " + std::to_string(setup.hours.count()) + " hours; " +
        std::to_string(story.events.size()) + " events:");
  for (const Event& event : story.events) Print("  " + TimeOf(event.at) + " " + InWords(event));
  run(story, TellStory);
}

class Sum {
 public:
  void Add(const Outcome& outcome) {
    ++seeds;
    all_.simulated += outcome.simulated;
    all_.events += outcome.events;
    all_.requests += outcome.requests;
    all_.commits += outcome.commits;
    all_.faults += outcome.faults;
    all_.kills += outcome.kills;
    all_.rows += outcome.rows;
    all_.values += outcome.values;
    all_.entries += outcome.entries;
    all_.asked += outcome.asked;
    all_.written += outcome.written;
    for (const auto& [state, rows] : outcome.ends) all_.ends[state] += rows;
    failed += !outcome.complaints.empty();
  }
  std::string Text(double cpu) const {
    const double hours = static_cast<double>(all_.simulated.count()) / 3'600'000;
    char text[400];
    std::snprintf(text, sizeof(text),
                  "%lu seeds, %lu failed: %.0f simulated hours in %.1f s of CPU (%.0f hours a"
                  " second), %ld events, %ld requests, %ld commits, %ld faults, %ld kills; %ld rows"
                  " and %ld values compared, %ld entries of the feed followed",
                  seeds, failed, hours, cpu, hours / cpu, all_.events, all_.requests, all_.commits,
                  all_.faults, all_.kills, all_.rows, all_.values, all_.entries);
    if (all_.asked == 0) return text;
    std::string ends;
    for (const auto& [state, rows] : all_.ends) {
      ends += (ends.empty() ? "" : ", ") + std::to_string(rows) + " " + state;
    }
    return text + ("; " + std::to_string(all_.asked) + " rows asked for by applications, " +
                   std::to_string(all_.written) + " writes in the portal: " + ends);
  }
  uint64_t seeds = 0;
  uint64_t failed = 0;

 private:
  Outcome all_;
};

/// Runs stories on the stores that are asked for.
class Stage {
 public:
  explicit Stage(const Options& options) : options_(options) {
    if (options.store == Options::Store::kMemory) return;
    time_.emplace();
    server_.emplace();
    time_->Set(VirtualClock());
    const std::string begins =
        "to_timestamp(" + std::to_string(VirtualClock::kEpoch.time_since_epoch() / 1s) + ")";
    if (server_->Run("SELECT clock_timestamp() - " + begins + " < interval '1 min'") != "t") {
      throw std::runtime_error("PostgreSQL does not go by the simulation's clock");
    }
    server_->Run("CREATE ROLE crm_writer LOGIN");
  }

  Story Make(uint64_t seed) const {
    Story story = MakeStory(seed, options_.hours);
    const bool postgres = options_.store == Options::Store::kPostgres;
    if (options_.write || (postgres && AlsoWrites(seed))) LetWrite(story);
    return story;
  }

  Outcome Run(const Story& story, const Narrator& narrator) {
    if (!server_) return Simulation(story, narrator).Run();
    const std::string name = "story_" + std::to_string(++databases_);
    const Database database{.dsn = server_->CreateDatabase(name),
                            .writer_dsn = server_->Dsn("crm_writer", name),
                            .time = &*time_};
    Outcome outcome = Simulation(story, narrator, database).Run();
    server_->Run("DROP DATABASE " + name + " (FORCE)");
    if (options_.store == Options::Store::kPostgres) return outcome;
    const Outcome other = Simulation(story).Run();
    for (const auto& [object, table] : outcome.tables) {
      const auto differences = DifferencesOf(table, other.tables.at(object));
      for (const std::string& difference : differences) {
        outcome.complaints.push_back("PostgreSQL is here, memory there: " + difference);
      }
    }
    return outcome;
  }

 private:
  const Options& options_;
  std::optional<DatabaseTime> time_;
  std::optional<hubmirror::testing::TempPostgres> server_;
  int databases_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  const Options options = Parse(argc, argv);
  const auto began = std::chrono::steady_clock::now();
  const auto cpu_began = std::clock();
  Sum sum;
  Stage stage(options);
  for (uint64_t seed = options.seed; seed < options.seed + options.seeds; ++seed) {
    if (options.seconds && std::chrono::steady_clock::now() - began > *options.seconds) break;
    const Story story = stage.Make(seed);
    const Outcome outcome = stage.Run(story, options.story ? TellStory : Narrator());
    sum.Add(outcome);
    if (outcome.complaints.empty()) continue;
    const bool postgres = options.store != Options::Store::kMemory;
    Print("seed " + std::to_string(seed) + " fails; tests/simulation/run --seed " +
          std::to_string(seed) + " --hours " + std::to_string(options.hours.count()) +
          (options.write ? " --write"
           : postgres    ? " --store postgres"
                         : "") +
          " --story tells how:");
    for (const std::string& complaint : outcome.complaints) Print("  " + complaint);
    if (!options.shrink) continue;
    const auto run = [&](const Story& one, const Narrator& narrator) {
      return stage.Run(one, narrator);
    };
    ShowShrunk(Shrink(story, Print, [&](const Story& one) { return run(one, nullptr); }), run);
  }
  const double cpu = static_cast<double>(std::clock() - cpu_began) / CLOCKS_PER_SEC;
  Print("seeds from " + std::to_string(options.seed) + ": " + sum.Text(cpu));
  return sum.failed == 0 ? 0 : 1;
}
