#include "daemon/cli/status/status_verb.h"

#include <algorithm>
#include <map>

#include "control/control_client.h"
#include "daemon/cli/status/status_view.h"
#include "daemon/cli/status_document.h"
#include "daemon/cli/text/words.h"

namespace hubmirror {
namespace {

constexpr std::chrono::seconds kRedrawEvery{1};
constexpr std::chrono::seconds kLinesEvery{2};
// ECMA-48: cursor to the upper left corner (CUP); erase to the end of the line (EL), to the end of
// the screen (ED). A screen is not erased as a whole: it would flicker, and tmux would keep it.
constexpr const char* kToCorner = "\x1b[H";
constexpr const char* kEraseRest = "\x1b[K";
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
  auto status = ReadStatus(fetched.document);
  if (!status) {
    return Fail(context, kExitUnavailable, status.error(),
                "use the `hubmirror` command of the same version as the daemon");
  }
  if (line.problems) status->KeepProblems();
  context.out << StatusTable(*status, context.terminal ? context.size().columns : kAnyColumns);
  return kExitOk;
}

/// Shows a status again and again.
class Watch {
 public:
  Watch(const CliContext& context, bool json) : context_(context), json_(json) {}

  void Show(const Fetched& fetched, const std::optional<ShownStatus>& status) {
    if (json_) {
      std::string line = fetched.result.ok() ? fetched.document : FormatResult(fetched.result);
      if (line.ends_with('\n')) line.pop_back();
      Line("", line);
    } else if (!status) {
      Problem(fetched.result);
    } else if (context_.terminal) {
      const TerminalSize size = context_.size();
      Draw(StatusTable(*status, size.columns), size);
    } else {
      for (const ShownPortal& portal : status->portals) Line(portal.key, StatusLine(portal));
    }
  }

 private:
  void Problem(const ControlResult& result) {
    const std::string words = result.message + "\nNext: " + result.next;
    if (context_.terminal) {
      const TerminalSize size = context_.size();
      Draw(WrapLines(words + "\n", size.columns), size);
    } else {
      Line("", words);
    }
  }

  // Over what was drawn last, so that what stands above stays; one that fills the screen starts at
  // its corner. What does not fit is left out: drawn again and again it would scroll away.
  void Draw(const std::string& picture, const TerminalSize& size) {
    constexpr std::string_view kMore = "... and more than this window shows\n";
    std::ostream& screen = context_.Drawing();
    std::string shown = PrintableLines(picture);
    if (RowsOnTerminal(shown, size.columns) >= size.rows) {
      shown = FirstRows(shown, size.columns, size.rows - 2).append(kMore);
    }
    const int rows = RowsOnTerminal(shown, size.columns);
    // After a change of its size nobody knows where the terminal has put the last one.
    const bool moved =
        drawn_rows_ > 0 && (size.columns != drawn_size_.columns || size.rows != drawn_size_.rows);
    if (moved || std::max(rows, drawn_rows_) + 1 >= size.rows) {
      screen << kToCorner;
    } else if (drawn_rows_ > 0) {
      screen << "\x1b[" << drawn_rows_ << "F";  // CPL: up, to the start of the line
    }
    for (const char letter : shown) {
      if (letter == '\n') screen << kEraseRest;
      screen << letter;
    }
    screen << kEraseBelow << std::flush;
    drawn_rows_ = rows;
    drawn_size_ = size;
  }

  // Says it unless it was said last time under the same key.
  void Line(const std::string& key, const std::string& words) {
    if (std::exchange(said_[key], words) != words) context_.out << words << std::endl;
  }

  const CliContext& context_;
  const bool json_;
  std::map<std::string, std::string> said_;
  int drawn_rows_ = 0;
  TerminalSize drawn_size_;
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
    const bool loaded = status && status->loaded();
    if (status && line.problems) status->KeepProblems();
    watch.Show(fetched, status);
    if ((line.until_loaded && loaded) || context.Unheard()) return kExitOk;
  } while (context.clock.SleepUntil(context.clock.Now() + every, context.stop));
  return kExitOk;
}

}  // namespace

int RunStatus(const CliContext& context, const CommandLine& line, const std::string& socket_path) {
  if (line.watch) return RunWatch(context, line, socket_path);
  return ShowOnce(context, line, Fetch(socket_path, line.target.portal));
}

}  // namespace hubmirror
