#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "model/source/page_source.h"
#include "model/source/source_clock.h"
#include "support/fake_clock.h"

namespace hubmirror::testing {

/// A portal in memory behind the PageSource port: a primary store, and a search index that is told
/// separately what it shows. Its clock is the fake clock's wall clock.
class FakeHubSpot final : public PageSource {
 public:
  struct Entry {
    std::map<std::string, std::string> values;
    TimePoint modified{};
    TimePoint created = FakeClock::kEpoch;
    bool archived = false;
    bool gone = false;
    std::optional<int64_t> merged_into;
  };
  struct Request {
    std::string what;  ///< list, archived, search, batch, archived_batch, properties, account
    std::vector<RecordId> ids;
    SearchRequest search;
    PropertySetPtr properties;
    size_t limit = 0;         ///< of a list or a search
    std::string after = {};   ///< of a list
    std::string sensitivity;  ///< of definitions
  };

  explicit FakeHubSpot(const FakeClock& clock) : clock_(clock) {}

  /// Creates or changes a record now; the index sees it at once unless `index_sees` is false.
  void Put(int64_t id, std::map<std::string, std::string> values = {});
  /// Changes a value without moving the stamp, as calculations do.
  void Calculate(int64_t id, const std::string& property, const std::string& value);
  void Archive(int64_t id) { records.at(id).archived = true; }
  void Restore(int64_t id) { records.at(id).archived = false; }
  void Erase(int64_t id) { records.at(id).gone = true; }
  /// `loser` answers with `survivor` from now on.
  void Merge(int64_t loser, int64_t survivor, bool listed_on_survivor = true);

  std::map<int64_t, Entry> records;
  std::map<int64_t, TimePoint> index;
  bool index_sees = true;
  bool say_not_found = true;          ///< batch answers name what they do not know
  std::set<int64_t> left_out;         ///< batch answers are silent about these
  bool descending_lists = false;      ///< breaks the order lists keep
  bool search_refused = false;        ///< this type cannot be searched
  bool losers_look_archived = false;  ///< merged records show on the archived list
  std::set<int64_t> unreadable;       ///< whatever asks for their values is answered by 500
  bool all_fails = false;             ///< everything is answered by 500
  size_t page_size = kListPageSize;
  size_t largest_page = 1000;        ///< pages with values of more records are too large
  bool hollow_lists = false;         ///< list pages are empty, and there is more
  bool stuck_lists = false;          ///< list pages name the place they were asked from
  std::set<int64_t> left_off_lists;  ///< lists do not show these
  bool ignores_limits = false;       ///< pages and searches are as long as the two sizes say
  size_t search_page = kSearchPageSize;
  bool shuffled_search = false;     ///< descending ids, whatever was asked for
  bool stuck_search = false;        ///< empty, and there is more
  std::set<int64_t> searched_past;  ///< counted by search and not shown
  size_t largest_search = 1000;     ///< searches that show more are too large
  std::set<int64_t> unsearchable;   ///< searches that would show these are answered by 500
  /// Search shows these stamps, whatever its index is asked for.
  std::map<int64_t, TimePoint> searched_stamps;
  std::vector<int64_t> shown_beside;             ///< batch answers show these, too
  std::deque<ApiError> errors;                   ///< the next requests fail with these
  std::function<void()> meanwhile;               ///< happens while the next request is under way
  std::optional<ApiError> archived_error;        ///< the archived list fails with this
  std::optional<ApiError> archived_batch_error;  ///< and batch reads of archived records with this
  std::vector<PropertyDefinition>
      definitions;                           ///< others have values, too, but no search knows them
  int short_definitions = 0;                 ///< so many answers lack the last of the definitions
  std::set<std::string> refused_properties;  ///< asking for one of these is answered by 400
  PortalId portal_id{4711};
  std::vector<Request> requests;
  /// Told of every request before it is answered: it may hold it up, or tell a governor.
  std::function<void(const std::string& what)> on_request;

  /// The next answers carry these as their `Date`.
  mutable std::deque<TimePoint> dates;
  /// What the client behind the port makes of the dates.
  const std::shared_ptr<SourceClock> source_clock = std::make_shared<SourceClock>();
  /// Answers something that nobody cares for but the clock.
  void Tell() { Times(); }

  int64_t Count(const std::string& what) const;

  Result<Page, ApiError> List(const ObjectType& type, const ListRequest& request) override;
  Result<SearchAnswer, ApiError> Search(const ObjectType& type,
                                        const SearchRequest& request) override;
  Result<Page, ApiError> BatchRead(const ObjectType& type,
                                   const BatchReadRequest& request) override;
  Result<std::vector<PropertyDefinition>, ApiError> Properties(
      const ObjectType& type, const PropertiesRequest& request) override;
  Result<std::vector<PropertyGroup>, ApiError> PropertyGroups(const ObjectType& type) override;
  Result<Account, ApiError> AccountDetails() override;
  int ListCost(const ObjectType&, const PropertySet&) const override { return 1; }

 private:
  std::optional<ApiError> NextError(Request request);
  bool HasValue(const Entry& entry, const std::string& property) const;
  /// What asking for the values of these meets.
  std::optional<ApiError> Trouble(const std::vector<int64_t>& ids,
                                  const PropertySetPtr& properties) const;
  AnswerTimes Times() const;
  Page PageOf(const std::vector<int64_t>& ids, const PropertySetPtr& properties) const;

  const FakeClock& clock_;
};

}  // namespace hubmirror::testing
