#include "daemon/cli_context.h"

#include "daemon/cli_status_document.h"
#include "daemon/cli_words.h"
#include "daemon/control_message.h"

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
