#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "simulation/applications.h"
#include "simulation/crew.h"
#include "simulation/daemon.h"
#include "simulation/database.h"
#include "simulation/judge.h"
#include "simulation/outbox_judge.h"
#include "simulation/story.h"
#include "support/feed_copy.h"
#include "support/stream_fixture.h"

namespace hubmirror::simulation {

/// What came of a run.
struct Outcome {
  std::vector<std::string> complaints;
  std::chrono::milliseconds simulated{0};
  int64_t events = 0;
  int64_t requests = 0;
  int64_t commits = 0;
  int64_t faults = 0;  ///< that struck: answers, commits, the database away, clocks
  int64_t kills = 0;
  int64_t values = 0;  ///< compared
  int64_t rows = 0;
  int64_t entries = 0;                      ///< of the change feed, followed
  int64_t asked = 0;                        ///< rows of the outbox, that were refused too
  int64_t written = 0;                      ///< by the portal, for rows of the outbox
  std::map<std::string, int64_t> ends;      ///< of rows: in how many of them each state
  std::map<std::string, TableCopy> tables;  ///< by object, at the end
};

/// Told what happens, with the time since the beginning.
using Narrator = std::function<void(std::chrono::milliseconds at, const std::string& what)>;

/// A daemon and a portal through a story, step by step, under one clock and one seed.
class Simulation {
 public:
  /// `database`: for the mirror; without one the mirror is in memory.
  explicit Simulation(const Story& story, Narrator narrator = nullptr, Database database = {});
  ~Simulation();

  Outcome Run();

 private:
  class Observer;
  class Log;

  void Complain(const std::string& what);
  void Tell(const std::string& what) const;
  std::chrono::milliseconds Since() const;

  void GoOnUntil(Instant end);
  /// Everything that is due now; returns when something is due next.
  Instant Turn(Instant end);
  void Happen(const Event& event);
  void Change(const Event& event);
  void TellChanges() const;
  void Rewind(const Event& event);
  void Ask(const Event& event);
  /// Of memory only, as is what goes back.
  void UseTable(const Event& event);
  void StartDaemon();
  bool AnybodyBusy() const;
  /// Whether a kill that was to come has come.
  bool Struck();
  void KillDaemon(std::chrono::milliseconds away);
  void ResumeWorkers();
  void TakeSteps();
  std::chrono::milliseconds Laziness() const;
  void Tick();
  void Calm();
  /// Nobody can be proved gone while nothing shows that archived records can be read (rule R13).
  void ArchiveOneOfEach();
  void CompareAll();
  std::vector<Judge::Line> LinksIn(compare::MirrorReader* mirror, const LinkPair& pair) const;
  void CompareLinks(compare::MirrorReader* mirror);
  /// A follower of the change feed reads on: no entry may come in below what he has read, or be
  /// untrue. Of PostgreSQL only.
  void FollowFeed();
  void MoveClockTo(Instant at);

  const Story& story_;
  const Setup& setup_;
  const Narrator narrator_;
  const Database database_;
  const std::string& dsn_ = database_.dsn;
  Outcome outcome_;
  VirtualClock clock_;
  simulated_portal::Random random_;  ///< of the order of what is due at once
  std::unique_ptr<HubSpot> hubspot_;
  std::unique_ptr<Judge> judge_;
  std::unique_ptr<Observer> observer_;
  std::unique_ptr<Log> log_;
  std::unique_ptr<Wires> wires_;
  // Where the portal may be written to:
  std::unique_ptr<Applications> applications_;
  std::unique_ptr<OutboxJudge> outbox_judge_;
  Disk disk_;
  DatabaseTrouble trouble_;
  std::unique_ptr<DaemonLife> daemon_;
  Crew crew_;
  std::vector<std::optional<PollSchedule::Turn>> turns_;  ///< by worker
  /// After so many turns of workers more.
  struct Kill {
    int64_t turns = 1;
    std::chrono::milliseconds away{0};
    bool takes_over = false;
  };
  std::optional<Kill> kill_;
  bool taken_over_ = false;                ///< by the other one of two daemons
  std::map<std::string, int64_t> epochs_;  ///< by instance, see DaemonLife
  std::optional<Disk> standby_;
  std::optional<testing::FeedCopy> follower_;
  bool reloads_ = false;
  bool calm_ = false;  ///< from outside nothing happens any more
  uint64_t lives_ = 0;
  size_t next_event_ = 0;
  Instant starts_at_;
  Instant asks_at_;
  Instant ticks_at_;
  Instant looks_at_;    ///< of the judge
  Instant follows_at_;  ///< whoever reads the feed
};

}  // namespace hubmirror::simulation
