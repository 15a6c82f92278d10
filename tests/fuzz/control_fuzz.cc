#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "control/control_message.h"

// Any bytes as a line of the control socket, from either side: nothing crashes, a refusal says why
// in one line, and a request that is taken means the same when it is written out and read again.

namespace {

using namespace hubmirror;

void Require(bool condition) {
  if (!condition) std::abort();
}

void RequireWords(const std::string& error) {
  Require(!error.empty() && error.find('\n') == std::string::npos);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view line(reinterpret_cast<const char*>(data), size);
  if (const auto request = ParseControlRequest(line); request) {
    const std::string written = FormatControlRequest(request.value());
    const auto again = ParseControlRequest(written);
    Require(again && FormatControlRequest(again.value()) == written);
  } else {
    RequireWords(request.error());
  }
  if (const auto answer = ParseControlLine(line); answer) {
    Require(answer.value().progress.has_value() != answer.value().result.has_value());
  } else {
    RequireWords(answer.error());
  }
  return 0;
}
