#include "support/mirror_check.h"

#include <stdexcept>
#include <utility>

#include "support/await.h"

namespace hubmirror::testing {
namespace {

using compare::Json;

using namespace std::chrono_literals;

constexpr int kShownDifferences = 40;
constexpr auto kIndexLimit = 60s;

bool IsLoading(const Json& stream) {
  if (stream.Text("state") == "backfilling" || stream["backfill"].Flag("running")) return true;
  const Json& jobs = stream["jobs"];
  return !jobs.Has("sweep") || jobs["sweep"].Text("last_complete_at").empty();
}

}  // namespace

MirrorCheck::MirrorCheck(const PortalProcess& portal, const DaemonProcess& daemon, std::string dsn,
                         DaemonPortal mirrored)
    : portal_(portal),
      daemon_(daemon),
      dsn_(std::move(dsn)),
      mirrored_(std::move(mirrored)),
      objects_(mirrored_.objects.empty() ? compare::AllObjects() : mirrored_.objects) {}

bool MirrorCheck::BackfillDone() const {
  const Json status = daemon_.Status();
  if (!status["portals"].Has(mirrored_.key)) return false;
  const Json& portal = status["portals"][mirrored_.key];
  for (const std::string& object : objects_) {
    if (!portal["streams"].Has(object) || IsLoading(portal["streams"][object])) return false;
  }
  return true;
}

void MirrorCheck::WaitBackfill(std::chrono::milliseconds limit) const {
  if (Happens(limit, [this] { return BackfillDone(); })) return;
  throw std::runtime_error("the first load does not end:\n" + StreamStates());
}

std::string MirrorCheck::StreamStates() const {
  std::string out;
  const Json status = daemon_.Status();
  for (const auto& [key, portal] : status["portals"].AsObject()) {
    for (const auto& [object, stream] : portal["streams"].AsObject()) {
      out += key + "/" + object + " " + stream.Text("state") + " " + stream.Text("reason") + " " +
             stream.Text("message") + "\n";
    }
  }
  return out;
}

void MirrorCheck::Settle(std::chrono::seconds wait) const {
  const ProgramResult result =
      daemon_.Cli({"settle", mirrored_.key, "--wait", std::to_string(wait.count()) + "s"},
                  wait + std::chrono::minutes{1});
  if (result.end == ProcessEnd{.exit_code = 0}) return;
  throw std::runtime_error("settle ended with " + std::to_string(result.end.exit_code) + ": " +
                           result.output + StreamStates());
}

MirrorCheck::Outcome MirrorCheck::Compare() {
  Outcome outcome = CompareNow();
  if (outcome.open_looks == 0 || outcome.report.differences > outcome.open_looks) return outcome;
  if (!Happens(kIndexLimit, [this] { return portal_.Ask("quiet")["quiet"].AsBool(); })) {
    return outcome;
  }
  Settle();
  return CompareNow();
}

MirrorCheck::Outcome MirrorCheck::CompareNow() {
  Outcome outcome;
  int shown = 0;
  outcome.report = compare::Compare({.portal_url = portal_.url(),
                                     .portal_id = mirrored_.portal_id,
                                     .dsn = dsn_,
                                     .schema = mirrored_.schema,
                                     .objects = objects_,
                                     .known_before = known_,
                                     .changes_since = changes_since_,
                                     .selections = selections_,
                                     .histories = histories_,
                                     .reference = reference_},
                                    [&](const compare::Difference& difference) {
                                      if (difference.column == "_pending") ++outcome.open_looks;
                                      if (++shown > kShownDifferences) return;
                                      outcome.words += compare::ToLine(difference) + "\n";
                                    });
  outcome.words += outcome.report.Summary();
  for (const auto& [object, tally] : outcome.report.objects) known_[object] = tally.ids;
  return outcome;
}

}  // namespace hubmirror::testing
