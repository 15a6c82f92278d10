#pragma once

#include <cstddef>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/portal/portal_plan.h"
#include "model/source/page_source.h"

namespace hubmirror {

/// A property that the operator names by its whole name.
struct NamedProperty {
  std::string key;  ///< where: `columns`, `indexes`, `properties.include`, `history`
  std::string name;
};

/// In the order of their keys; a name may appear under several. Patterns do not count as names.
std::vector<NamedProperty> NamedProperties(const StreamPlan& stream);

/// The stream's selection, which includes what is named. Without named ones, or where everything
/// is included, the configured one.
PropertySelection SelectionOf(const StreamPlan& stream);

/// Names that no definition has and that `properties.exclude` does not leave out. `definitions` are
/// live, archived and sensitive ones, as far as they are known.
std::set<std::string> FindUnlisted(const StreamPlan& stream,
                                   const std::vector<PropertyDefinition>& definitions);

/// What HubSpot answers for named properties that it does not list.
struct UnlistedAnswers {
  std::set<std::string> names;    ///< all that were asked about
  std::set<std::string> refused;  ///< a request with one of these is refused: never asked for
  std::set<std::string> shown;    ///< records hold values of these
  size_t records = 0;             ///< that were examined
  bool all = false;               ///< the portal has no others

  /// What is asked for although HubSpot does not list it.
  std::set<std::string> Asked() const;
};

/// Finds out what HubSpot answers for unlisted names, by pages of the live list that ask for
/// nothing else. One page is enough unless it is refused; then it asks for fewer and fewer names at
/// once, until the refused one is alone. Makes no requests itself. Owned by one thread.
class UnlistedProbe {
 public:
  explicit UnlistedProbe(std::set<std::string> names = {});

  /// What to ask for next; null: there is nothing more to find out.
  PropertySetPtr Next() const;
  void Answered(const Page& page);
  /// False: the failure has nothing to do with the names, so the same question is asked again
  /// later.
  bool Failed(const ApiError& error);

  /// All records were looked at elsewhere; some have values of these.
  void FoundInMirror(std::set<std::string> names);

  const UnlistedAnswers& answers() const { return answers_; }

 private:
  std::vector<std::vector<std::string>> open_;
  UnlistedAnswers answers_;
};

/// The same at once, for commands. Blocks for its requests.
Result<UnlistedAnswers, ApiError> AskForUnlisted(PageSource& source, const ObjectType& object,
                                                 std::set<std::string> names);

/// Something that the configuration names but cannot have, or may not mean.
struct NameComplaint {
  std::string key;   ///< `properties.include`
  std::string said;  ///< `names amuont, which ...`
  std::string next;  ///< what to do about it
  /// False: it may be right all the same, since not all records were looked at.
  bool certain = true;
  /// The list is shared with other objects, and may be right for them.
  bool shared = false;
  std::string name;  ///< the property or pattern it is about
};

/// Pure; `definitions` as FindUnlisted takes them, `answers` for what it found.
std::vector<NameComplaint> ComplainOfNames(const StreamPlan& stream,
                                           const std::vector<PropertyDefinition>& definitions,
                                           const UnlistedAnswers& answers);

}  // namespace hubmirror
