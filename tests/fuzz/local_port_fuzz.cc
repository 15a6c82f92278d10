#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "telemetry/http/http_message.h"
#include "telemetry/http/request_guard.h"

// Any bytes from a client of the local port: only a clear GET or HEAD is taken, everything else has
// an answer that says why not, and no byte of a client's can split what is answered.

namespace {

using namespace hubmirror;

void Require(bool condition) {
  if (!condition) std::abort();
}

void RequireAnswer(const HttpRefusal& refusal) {
  Require(refusal.status >= 400 && refusal.status < 600 && !refusal.reason.empty());
  const std::string answer = Serialize(ResponseTo(refusal), false);
  Require(answer.starts_with("HTTP/1.1 ") && HeaderLength(answer) <= answer.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const size_t length = HeaderLength(bytes);
  if (length == std::string_view::npos) return 0;
  Require(length <= size && bytes[length - 1] == '\n');
  const auto request = ParseHttpRequest(bytes.substr(0, length));
  if (!request) {
    RequireAnswer(request.error());
    return 0;
  }
  Require(request.value().path.starts_with('/'));
  for (const char c : request.value().path) {
    Require(static_cast<unsigned char>(c) > 0x20 && c != 0x7f);
  }
  static const RequestGuard guard({"mirror.example"});
  if (const auto refusal = guard.Refuses(request.value())) RequireAnswer(*refusal);
  return 0;
}
