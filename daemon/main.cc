// hubmirrord: the daemon.

#include <malloc.h>

#include <cstdio>
#include <string>

#include "base/exit_codes.h"
#include "base/printable.h"
#include "daemon/daemon.h"
#include "daemon/process_environment.h"
#include "daemon/signals.h"
#include "daemon/version.h"
#include "settings/reading/check_report.h"
#include "settings/reading/settings_reader.h"

namespace {

constexpr const char* kUsage =
    "usage: hubmirrord [--config PATH] [--check]\n"
    "       hubmirrord --version\n"
    "\n"
    "Keeps a true, fresh, queryable copy of HubSpot portals in PostgreSQL. Runs in the\n"
    "foreground until SIGTERM; SIGHUP reads the configuration again.\n"
    "\n"
    "  --config PATH  the configuration (default: /etc/hubmirror/hubmirror.yaml)\n"
    "  --check        checks the configuration and exits: 0 if it is valid, 78 if not\n";

struct Arguments {
  std::string config = "/etc/hubmirror/hubmirror.yaml";
  bool check = false;
};

/// A page's buffers come and go with every request. Left alone, glibc gives their memory back to
/// the kernel each time and faults it in again; and a page read by one worker and committed by
/// another leaves holes in the arena of each, so that two arenas hold half of what one for each
/// worker does.
void KeepBuffersMapped() {
  ::mallopt(M_MMAP_THRESHOLD, 32 << 20);
  ::mallopt(M_TRIM_THRESHOLD, 16 << 20);
  ::mallopt(M_ARENA_MAX, 2);
}

int Usage(const char* wrong) {
  std::fprintf(stderr, "hubmirrord: unknown argument %s\n%s",
               hubmirror::WithoutControls(wrong, '?').c_str(), kUsage);
  return hubmirror::kExitUsage;
}

}  // namespace

int main(int count, char** values) {
  Arguments arguments;
  for (int i = 1; i < count; ++i) {
    const std::string argument = values[i];
    if (argument == "--help" || argument == "-h") {
      std::fputs(kUsage, stdout);
      return 0;
    }
    if (argument == "--version") {
      std::printf("hubmirrord %s (%s)\n", hubmirror::kVersion, hubmirror::kRevision);
      return 0;
    }
    if (argument == "--check") {
      arguments.check = true;
    } else if (argument == "--config" && i + 1 < count) {
      arguments.config = values[++i];
    } else {
      return Usage(values[i]);
    }
  }

  KeepBuffersMapped();
  hubmirror::TakeOverSignals();
  auto read = hubmirror::ReadSettingsFile(arguments.config, hubmirror::ProcessEnvironment());
  if (!read.settings || arguments.check) {
    const std::string report =
        hubmirror::WithoutControls(hubmirror::CheckText(read, arguments.config), '?', '\n');
    std::fputs(report.c_str(), read.settings ? stdout : stderr);
    return read.settings ? hubmirror::kExitOk : hubmirror::kExitConfiguration;
  }
  return hubmirror::Daemon(arguments.config, std::move(*read.settings)).Run();
}
