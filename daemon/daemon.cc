#include "daemon/daemon.h"

#include <malloc.h>

#include <algorithm>
#include <fstream>
#include <random>

#include "base/count_text.h"
#include "base/exit_codes.h"
#include "base/named_thread.h"
#include "daemon/hubspot_transport.h"
#include "daemon/instance_id.h"
#include "daemon/process_environment.h"
#include "daemon/signals.h"
#include "daemon/version.h"
#include "model/store/database_error.h"
#include "postgres/schema/portal_schema.h"
#include "postgres/schema/preparation.h"
#include "settings/reading/reload_plan.h"
#include "settings/reading/settings_reader.h"
#include "telemetry/page/status_document.h"

namespace hubmirror {
namespace {

using namespace std::chrono_literals;

constexpr auto kTurn = 500ms;
constexpr auto kStatusEvery = 15s;
// First loads leave holes all over the heap that nothing else fills for a long time.
constexpr auto kTrimEvery = 1min;
constexpr auto kStatementGrace = 4s;
constexpr auto kCancelEvery = 250ms;

/// Warnings may stand before what is really wrong.
const ConfigProblem& FirstError(const ConfigProblems& problems) {
  return *std::find_if(problems.begin(), problems.end(), [](const ConfigProblem& problem) {
    return problem.severity == Severity::kError;
  });
}

uint64_t Seed() {
  return std::random_device()() * 0x100000001ULL;
}

bool UsesJournal(LogFormat format) {
  return format == LogFormat::kJournal || (format == LogFormat::kAuto && StderrIsJournal());
}

}  // namespace

Daemon::Daemon(std::string config_path, Settings settings)
    : config_path_(std::move(config_path)),
      settings_(std::move(settings)),
      step_limit_(settings_.limits.request + settings_.database.pool.statement_timeout * 2 + 30s),
      shutdown_limit_(settings_.limits.shutdown),
      random_(Seed()),
      telemetry_(clock_, {.version = kVersion, .revision = kRevision}),
      json_log_(clock_, 2),
      journal_log_(json_log_),
      log_(UsesJournal(settings_.log.format) ? static_cast<Logger&>(journal_log_) : json_log_,
           telemetry_, clock_, settings_.log.level),
      notify_(clock_),
      secrets_(ProcessEnvironment()) {}

Daemon::~Daemon() = default;

int Daemon::Run() {
  if (const auto code = Start()) return *code;
  for (;;) {
    const auto signal = WaitForSignal(kTurn);
    if (signal == Signal::kStop) break;
    if (signal == Signal::kReload) Reload();
    Turn();
  }
  Stop();
  return 0;
}

std::optional<int> Daemon::Start() {
  auto instance = ReadOrMakeInstanceId(settings_.state_dir);
  if (!instance) {
    Say(LogLevel::kErr, "daemon.failed", instance.error());
    return kExitCannotCreate;
  }
  instance_ = instance->text;
  const std::vector<PortalPlan> plans = EnabledPlans();
  Say(LogLevel::kNotice, "config.loaded", config_path_);
  telemetry_.Configure(plans);
  if (const auto code = StartDatabase()) return code;
  const auto workers = settings_.limits.workers;
  supervisor_ = std::make_unique<Supervisor>(
      clock_, telemetry_,
      Supervisor::Options{.workers = workers ? static_cast<int>(*workers) : WorkersFor(plans),
                          .memory_bytes = settings_.limits.memory_bytes});
  // Whoever comes through a door finds every portal.
  StartPortals();
  if (const auto code = StartDoors()) return code;
  supervisor_->Start();
  notify_.Ready(OneLineStatus());
  Say(LogLevel::kNotice, "daemon.started",
      std::string("hubmirrord ") + kVersion + " mirrors " + std::to_string(plans.size()) +
          " portals; status at http://" + web_->address() + "/");
  return std::nullopt;
}

std::optional<int> Daemon::StartDatabase() {
  Connection::Target target{.dsn = settings_.database.dsn};
  if (const auto& ref = settings_.database.password) {
    auto password = secrets_.Resolve(*ref);
    if (!password) {
      Say(LogLevel::kErr, "daemon.failed", "database.password: " + password.error());
      return secrets_.IsPermissionFault(*ref) ? kExitPermission : kExitConfiguration;
    }
    target.password = *password;
  }
  bell_ = std::make_unique<FeedBell>(target, clock_, log_);
  outbox_bell_ = std::make_unique<FeedBell>(target, clock_, log_, "hubmirror_outbox");
  const PoolSettings& pool = settings_.database.pool;
  pool_ = std::make_shared<ConnectionPool>(
      ConnectionPool::Options{.target = std::move(target),
                              .size = static_cast<size_t>(pool.size),
                              .statement_timeout = pool.statement_timeout,
                              .lock_timeout = pool.lock_timeout,
                              .stop = stop_.get_token()},
      clock_, telemetry_);
  return std::nullopt;
}

std::optional<int> Daemon::StartDoors() {
  desk_ = std::make_unique<ControlDesk>(
      *supervisor_, [this] { return StatusDocument(telemetry_.Snapshot(), std::nullopt); },
      [this] { return Reload(); }, log_);
  control_ = std::make_unique<ControlServer>(
      ControlServer::Options{.socket_path = settings_.control.socket}, *desk_, clock_);
  if (const auto started = control_->Start(); !started) {
    Say(LogLevel::kErr, "daemon.failed", "control.socket: " + started.error());
    return kExitCannotCreate;
  }
  Say(LogLevel::kNotice, "control.listening", settings_.control.socket);
  auto web = StatusServer::Start(
      {.listen = settings_.web.listen, .allowed_hosts = settings_.web.allowed_hosts}, telemetry_,
      clock_);
  if (!web) {
    Say(LogLevel::kErr, "daemon.failed", "web.listen: " + web.error().message);
    return web.error().kind == ListenError::Kind::kBadAddress ? kExitConfiguration
                                                              : kExitCannotCreate;
  }
  web_ = std::move(*web);
  Say(LogLevel::kNotice, "web.listening", web_->address());
  WriteAddress();
  return std::nullopt;
}

void Daemon::StartPortals() {
  transport_ = std::make_shared<PooledTransport>(TransportOf(settings_), clock_);
  couriers_ =
      std::make_unique<CourierPool>(clock_, log_, static_cast<size_t>(settings_.limits.webhooks));
  webhooks_ =
      std::make_unique<WebhookBuilder>(settings_.api, WebhookBuilder::Parts{.pool = pool_,
                                                                            .secrets = secrets_,
                                                                            .observer = telemetry_,
                                                                            .clock = clock_,
                                                                            .log = log_,
                                                                            .random = random_,
                                                                            .instance = instance_});
  const auto on_entries = [this](const PortalPlan& portal, int64_t last) {
    bell_->Ring(portal.schema, last);
    couriers_->Ring(portal.key);
  };
  const auto on_ended = [this](const PortalPlan& portal, int64_t id) {
    outbox_bell_->Ring(portal.schema, id);
  };
  builder_ =
      std::make_unique<PortalBuilder>(settings_, PortalBuilder::Parts{.transport = transport_,
                                                                      .pool = pool_,
                                                                      .on_entries = on_entries,
                                                                      .on_ended = on_ended,
                                                                      .secrets = secrets_,
                                                                      .observer = telemetry_,
                                                                      .clock = clock_,
                                                                      .log = log_,
                                                                      .random = random_,
                                                                      .instance = instance_});
  for (const PortalSettings& portal : settings_.portals) {
    if (portal.enabled) Put(Resolved(portal));
  }
}

void Daemon::Put(const PortalSettings& portal) {
  supervisor_->Put(builder_->Build(portal));
  couriers_->Put(portal.plan.key, webhooks_->Build(portal));
}

PortalSettings Daemon::Resolved(PortalSettings portal) const {
  const auto known = types_.find(portal.plan.key);
  portal.plan = WithTypes(std::move(portal.plan),
                          known == types_.end() ? std::vector<CustomType>() : known->second);
  return portal;
}

std::vector<PortalPlan> Daemon::EnabledPlans() const {
  std::vector<PortalPlan> plans;
  for (const PortalSettings& portal : settings_.portals) {
    if (portal.enabled) plans.push_back(Resolved(portal).plan);
  }
  return plans;
}

void Daemon::TakeTypes() {
  MutexLock lock(reload_mutex_);
  for (const PortalSettings& portal : settings_.portals) {
    if (!portal.enabled || !AsksForCustomTypes(portal.plan)) continue;
    const auto found = supervisor_->FoundTypes(portal.plan.key);
    if (!found) continue;
    std::vector<CustomType>& known = types_[portal.plan.key];
    const PortalPlan before = WithTypes(portal.plan, known);
    std::string names;
    for (const CustomType& type : *found) {
      // One that is gone stays known: its stream says so.
      std::erase_if(known, [&](const CustomType& old) { return old.type_id == type.type_id; });
      known.push_back(type);
      names += (names.empty() ? "" : ", ") + type.full_name + " (" + type.type_id + ")";
    }
    if (WithTypes(portal.plan, known) == before) continue;
    telemetry_.Configure(EnabledPlans());
    Put(Resolved(portal));
    log_.Write({.level = LogLevel::kNotice,
                .event = "types.found",
                .message = "custom objects: " + names,
                .fields = {{"PORTAL", portal.plan.key}}});
  }
}

void Daemon::Turn() {
  const Instant now = clock_.Now();
  TakeTypes();
  log_.Flush();
  if (const auto interval = ServiceNotify::watchdog_interval();
      interval && now - beat_at_ >= *interval / 3 && supervisor_->Moves(step_limit_)) {
    notify_.Beat();
    beat_at_ = now;
  }
  if (now - trimmed_at_ >= kTrimEvery) {
    ::malloc_trim(0);
    trimmed_at_ = now;
  }
  if (now - status_at_ >= kStatusEvery) {
    notify_.Status(OneLineStatus());
    status_at_ = now;
  }
}

void Daemon::Stop() {
  notify_.Stopping("finishing the steps under way");
  notify_.Extend(shutdown_limit_);
  Say(LogLevel::kNotice, "daemon.stopping", "stopping: steps under way are finished and committed");
  control_.reset();
  // What does not end in time is cut off: a statement soon, as the server holds locks for it, a
  // page later. Their jobs go on where the last commit left them.
  const Instant asked = clock_.Now();
  const Instant deadline = asked + shutdown_limit_ * 2 / 3;
  std::jthread guard = StartThread("shutdown", [this, asked, deadline](std::stop_token done) {
    if (!clock_.SleepUntil(std::min(deadline, asked + kStatementGrace), done)) return;
    stop_.request_stop();
    do {
      if (clock_.Now() >= deadline) transport_->Shutdown();
      pool_->CancelOlderThan(kStatementGrace);
    } while (clock_.SleepUntil(clock_.Now() + kCancelEvery, done));
  });
  couriers_->RequestStop();
  supervisor_->Stop();
  couriers_->Stop();
  guard.request_stop();
  guard.join();
  web_.reset();
  Say(LogLevel::kNotice, "daemon.stopped", "stopped");
  log_.Flush();
}

ControlResult Daemon::Reload() {
  MutexLock lock(reload_mutex_);
  notify_.Reloading();
  const auto finish = [this](ControlResult result) {
    Say(result.ok() ? LogLevel::kNotice : LogLevel::kErr,
        result.ok() ? "config.reloaded" : "config.refused", result.message);
    notify_.Ready(OneLineStatus());
    return result;
  };
  auto read = ReadSettingsFile(config_path_, ProcessEnvironment());
  if (!read.settings) {
    telemetry_.RejectConfiguration();
    return finish(
        {.code = ControlCode::kConfiguration,
         .message = "the new configuration was refused, the old one is still in effect: " +
                    FormatProblem(FirstError(read.problems), config_path_),
         .next = "run `hubmirror config check`"});
  }
  const ReloadPlan plan = DiffForReload(settings_, *read.settings);
  if (plan.needs_restart()) {
    telemetry_.RejectConfiguration();
    return finish(
        {.code = ControlCode::kConfiguration,
         .message = "the new configuration needs a restart, the old one is still in effect: " +
                    plan.Text(),
         .next = "restart the daemon"});
  }
  settings_ = std::move(*read.settings);
  log_.set_level(settings_.log.level);
  telemetry_.Configure(EnabledPlans());
  for (const PortalKey& key : plan.stop) {
    supervisor_->Remove(key);
    couriers_->Put(key, {});
  }
  for (const std::vector<PortalKey>* keys : {&plan.start, &plan.replace}) {
    for (const PortalKey& key : *keys) {
      const auto portal =
          std::find_if(settings_.portals.begin(), settings_.portals.end(),
                       [&](const PortalSettings& candidate) { return candidate.plan.key == key; });
      Put(Resolved(*portal));
    }
  }
  // A secret may have changed behind the same reference: whoever waits for one tries again now.
  for (const PortalPlan& portal : EnabledPlans()) supervisor_->Poll({.portal = portal.key});
  return finish(
      {.message = "the new configuration is in effect: " + plan.Text() + MissingReadersText()});
}

std::string Daemon::MissingReadersText() const {
  const StatusSnapshot snapshot = telemetry_.Snapshot();
  // A reload does not wait for a database that cannot be reached.
  if (!snapshot.database_up) return {};
  std::vector<std::string> roles;
  for (const PortalPlan& plan : EnabledPlans()) {
    for (std::string& role : KnownRoles(plan)) roles.push_back(std::move(role));
  }
  std::string names;
  try {
    Transaction transaction(*pool_);
    for (const std::string& role : MissingRoles(transaction.connection(), roles)) {
      names += (names.empty() ? "" : ", ") + role;
    }
    transaction.Commit();
  } catch (const DatabaseError&) {
    return {};
  }
  if (names.empty()) return {};
  return "\nwarning: `readers`, `feed.roles` or `write.writers` names roles that do not exist: " +
         names + "; once created, they have their rights within seconds";
}

void Daemon::Say(LogLevel level, std::string_view event, std::string message) {
  log_.Write({.level = level, .event = event, .message = std::move(message)});
}

std::string Daemon::OneLineStatus() const {
  const StatusSnapshot snapshot = telemetry_.Snapshot();
  int current = 0;
  int backfilling = 0;
  int troubled = 0;
  for (const auto& [key, portal] : snapshot.portals) {
    for (const auto& [object, stream] : portal.streams) {
      switch (stream.status.state) {
        case StreamState::kCurrent:
          ++current;
          break;
        case StreamState::kBackfilling:
          ++backfilling;
          break;
        default:
          ++troubled;
      }
    }
  }
  std::string text = Counted(current, "stream") + " current, " + std::to_string(backfilling) +
                     " loading, " + std::to_string(troubled) + " need a look";
  if (snapshot.database_tried && !snapshot.database_up) text += "; the database cannot be reached";
  return text;
}

void Daemon::WriteAddress() const {
  const std::string directory = ProcessEnvironment()("RUNTIME_DIRECTORY");
  if (directory.empty()) return;
  std::ofstream(directory + "/http.addr") << web_->address() << "\n";
}

}  // namespace hubmirror
