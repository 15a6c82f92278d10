#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/source/api_error.h"
#include "model/source/object_type.h"
#include "model/source/page.h"
#include "model/source/property.h"

namespace hubmirror {

inline constexpr size_t kListPageSize = 100;    ///< HubSpot's maximum for lists
inline constexpr size_t kBatchReadSize = 100;   ///< and for batch/read
inline constexpr size_t kSearchPageSize = 200;  ///< and for search

/// A page of the live list (or, with `archived`, of the archived one), ascending by id.
struct ListRequest {
  bool archived = false;
  std::optional<std::string> after;  ///< as a page gave it, or an id; absent: the first page
  PropertySetPtr properties;
  size_t limit = kListPageSize;  ///< records at most
};

/// A search for ids, sorted by id ascending. It asks for `hs_object_id` and the
/// modified property only and never uses the offset paging.
struct SearchRequest {
  std::optional<TimePoint> modified_from;   ///< modified >= this
  std::optional<TimePoint> modified_to;     ///< modified <= this
  std::optional<RecordId> id_above;         ///< hs_object_id > this
  std::optional<RecordId> id_below;         ///< hs_object_id < this
  std::optional<std::string> has_property;  ///< only records holding a value of it
  bool newest_first = false;                ///< descending by id
  size_t skip = 0;                          ///< results passed over; with `limit` at most 10,000
  size_t limit = kSearchPageSize;           ///< results at most
};

/// At most 100 ids, or values of a unique property instead. An id that was merged away is answered
/// with its survivor; no order is promised, so whoever asks for values asks for the property too.
struct BatchReadRequest {
  bool archived = false;
  std::vector<RecordId> ids;
  PropertySetPtr properties;
  std::string unique_property = {};  ///< empty: ids are asked for
  std::vector<std::string> values = {};
};

/// Which definitions of an object type to read; each is one request.
struct PropertiesRequest {
  bool archived = false;
  std::string data_sensitivity = "non_sensitive";  ///< or sensitive, highly_sensitive
};

/// The way to one portal's records: each call is one request, blocks until its answer or the
/// request deadline, and never retries or waits for a budget. Thread-safe.
///
/// A list whose URL would pass 15,000 characters, or as many as something on the way takes, is read
/// in two requests instead (ids, then batch/read); `ListCost` tells the caller beforehand.
class PageSource {
 public:
  virtual ~PageSource() = default;

  virtual Result<Page, ApiError> List(const ObjectType& type, const ListRequest& request) = 0;
  virtual Result<SearchAnswer, ApiError> Search(const ObjectType& type,
                                                const SearchRequest& request) = 0;
  virtual Result<Page, ApiError> BatchRead(const ObjectType& type,
                                           const BatchReadRequest& request) = 0;
  virtual Result<std::vector<PropertyDefinition>, ApiError> Properties(
      const ObjectType& type, const PropertiesRequest& request) = 0;
  virtual Result<std::vector<PropertyGroup>, ApiError> PropertyGroups(const ObjectType& type) = 0;
  virtual Result<Account, ApiError> AccountDetails() = 0;

  /// Requests one List call with these properties makes: 1, or 2 when the URL would be too long.
  virtual int ListCost(const ObjectType& type, const PropertySet& properties) const = 0;
};

}  // namespace hubmirror
