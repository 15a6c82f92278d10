#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/instant.h"
#include "store/random.h"

namespace simulated_portal {

/// What goes wrong, on demand. README.md, "Faults", says what each kind does.
struct Fault {
  std::string match;
  std::string method;  ///< empty: any
  std::string kind;
  int64_t count = -1;  ///< strikes left; -1: not limited
  int64_t after = 0;   ///< matching requests to let pass first
  double chance = 1;
  int status = 500;
  std::string policy = "burst";
  std::string location;
  int64_t retry_after = -1;  ///< seconds; -1: no such header
  Duration seconds = 120 * kSecond;
  int64_t bytes = 0;
  std::string record;  ///< strikes only answers that show values of this one; empty: any
  std::string holds;   ///< strikes only answers with this text; empty: any
  int64_t by = 0;      ///< what a wrong total is wrong by
};

/// True when `kind` is one of README.md.
bool IsFaultKind(std::string_view kind);

/// `*` matches anything; a pattern without one matches any path that contains it.
bool MatchesPath(std::string_view pattern, std::string_view path);

/// The faults waiting for requests of one portal. Owned by one thread.
class FaultPlan {
 public:
  void Add(Fault fault) { faults_.push_back(std::move(fault)); }
  void Clear() { faults_.clear(); }
  [[nodiscard]] size_t size() const { return faults_.size(); }

  /// The fault that strikes this request whatever the answer to it is, if one does.
  std::optional<Fault> Strike(std::string_view method, std::string_view path, Random& random);
  /// The one that strikes it for what the right answer shows.
  std::optional<Fault> StrikeAnswer(std::string_view method, std::string_view path,
                                    std::string_view answer, Random& random);

 private:
  std::optional<Fault> StrikeAt(size_t place, Random& random);

  std::vector<Fault> faults_;
};

}  // namespace simulated_portal
