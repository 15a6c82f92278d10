#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "model/source/link_source.h"
#include "model/store/link_sink.h"

namespace hubmirror::testing {

/// Links in memory, `page` of a record at a time.
class FakeLinks final : public LinkSource, public LinkSink {
 public:
  std::map<int64_t, std::vector<int64_t>> links;  ///< as seen from whichever type is asked
  size_t page = 500;
  std::vector<std::string> asked;  ///< `companies>deals 1 2`
  std::vector<LinkCommit> commits;
  std::vector<RecordId> live;
  std::map<std::string, std::vector<RecordId>> live_of;  ///< by type, instead of `live`
  std::vector<DueRecord> due;
  std::vector<DueRecord> dropped;
  std::vector<RecordId> linked_from;
  std::vector<RecordId> linked;  ///< records of which links are known
  std::vector<LinkType> types = {{"HUBSPOT_DEFINED", 1, ""}};
  std::vector<std::string> types_saved;  ///< `companies>deals`

  /// What is shown of a record instead of `links`.
  std::function<std::vector<Link>(RecordId)> shown_of;

  // What HubSpot, or something before it, does wrong.
  std::set<std::string> blind;                  ///< `deals>leads`: shows no links
  std::map<std::string, ApiErrorKind> refused;  ///< `deals>leads`: fails
  std::set<int64_t> unreadable;                 ///< whatever asks for them fails
  std::optional<ApiError> failure;              ///< how; without `unreadable` everything fails
  size_t most = kLinkInputs;                    ///< more inputs are too large
  std::vector<int64_t> strangers;               ///< shown beside what is asked for
  std::set<int64_t> circling;                   ///< their pages lead to where they were
  std::set<int64_t> left_out;                   ///< not shown the first time
  bool leaves_out_pages = false;                ///< of a record the second one is never shown

  Result<LinkAnswer, ApiError> ReadLinks(const ObjectType& from, const ObjectType& to,
                                         const std::vector<LinkInput>& inputs) override {
    const std::string pair = from.name + ">" + to.name;
    std::string words = pair;
    for (const LinkInput& input : inputs) words += " " + std::to_string(input.id.value);
    asked.push_back(words);
    if (inputs.size() > most) return ApiError{.kind = ApiErrorKind::kTooLarge};
    const bool hit = unreadable.empty() || std::ranges::any_of(inputs, [this](const auto& input) {
                       return unreadable.contains(input.id.value);
                     });
    if (failure && hit) return *failure;
    if (refused.contains(pair)) return ApiError{.kind = refused.at(pair)};
    LinkAnswer answer;
    if (blind.contains(pair)) return answer;
    for (const LinkInput& input : inputs) Show(input, answer);
    for (const int64_t id : strangers) {
      answer.links.push_back({RecordId{id}, RecordId{99}, types.front()});
    }
    return answer;
  }
  Result<std::vector<LinkType>, ApiError> LinkTypes(const ObjectType&, const ObjectType&) override {
    return types;
  }

  std::vector<RecordId> LiveIds(const ObjectType& object, std::optional<RecordId> above,
                                size_t limit) override {
    std::vector<RecordId> ids;
    const auto own = live_of.find(object.name);
    for (const RecordId id : own == live_of.end() ? live : own->second) {
      if ((!above || id > *above) && ids.size() < limit) ids.push_back(id);
    }
    return ids;
  }
  std::vector<DueRecord> DueLinks(const ObjectType&, size_t) override {
    return std::exchange(due, {});
  }
  void DropDueLinks(const ObjectType&, const std::vector<DueRecord>& records) override {
    dropped = records;
  }
  std::vector<RecordId> LinkedFrom(const LinkPair&, const std::vector<RecordId>&) override {
    return linked_from;
  }
  std::vector<RecordId> Linked(const LinkPair&, const std::vector<RecordId>& from) override {
    std::vector<RecordId> known;
    for (const RecordId id : from) {
      if (std::ranges::find(linked, id) != linked.end()) known.push_back(id);
    }
    return known;
  }
  void WriteLinks(const LinkCommit& commit) override { commits.push_back(commit); }
  void SaveLinkTypes(const LinkPair& pair, const std::vector<LinkType>&) override {
    types_saved.push_back(pair.from.name + ">" + pair.to.name);
  }

  /// Pairs `from-to` of all links that were written.
  std::set<std::pair<int64_t, int64_t>> Written() const {
    std::set<std::pair<int64_t, int64_t>> written;
    for (const LinkCommit& commit : commits) {
      for (const Link& link : commit.links) written.emplace(link.from.value, link.to.value);
    }
    return written;
  }
  /// Records whose links were written as whole.
  std::set<int64_t> Read() const {
    std::set<int64_t> read;
    for (const LinkCommit& commit : commits) {
      for (const RecordId id : commit.read) read.insert(id.value);
    }
    return read;
  }
  int64_t Asked(const std::string& pair) const {
    return std::ranges::count_if(asked,
                                 [&](const auto& words) { return words.starts_with(pair + " "); });
  }

 private:
  void Show(const LinkInput& input, LinkAnswer& answer) {
    const int64_t id = input.id.value;
    if (left_out.erase(id) > 0 || (input.after && leaves_out_pages)) return;
    if (shown_of) {
      for (Link& link : shown_of(input.id)) answer.links.push_back(std::move(link));
      return;
    }
    const auto& others = links[id];
    size_t at = input.after ? std::stoul(*input.after) : 0;
    for (size_t end = at + page; at < others.size() && at < end; ++at) {
      answer.links.push_back({input.id, RecordId{others[at]}, types.front()});
    }
    if (at < others.size()) {
      const size_t next = circling.contains(id) && input.after ? page : at;
      answer.more.push_back({input.id, std::to_string(next)});
    }
  }
};

}  // namespace hubmirror::testing
