#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "model/source/property.h"

namespace hubmirror {

/// One non-empty value of a record, as sent. Absent, null and "" mean the same to HubSpot's users
/// and are left out.
struct PropertyValue {
  uint32_t property = 0;  ///< position in the page's PropertySet
  std::string_view raw;   ///< lives as long as the page
};

/// A record as a primary read (list or batch read) showed it.
struct Record {
  RecordId id;
  std::optional<TimePoint> created_at;
  std::optional<TimePoint> updated_at;
  bool archived = false;
  std::optional<TimePoint> archived_at;
  /// Ascending by `property`; only properties of the set the page was asked with.
  std::span<const PropertyValue> values;
};

/// What every answer tells about itself.
struct AnswerTimes {
  Instant sent_at{};  ///< when the request left, on our monotonic clock
  TimePoint date{};   ///< HubSpot's `Date` header
};

/// One answer of a list or a batch read. Movable; owns the bytes its records point into.
/// Owned by one thread.
struct Page {
  PropertySetPtr properties;
  std::vector<Record> records;
  /// Where the next page starts. Absent: this was the last one. A page may be short or empty
  /// while `next_after` is there.
  std::optional<std::string> next_after;
  /// Of a batch read, ids the answer itself called unknown. Only these and the ids that have no
  /// record here are absent; see rule R15 for who answers for a merged id. Of a list that was
  /// read in two requests, ids that it names and the second request did not show.
  std::vector<RecordId> not_found;
  AnswerTimes times;
  size_t bytes = 0;              ///< of the body, inflated
  uint64_t values_replaced = 0;  ///< unpaired surrogates that became U+FFFD
  std::shared_ptr<const void> storage;
};

/// A record that HubSpot cannot show although it shows others at the same time.
struct UnreadableRecord {
  RecordId id;
  std::string reason;  ///< for people, without values
};

/// An id the search index named, with the modified stamp it showed.
struct Nomination {
  RecordId id;
  std::optional<TimePoint> modified;
};

/// One answer of a search. Search only nominates ids: it shows old versions, archived and erased
/// records for minutes.
struct SearchAnswer {
  std::vector<Nomination> nominations;
  int64_t total = 0;
  bool more = false;  ///< the answer carried `paging`
  AnswerTimes times;
};

/// The account, from `/account-info/{version}/details`.
struct Account {
  PortalId portal_id;
  std::string account_type;
  std::string time_zone;
  int64_t utc_offset_ms = 0;
  std::string company_currency;
  std::vector<std::string> additional_currencies;
  std::string ui_domain;
  std::string data_hosting_location;
  AnswerTimes times;
};

}  // namespace hubmirror
