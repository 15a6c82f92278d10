#include "daemon/cli/context.h"

#include "control/control_message.h"
#include "daemon/cli/status_document.h"
#include "daemon/cli/text/words.h"

namespace hubmirror {

int Fail(const CliContext& context, int code, const std::string& message, const std::string& next) {
  if (context.json) {
    context.out << Indented(FormatResult({static_cast<ControlCode>(code), message, next})) << "\n";
    return code;
  }
  context.out.flush();
  context.err << "hubmirror: " << PrintableLines(message) << "\n";
  if (!next.empty()) context.err << "Next: " << Printable(next) << "\n";
  return code;
}

}  // namespace hubmirror
