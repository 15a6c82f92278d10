#include "daemon/cli/grammar/typed_words.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <sstream>
#include <string_view>
#include <vector>

#include "daemon/cli/grammar/command_line.h"

namespace hubmirror {
namespace {

// As the daemon takes them (control/control_message.cc): longer than any name that there is.
constexpr size_t kLongestName = 120;

bool IsName(const std::string& text) {
  return !text.empty() && text.size() <= kLongestName &&
         std::ranges::all_of(text, [](char letter) { return letter > ' ' && letter < 0x7f; });
}

constexpr std::chrono::milliseconds kLongestWait = std::chrono::hours{24 * 365};

}  // namespace

std::optional<int64_t> ParseNumber(const std::string& text) {
  int64_t number = 0;
  const char* end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || stopped != end || number <= 0 || text.front() == '0') {
    return std::nullopt;
  }
  return number;
}

std::optional<TypedTarget> ParseTarget(const std::string& text) {
  std::vector<std::string> parts;
  std::istringstream pieces(text + "/");
  for (std::string part; std::getline(pieces, part, '/');) parts.push_back(part);
  if (parts.empty() || parts.size() > 3 || !std::all_of(parts.begin(), parts.end(), IsName)) {
    return std::nullopt;
  }
  TypedTarget typed;
  typed.target.portal = parts[0];
  if (parts.size() > 1) typed.target.object = parts[1];
  if (parts.size() > 2) {
    const auto number = ParseNumber(parts[2]);
    if (!number) return std::nullopt;
    typed.id = RecordId{*number};
  }
  return typed;
}

std::optional<std::chrono::milliseconds> ParseWait(const std::string& text) {
  static constexpr std::array<std::pair<std::string_view, int64_t>, 4> kUnits{
      {{"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}}};
  int64_t number = 0;
  const char* end = text.data() + text.size();
  const auto [unit_at, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || number < 0) return std::nullopt;
  const std::string_view unit(unit_at, static_cast<size_t>(end - unit_at));
  for (const auto& [name, milliseconds] : kUnits) {
    if (unit == name && number <= kLongestWait.count() / milliseconds) {
      return std::chrono::milliseconds{number * milliseconds};
    }
  }
  return std::nullopt;
}

}  // namespace hubmirror
