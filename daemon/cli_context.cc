#include "daemon/cli_context.h"

#include "daemon/cli_words.h"

namespace hubmirror {

int Fail(const CliContext& context, int code, const std::string& message, const std::string& next) {
  context.out.flush();
  context.err << "hubmirror: " << PrintableLines(message) << "\n";
  if (!next.empty()) context.err << "Next: " << Printable(next) << "\n";
  return code;
}

}  // namespace hubmirror
