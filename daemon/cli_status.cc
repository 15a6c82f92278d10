#include "daemon/cli_status.h"

#include <algorithm>
#include <map>

#include "daemon/cli_status_document.h"
#include "daemon/cli_status_view.h"
#include "daemon/cli_words.h"
#include "daemon/control_client.h"

namespace hubmirror {
namespace {

constexpr std::chrono::seconds kRedrawEvery{1};
constexpr std::chrono::seconds kLinesEvery{2};
// ECMA-48: cursor to the upper left corner (CUP); erase from there to the end of the screen (ED).
constexpr const char* kToCorner = "\x1b[H";
constexpr const char* kEraseBelow = "\x1b[J";

/// The document, or why there is none.
struct Fetched {
  ControlResult result;
  std::string document;
};

Fetched Fetch(const std::string& socket_path, const PortalKey& portal) {
  ControlAnswer answer =
      AskDaemon(socket_path, {.verb = ControlVerb::kStatus}, [](const OperationProgress&) {});
  if (!answer.result.ok() || portal.empty()) return {answer.result, std::move(answer.status)};
  std::optional<std::string> only = OnlyPortal(answer.status, portal);
  if (only) return {{}, std::move(*only)};
  return {{ControlCode::kUnknownTarget, "the daemon has no portal called " + portal,
           "`hubmirror portal list` shows the portals of the configuration; `hubmirror reload` "
           "has the daemon read it again"},
          {}};
}

int ShowOnce(const CliContext& context, const CommandLine& line, const Fetched& fetched) {
  if (!fetched.result.ok()) {
    return Fail(context, static_cast<int>(fetched.result.code), fetched.result.message,
                fetched.result.next);
  }
  if (line.json) {
    context.out << Indented(fetched.document) << "\n";
    return kExitOk;
  }
  const auto status = ReadStatus(fetched.document);
  if (!status) {
    return Fail(context, kExitUnavailable, status.error(),
                "use the `hubmirror` command of the same version as the daemon");
  }
  context.out << StatusTable(*status);
  return kExitOk;
}

/// Shows a status again and again.
class Watch {
 public:
  Watch(const CliContext& context, bool json) : context_(context), json_(json) {}

  void Show(const Fetched& fetched, const std::optional<ShownStatus>& status) {
    if (json_) {
      Line("", fetched.document.empty() ? "{}" : fetched.document);
    } else if (!status) {
      Problem(fetched.result);
    } else if (context_.terminal) {
      Draw(StatusTable(*status));
    } else {
      for (const ShownPortal& portal : status->portals) Line(portal.key, StatusLine(portal));
    }
  }

 private:
  void Problem(const ControlResult& result) {
    const std::string words = result.message + "\nNext: " + result.next;
    if (context_.terminal) {
      Draw(words + "\n");
    } else {
      Line("", words);
    }
  }

  // Over what was drawn last, so that what stands above stays; a picture taller than the screen
  // starts at its corner.
  void Draw(const std::string& picture) {
    const int rows = RowsOnTerminal(picture, context_.columns);
    if (std::max(rows, drawn_rows_) >= context_.rows) {
      context_.out << kToCorner;
    } else if (drawn_rows_ > 0) {
      context_.out << "\x1b[" << drawn_rows_ << "F";  // CPL: up, to the start of the line
    }
    context_.out << kEraseBelow << picture << std::flush;
    drawn_rows_ = rows;
  }

  // Says it unless it was said last time under the same key.
  void Line(const std::string& key, const std::string& words) {
    if (std::exchange(said_[key], words) != words) context_.out << words << std::endl;
  }

  const CliContext& context_;
  const bool json_;
  std::map<std::string, std::string> said_;
  int drawn_rows_ = 0;
};

int RunWatch(const CliContext& context, const CommandLine& line, const std::string& socket_path) {
  Watch watch(context, line.json);
  const std::chrono::seconds every = context.terminal ? kRedrawEvery : kLinesEvery;
  do {
    const Fetched fetched = Fetch(socket_path, line.target.portal);
    if (fetched.result.code == ControlCode::kUnknownTarget) return ShowOnce(context, line, fetched);
    std::optional<ShownStatus> status;
    if (fetched.result.ok()) {
      if (auto read = ReadStatus(fetched.document)) status = std::move(*read);
    }
    watch.Show(fetched, status);
    if (line.until_loaded && status && status->loaded()) return kExitOk;
  } while (context.clock.SleepUntil(context.clock.Now() + every, context.stop));
  return kExitOk;
}

}  // namespace

int RunStatus(const CliContext& context, const CommandLine& line, const std::string& socket_path) {
  if (line.watch) return RunWatch(context, line, socket_path);
  return ShowOnce(context, line, Fetch(socket_path, line.target.portal));
}

}  // namespace hubmirror
