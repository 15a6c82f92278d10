#pragma once

#include <cstddef>
#include <set>
#include <string>

#include "jobs/part_size.h"
#include "jobs/walk/walk_ranges.h"
#include "model/source/page_source.h"

namespace hubmirror {

/// How to ask for the next page of one stretch of a list: in halves while it fails, and finally,
/// when a single record cannot be read, by its id only, so that it can be named and passed. Pure
/// value.
class ListPart {
 public:
  /// The next page names a record that cannot be read.
  bool naming() const { return naming_; }
  void Shape(ListRequest& request) const;
  /// A request for `asked` records failed. Returns whether less is asked for from here on.
  bool Failed(const ApiError& error, size_t asked);
  /// An answer came that could be used.
  void Answered();
  size_t size() const { return size_.size(); }

 private:
  PartSize size_{kListPageSize};
  bool naming_ = false;
};

/// The places to which the cursors of a list lead, so that a list leading back to an earlier place
/// is noticed. In a list ordered by id, an id replaces such a cursor. Owned by one thread at a
/// time.
class ListPlaces {
 public:
  enum class Lead {
    kOn,
    kOnById,   ///< by its last id, whatever the page says itself
    kNowhere,  ///< nothing leads on from this page
  };
  /// Where `page` leads, which was asked for at `after`; puts the id into it.
  Lead Check(Page& page, const std::string& after, bool ordered);
  void Clear() { places_.clear(); }

 private:
  std::set<std::string> places_;  ///< of a list without order
};

/// What WalkRanges must know about a page.
WalkRanges::PageFacts FactsOf(const Page& page);

}  // namespace hubmirror
