#include "model/source/stream.h"

#include <array>

namespace hubmirror {
namespace {

constexpr std::array<std::string_view, kJobKinds> kJobNames = {
    "catalog", "changes", "sweep",  "archived", "resolve", "fill", "links", "relink",
    "history", "lists",   "verify", "catalog",  "catalog", "feed", "write"};
constexpr std::array<std::string_view, kStreamStates> kStateNames = {
    "backfilling", "current", "late", "paused", "blocked", "suspicious", "failing", "passive"};

}  // namespace

std::string_view NameOf(JobKind job) {
  return kJobNames[static_cast<size_t>(job)];
}

std::optional<JobKind> JobNamed(std::string_view name) {
  for (size_t i = 0; i < kJobNames.size(); ++i) {
    if (kJobNames[i] == name) return static_cast<JobKind>(i);
  }
  return std::nullopt;
}

std::string_view NameOf(StreamState state) {
  return kStateNames[static_cast<size_t>(state)];
}

}  // namespace hubmirror
