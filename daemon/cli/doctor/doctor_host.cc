#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "daemon/cli/doctor/doctor.h"
#include "daemon/cli/text/words.h"

namespace hubmirror {
namespace {

using Verdict = Finding::Verdict;

constexpr uintmax_t kLeastDisk = 200u << 20;
// As HubMirrorDataStale has it.
constexpr int kStale = 3;
// A connection per worker and pool entry, 64 of the local port, files: some hundred.
constexpr rlim_t kLeastDescriptors = 512;

std::string MegabytesOf(uintmax_t bytes) {
  return CountWords(static_cast<int64_t>(bytes >> 20)) + " MiB";
}

void ExamineConfigFile(Findings& findings, const std::string& path) {
  struct stat file {};
  if (::stat(path.c_str(), &file) != 0) return findings.Skip("config-mode", path + " is not there");
  const bool open = (file.st_mode & (S_IWGRP | S_IWOTH | S_IROTH)) != 0;
  findings.Judge(
      !open, Verdict::kLook, "config-mode",
      path + (open ? " may be read by everybody or written by its group" : " is closed to others"),
      "chmod 0640 " + path + "; it names your portals and your database");
}

void ExamineStateDirectory(Findings& findings, const std::string& path) {
  struct stat folder {};
  if (::stat(path.c_str(), &folder) != 0) {
    return findings.Look(
        "state-dir", path + " is not there",
        "systemd makes it at the first start; without systemd: mkdir -m 0700 " + path);
  }
  if ((folder.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    findings.Mend("state-dir", path + " is open to others", "chmod 0700 " + path);
  } else if (::access(path.c_str(), W_OK) != 0) {
    findings.Skip("state-dir", path + " belongs to another user", "run this as the daemon's user");
  } else {
    findings.Good("state-dir", path + " is ours alone");
  }
}

void ExamineDisk(Findings& findings, std::filesystem::path path) {
  while (!std::filesystem::exists(path) && path.has_relative_path()) path = path.parent_path();
  std::error_code error;
  const auto space = std::filesystem::space(path, error);
  if (error) return findings.Skip("disk", path.string() + ": " + error.message());
  findings.Judge(space.available >= kLeastDisk, Verdict::kMend, "disk",
                 MegabytesOf(space.available) + " free for the state directory",
                 "make room below " + path.string());
}

void ExamineDescriptors(Findings& findings) {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  findings.Judge(limit.rlim_cur >= kLeastDescriptors, Verdict::kLook, "descriptors",
                 CountWords(static_cast<int64_t>(limit.rlim_cur)) + " files may be open at once",
                 "ulimit -n 1024, or LimitNOFILE= in a drop-in of the unit");
}

void ExamineMemory(Findings& findings, int64_t needed) {
  std::ifstream file("/proc/meminfo");
  std::string name;
  int64_t kilobytes = 0;
  while (file >> name >> kilobytes) {
    if (name == "MemAvailable:") {
      const int64_t available = kilobytes << 10;
      return findings.Judge(available > needed, Verdict::kLook, "memory",
                            MegabytesOf(static_cast<uintmax_t>(available)) +
                                " available, limits.memory is " +
                                MegabytesOf(static_cast<uintmax_t>(needed)),
                            "lower limits.memory");
    }
    file.ignore(100, '\n');
  }
  findings.Skip("memory", "/proc/meminfo does not say");
}

}  // namespace

Findings ExamineHost(const Settings& settings, const std::string& config_path) {
  Findings findings("host");
  ExamineConfigFile(findings, config_path);
  ExamineStateDirectory(findings, settings.state_dir);
  ExamineDisk(findings, settings.state_dir);
  ExamineDescriptors(findings);
  ExamineMemory(findings, settings.limits.memory_bytes);
  return findings;
}

Findings ExamineDaemon(const std::optional<ShownStatus>& status, const std::string& failure,
                       const Settings& settings, std::string_view version) {
  Findings findings("daemon");
  if (!status) {
    findings.Look("running", failure, "systemctl start hubmirror; journalctl -u hubmirror -x");
    return findings;
  }
  findings.Good("running", "it answers on " + settings.control.socket);
  findings.Judge(status->version == version, Verdict::kLook, "version",
                 "the daemon is " + status->version + ", this program " + std::string(version),
                 "systemctl restart hubmirror");
  findings.Judge(status->last_reload_accepted, Verdict::kMend, "reload",
                 status->last_reload_accepted
                     ? "it runs the last configuration that it was given"
                     : "it refused its last configuration and runs the one before",
                 "hubmirror config check, then hubmirror reload");
  findings.Judge(status->database_up, Verdict::kMend, "database",
                 status->database_up ? "it reaches PostgreSQL" : "it does not reach PostgreSQL",
                 "sudo -u hubmirror hubmirror doctor, which tries the connection itself");
  std::string stuck;
  std::string late;
  std::string stale;
  std::string wrong;
  int64_t quarantined = 0;
  for (const ShownPortal& portal : status->portals) {
    for (const std::string& warning : portal.warnings) {
      findings.Look("warnings of " + portal.key, warning, "hubmirror status " + portal.key);
    }
    for (const ShownStream& stream : portal.streams) {
      const std::string name = " " + portal.key + "/" + stream.object;
      if (stream.state == "blocked" || stream.state == "suspicious") stuck += name;
      const bool held = stream.state == "paused" || stream.load_running;
      const auto target = stream.freshness_target;
      const bool older = stream.age && target.count() > 0 && *stream.age > target && !held;
      if (older && *stream.age > kStale * target) {
        stale += name;
      } else if (older || stream.state == "late") {
        late += name;
      }
      if (stream.state == "failing") wrong += name;
      quarantined += stream.quarantined;
    }
    if (portal.daily_limit && portal.daily_remaining) {
      findings.Judge(*portal.daily_remaining * 10 > *portal.daily_limit, Verdict::kLook,
                     "quota of " + portal.key,
                     CountWords(*portal.daily_remaining) + " of " +
                         CountWords(*portal.daily_limit) + " requests are left today, " +
                         CountWords(portal.requests_today) + " were ours",
                     "hubmirror plan " + portal.key + "; lower quota_share or lengthen intervals");
    }
  }
  const auto none_of = [&](const std::string& which, const char* check, const char* good,
                           Verdict verdict, const char* bad, const char* fix) {
    findings.Judge(which.empty(), verdict, check, which.empty() ? good : bad + which, fix);
  };
  none_of(stuck, "streams", "no stream is waiting for a person", Verdict::kMend,
          "waiting for a person:", "hubmirror status says for what");
  none_of(wrong, "errors", "no stream is failing", Verdict::kLook,
          "fail:", "hubmirror status has their errors");
  if (stale.empty()) {
    none_of(late, "freshness", "every stream keeps its freshness_target", Verdict::kLook,
            "late:", "hubmirror runbook HubMirrorDataLate");
  } else {
    findings.Mend("freshness",
                  "more than three times their freshness_target behind:" + stale +
                      (late.empty() ? "" : "; late:" + late),
                  "hubmirror runbook HubMirrorDataStale");
  }
  findings.Judge(quarantined == 0, Verdict::kLook, "quarantine",
                 Counted(quarantined, "record") + " set aside", "hubmirror quarantine list PORTAL");
  return findings;
}

}  // namespace hubmirror
