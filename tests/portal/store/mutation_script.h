#pragma once

#include <array>
#include <map>
#include <string>
#include <vector>

#include "store/crm_object.h"
#include "store/mutator.h"

namespace simulated_portal {

/// The kinds of change a script draws, in the order of its weights.
enum class ScriptKind {
  kCreate,
  kUpdate,
  kArchive,
  kRestore,
  kMerge,
  kErase,
  kPurge,
  kCalculate,
  kLink,
  kUnlink,
  kRelabel
};
constexpr std::array<std::string_view, 11> kScriptKindNames = {
    "create", "update",    "archive", "restore", "merge",  "erase",
    "purge",  "calculate", "link",    "unlink",  "relabel"};

struct ScriptSettings {
  int64_t events = 0;
  Duration length = 0;
  uint64_t seed = 1;
  std::vector<size_t> objects;  ///< indexes of kObjectTypes
  std::array<int64_t, kScriptKindNames.size()> weights = {20, 55, 10, 5, 5, 2, 0, 3, 0, 0, 0};
  int64_t erasures_max = 100;  ///< erasures and purges together
};

/// A random mix of changes, evenly spread over a time. It is stepped from outside. Owned by one
/// thread.
class MutationScript {
 public:
  MutationScript() = default;
  MutationScript(ScriptSettings settings, Instant start)
      : settings_(std::move(settings)), start_(start), random_(settings_.seed) {}

  /// Makes the changes due by `now`.
  void Step(std::vector<CrmObject>& objects, Mutator& mutator, Instant now);
  [[nodiscard]] bool running() const { return done_ < settings_.events; }
  void AppendProgress(std::string& out) const;

 private:
  bool MakeOne(std::vector<CrmObject>& objects, Mutator& mutator, Instant now);
  bool Apply(ScriptKind kind, CrmObject& object, Mutator& mutator, Instant now);
  bool ApplyLink(ScriptKind kind, std::vector<CrmObject>& objects, LinkStore& links);
  bool ApplyRemoval(ScriptKind kind, CrmObject& object, Mutator& mutator, Instant now);
  ScriptKind DrawKind();

  ScriptSettings settings_;
  Instant start_ = 0;
  Random random_{0};
  int64_t done_ = 0;
  int64_t erasures_ = 0;
  std::array<int64_t, kScriptKindNames.size()> by_kind_{};
  Instant last_change_at_ = 0;
};

}  // namespace simulated_portal
