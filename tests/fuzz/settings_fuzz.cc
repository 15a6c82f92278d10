#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "settings/keys/settings_text.h"
#include "settings/reading/check_report.h"
#include "settings/reading/settings_reader.h"

// Any bytes as a configuration: nothing crashes, what is refused says why, and what is accepted
// shows as a file that means the same.

namespace {

using namespace hubmirror;

void Require(bool condition) {
  if (!condition) std::abort();
}

std::string Nothing(const std::string&) {
  return {};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);

  const SettingsReading reading = ReadSettings(text, Nothing);

  Require(reading.settings.has_value() == !HasErrors(reading.problems));
  for (const ConfigProblem& problem : reading.problems) {
    const std::string line = FormatProblem(problem, "file");
    Require(!problem.what.empty() && line.find('\n') == std::string::npos);
  }
  Require(!CheckJson(reading, "file").empty());
  if (!reading.settings) return 0;
  const SettingsReading again = ReadSettings(ShowSettings(*reading.settings), Nothing);
  Require(again.settings.has_value() && *again.settings == *reading.settings);
  return 0;
}
