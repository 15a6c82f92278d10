#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "hubspot/read/error_reading.h"

// Any answer: a first line with the status, header lines, an empty line, the body. Nothing crashes,
// and what people would read is one short printable line.

namespace {

using namespace hubmirror;

void Require(bool condition) {
  if (!condition) std::abort();
}

std::string TakeLine(std::string& text) {
  const size_t end = std::min(text.find('\n'), text.size());
  std::string line = text.substr(0, end);
  text.erase(0, std::min(end + 1, text.size()));
  return line;
}

ClientAnswer Parse(std::string text) {
  ClientAnswer answer;
  answer.status = std::atoi(TakeLine(text).substr(0, 4).c_str());
  for (std::string line = TakeLine(text); !line.empty(); line = TakeLine(text)) {
    const size_t colon = std::min(line.find(':'), line.size());
    answer.headers.emplace_back(line.substr(0, colon),
                                line.substr(std::min(colon + 1, line.size())));
  }
  answer.body = std::move(text);
  return answer;
}

bool IsOneLine(const std::string& text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) >= 0x20; });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const ClientAnswer answer = Parse(std::string(reinterpret_cast<const char*>(data), size));
  for (const Endpoint endpoint : {Endpoint::kList, Endpoint::kSearch, Endpoint::kToken}) {
    const auto error = ErrorOf(endpoint, answer);
    Require(error || answer.status / 100 == 2);
    if (!error) continue;
    Require(!error->message.empty() && error->message.size() < 4096 && IsOneLine(error->message));
    if (error->retry_after) Require(error->retry_after->count() >= 0);
    for (const std::string& scope : error->missing_scopes) Require(!scope.empty());
  }
  const RateHeaders rate = ReadRateHeaders(answer);
  Require(!rate.burst_limit || *rate.burst_limit >= 0);
  return 0;
}
