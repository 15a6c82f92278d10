#include "settings/text/problem.h"

#include <algorithm>
#include <tuple>

#include "base/printable.h"

namespace hubmirror {
namespace {

// A private-app token has 44 characters, other credentials have more.
constexpr size_t kLongestShown = 30;

auto Order(const ConfigProblem& problem) {
  return std::tie(problem.at, problem.path, problem.severity, problem.what, problem.next);
}

}  // namespace

bool HasErrors(const ConfigProblems& problems) {
  return std::ranges::any_of(
      problems, [](const ConfigProblem& problem) { return problem.severity == Severity::kError; });
}

void SortProblems(ConfigProblems& problems) {
  std::ranges::sort(problems, [](const ConfigProblem& left, const ConfigProblem& right) {
    return Order(left) < Order(right);
  });
  problems.erase(std::unique(problems.begin(), problems.end()), problems.end());
}

std::string FormatProblem(const ConfigProblem& problem, std::string_view file) {
  std::string line(file);
  line += ':';
  if (problem.at.line > 0) {
    line += std::to_string(problem.at.line) + ':' + std::to_string(problem.at.column) + ':';
  }
  if (problem.severity == Severity::kWarning) line += " warning:";
  if (!problem.path.empty()) line += ' ' + problem.path + ':';
  line += ' ' + problem.what;
  if (!problem.next.empty()) line += "; " + problem.next;
  return line;
}

std::string QuoteForMessage(std::string_view text) {
  if (text.size() > kLongestShown) return "this value";
  return '"' + WithoutControls(text, '?') + '"';
}

std::string KeyForMessage(std::string_view text) {
  if (text.size() <= kLongestShown) return WithoutControls(text, '?');
  size_t end = kLongestShown;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return WithoutControls(text.substr(0, end), '?') + "...";
}

}  // namespace hubmirror
