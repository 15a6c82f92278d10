#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/source/api_error.h"
#include "model/source/link.h"
#include "model/source/page.h"

namespace hubmirror {

inline constexpr size_t kLinkInputs = 1000;  ///< HubSpot's maximum for one read of associations

/// A record whose links are asked for, from their beginning or from where a page ended.
struct LinkInput {
  RecordId id;
  std::optional<std::string> after;
};

/// One answer. A record without links is said to have none, or just left out. Nothing was held
/// against what was asked for yet.
struct LinkAnswer {
  std::vector<Link> links;
  std::vector<LinkInput> more;      ///< records with further links
  std::vector<RecordId> accounted;  ///< with a result, or said to have no links
  std::vector<RecordId> failed;     ///< said to have failed, while others did not
  AnswerTimes times;
};

/// The way to the associations of one portal: each call is one request, as with PageSource.
/// Thread-safe.
class LinkSource {
 public:
  virtual ~LinkSource() = default;

  /// The links of at most kLinkInputs records of `from` with records of `to`. Links with archived
  /// records are not among them.
  virtual Result<LinkAnswer, ApiError> ReadLinks(const ObjectType& from, const ObjectType& to,
                                                 const std::vector<LinkInput>& inputs) = 0;
  /// What links there can be, read from `from`. None: the types cannot be linked.
  virtual Result<std::vector<LinkType>, ApiError> LinkTypes(const ObjectType& from,
                                                            const ObjectType& to) = 0;
};

}  // namespace hubmirror
