#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "model/store/database_error.h"
#include "model/store/write_sink.h"
#include "support/fake_hubspot.h"

namespace hubmirror::testing {

/// An outbox in memory: rows in the order of their ids, one of a record at a time.
class MemoryOutbox final : public WriteSink {
 public:
  struct Entry {
    OutboxRow row;
    OutboxState state = OutboxState::kQueued;
    std::vector<PropertyText> sent = {};
    TimePoint sent_at{};
    OutboxChange last = {};  ///< the last change, as it was told
    bool cancelled = false;
  };
  std::map<int64_t, Entry> rows;
  std::vector<std::vector<OutboxClaim>> claims;
  bool away = false;              ///< whatever changes something fails
  bool away_after_claim = false;  ///< what comes after the next claim fails
  bool settles_doubts = false;    ///< what told nothing may tell again
  std::function<void()> before_claim = [] {};

  void Put(OutboxRow row) {
    const int64_t id = row.id.value;
    rows[id] = {.row = std::move(row)};
  }
  OutboxState state(int64_t id) const { return rows.at(id).state; }
  const OutboxChange& last(int64_t id) const { return rows.at(id).last; }

  std::vector<OutboxRow> Pick(const ObjectType&, const OutboxPick& pick) override {
    std::vector<OutboxRow> picked;
    std::set<RecordId> busy;  // a record that is to be made is no other row's
    for (auto& [id, entry] : rows) {
      if (!Unsettled(entry)) continue;
      const bool waits = entry.row.record.value != 0 && !entry.row.dry_run;
      const bool taken = waits && !busy.insert(entry.row.record).second;
      if (taken || picked.size() == pick.limit) continue;
      const bool in_doubt =
          entry.state == OutboxState::kSending || entry.state == OutboxState::kUnknown;
      if (entry.state == OutboxState::kWritten || (in_doubt && entry.sent_at > pick.settled)) {
        continue;
      }
      const bool doubted = in_doubt && entry.last.reason == "doubt";
      if (doubted && !settles_doubts) continue;
      picked.push_back(entry.row);
      picked.back().doubted = doubted;
      picked.back().in_doubt = in_doubt;
    }
    return picked;
  }

  std::vector<OutboxId> Claim(const ObjectType&, const std::vector<OutboxClaim>& asked,
                              TimePoint sent_at) override {
    before_claim();
    Fail();
    claims.push_back(asked);
    std::vector<OutboxId> claimed;
    for (const OutboxClaim& claim : asked) {
      Entry& entry = rows.at(claim.id.value);
      if (entry.cancelled || entry.row.attempts != claim.attempts) continue;
      entry.state = OutboxState::kSending;
      entry.sent = claim.sent;
      entry.sent_at = sent_at;
      entry.row.attempts += 1;
      if (!entry.row.first_sent) entry.row.first_sent = sent_at;
      for (const PropertyText& sent : claim.sent) {
        const auto wanted =
            std::ranges::find(entry.row.values, sent.property, &WantedValue::property);
        if (wanted != entry.row.values.end()) {
          wanted->sent = sent.value;
        } else {
          entry.row.guarded_by = sent.property;
        }
      }
      claimed.push_back(claim.id);
    }
    away = std::exchange(away_after_claim, false);
    return claimed;
  }

  void Change(const ObjectType&, const std::vector<OutboxChange>& changes) override {
    Fail();
    for (const OutboxChange& change : changes) {
      Entry& entry = rows.at(change.id.value);
      if (entry.cancelled || entry.row.attempts != change.attempts) continue;
      entry.state = change.state;
      auto differs = std::move(entry.last.differs);
      entry.last = change;
      entry.last.differs.insert(entry.last.differs.begin(), differs.begin(), differs.end());
    }
  }

  std::vector<WrittenRow> Written(const ObjectType&, size_t limit) override {
    std::vector<WrittenRow> written;
    for (const auto& [id, entry] : rows) {
      if (entry.state != OutboxState::kWritten || written.size() == limit) continue;
      written.push_back({.id = entry.row.id,
                         .attempts = entry.row.attempts,
                         .record = entry.last.record,
                         .op = entry.row.op,
                         .reason = entry.last.reason,
                         .updated_at = entry.last.updated_at,
                         .sent = entry.sent,
                         .links = entry.row.links});
    }
    return written;
  }

  std::optional<WriteStatus> Standing() const override { return std::nullopt; }

 private:
  static bool Unsettled(const Entry& entry) {
    switch (entry.state) {
      case OutboxState::kQueued:
      case OutboxState::kSending:
      case OutboxState::kWritten:
      case OutboxState::kUnknown:
        return !entry.cancelled;
      default:
        return false;
    }
  }
  void Fail() const {
    if (away)
      throw DatabaseError(DatabaseError::Kind::kUnavailable, "57P01", "the database went away");
  }
};

/// Links of a portal in memory: the types of each pair, from the side that is read.
class FakeLinkStore {
 public:
  std::map<std::pair<int64_t, int64_t>, std::vector<LinkType>> pairs;
  std::vector<LinkDeed> deeds;
  std::vector<std::vector<LinkWrite>> requests;
  std::set<int64_t> unknown_records;        ///< HubSpot has none of them
  bool loses_answer = false;                ///< the next one, after the work
  std::optional<ApiError> failure;          ///< the next request is answered so, before any work
  std::optional<WriteRefusal> refuses;      ///< every request as a whole
  std::function<void()> meanwhile = [] {};  ///< before the work of the next request

  WriteAnswer Write(LinkDeed deed, const std::vector<LinkWrite>& inputs) {
    deeds.push_back(deed);
    requests.push_back(inputs);
    using Fate = WriteOutcome::Fate;
    WriteAnswer answer;
    answer.outcomes.resize(inputs.size(), {.fate = Fate::kReturned, .refusal = refuses});
    std::exchange(meanwhile, [] {})();
    if (refuses) return answer;
    if (failure) {
      answer.failure = std::exchange(failure, std::nullopt);
      return answer;
    }
    for (size_t i = 0; i < inputs.size(); ++i) answer.outcomes[i] = Do(deed, inputs[i]);
    if (std::exchange(loses_answer, false)) {
      answer.outcomes.assign(inputs.size(), {.fate = Fate::kUnknown});
      answer.failure = ApiError{.kind = ApiErrorKind::kTimeout, .message = "no answer"};
    }
    return answer;
  }
  std::vector<Link> LinksFrom(RecordId from) const {
    std::vector<Link> links;
    for (const auto& [ends, types] : pairs) {
      if (ends.first != from.value) continue;
      for (const LinkType& type : types) links.push_back({from, RecordId{ends.second}, type});
    }
    return links;
  }
  /// The labels of a pair: `|A` is the link as such and A; empty: it is not linked.
  std::string Labels(int64_t from, int64_t to) const {
    std::string labels;
    const auto found = pairs.find({from, to});
    if (found == pairs.end()) return labels;
    for (const LinkType& type : found->second) labels += "|" + type.label;
    return labels;
  }

 private:
  WriteOutcome Do(LinkDeed deed, const LinkWrite& input) {
    if (unknown_records.contains(input.from.value) || unknown_records.contains(input.to.value)) {
      return {.fate = WriteOutcome::Fate::kRefused,
              .refusal = WriteRefusal{.status = 207, .category = "OBJECT_NOT_FOUND"}};
    }
    const std::pair key(input.from.value, input.to.value);
    const LinkType plain{"HUBSPOT_DEFINED", 1, ""};
    auto& types = pairs[key];
    const auto drop = [&types](const LinkType& type) { std::erase(types, type); };
    if (deed == LinkDeed::kLink || deed == LinkDeed::kLabel) {
      // What is written replaces the labels that the pair had.
      types = {plain};
      for (const LinkType& type : input.types) {
        drop(type);
        types.push_back(type);
      }
    } else if (deed == LinkDeed::kUnlabel) {
      for (const LinkType& type : input.types) drop(type);
    } else {
      types.clear();
    }
    if (types.empty()) pairs.erase(key);
    return {.fate = WriteOutcome::Fate::kWritten};
  }
};

/// Writes into a portal in memory, and says what it is told to.
class FakeRecordTarget final : public RecordTarget {
 public:
  explicit FakeRecordTarget(FakeHubSpot& hubspot) : hubspot_(hubspot) {}

  std::vector<std::vector<WriteInput>> requests;
  std::vector<WriteOp> ops;                 ///< of the requests
  int64_t next_id = 1001;                   ///< of the next record that is made
  std::string unique;                       ///< a property whose values are
  bool loses_answer = false;                ///< the next one, after the work
  std::optional<ApiError> failure;          ///< the next request is answered so, before any work
  std::map<int64_t, WriteRefusal> refuses;  ///< these records
  bool in_parts = true;                     ///< a bad input does not concern the others
  FakeLinkStore linked;
  /// What HubSpot makes of a value.
  std::function<std::string(const std::string& property, std::string value)> normalise =
      [](const std::string&, std::string value) { return value; };

  WriteAnswer Write(WriteOp op, const ObjectType&, const std::vector<WriteInput>& inputs,
                    Instant) override {
    requests.push_back(inputs);
    ops.push_back(op);
    using Fate = WriteOutcome::Fate;
    WriteAnswer answer;
    answer.outcomes.resize(inputs.size(), {.fate = Fate::kReturned});
    if (failure) {
      answer.failure = std::exchange(failure, std::nullopt);
      return answer;
    }
    const auto bad = [&](const WriteInput& input) {
      return refuses.contains(input.id.value) || Holder(input) != 0;
    };
    if (!in_parts && inputs.size() > 1 && std::ranges::any_of(inputs, bad)) return answer;
    for (size_t i = 0; i < inputs.size(); ++i) {
      answer.outcomes[i] = Do(op, inputs[i]);
    }
    if (std::exchange(loses_answer, false)) {
      answer.outcomes.assign(inputs.size(), {.fate = Fate::kUnknown});
      answer.failure = ApiError{.kind = ApiErrorKind::kTimeout, .message = "no answer"};
    }
    return answer;
  }

  WriteAnswer WriteLinks(LinkDeed deed, const LinkPair&, const std::vector<LinkWrite>& inputs,
                         Instant) override {
    return linked.Write(deed, inputs);
  }

 private:
  /// The record that has a value of the unique property already; 0: none.
  int64_t Holder(const WriteInput& input) const {
    const auto value = std::ranges::find(input.values, unique, &PropertyText::property);
    if (unique.empty() || value == input.values.end()) return 0;
    for (const auto& [id, entry] : hubspot_.records) {
      const auto held = entry.values.find(unique);
      if (held != entry.values.end() && held->second == value->value && id != input.id.value) {
        return id;
      }
    }
    return 0;
  }
  WriteOutcome Do(WriteOp op, WriteInput input) {
    switch (op) {
      case WriteOp::kCreate:
        return Make(std::move(input));
      case WriteOp::kArchive:
        hubspot_.Archive(input.id.value);
        return {.fate = WriteOutcome::Fate::kWritten, .id = input.id};
      case WriteOp::kUpsert:
        input.values.push_back(input.unique);
        input.id = {};
        input.id = {Holder(input)};
        return input.id.value == 0 ? Make(std::move(input)) : Change(input);
      case WriteOp::kUpdate:
      case WriteOp::kAssociate:
      case WriteOp::kDisassociate:
        break;
    }
    return Change(input);
  }
  WriteOutcome Make(WriteInput input) {
    if (const int64_t holder = Holder(input); holder != 0) {
      return {.fate = WriteOutcome::Fate::kRefused,
              .refusal = WriteRefusal{.status = 409,
                                      .category = "CONFLICT",
                                      .message = "exists already",
                                      .existing = {holder}}};
    }
    input.id = {next_id++};
    WriteOutcome outcome = Change(input);
    auto& entry = hubspot_.records.at(input.id.value);
    entry.created = entry.modified;
    return outcome;
  }
  WriteOutcome Change(const WriteInput& input) {
    if (const auto refused = refuses.find(input.id.value); refused != refuses.end()) {
      return {.fate = WriteOutcome::Fate::kRefused, .refusal = refused->second};
    }
    WriteOutcome outcome{.fate = WriteOutcome::Fate::kWritten, .id = input.id};
    std::map<std::string, std::string> values;
    for (const PropertyText& value : input.values) {
      values[value.property] = normalise(value.property, value.value);
      outcome.shown.push_back({value.property, values[value.property]});
    }
    hubspot_.Put(input.id.value, values);
    outcome.updated_at = hubspot_.records.at(input.id.value).modified;
    return outcome;
  }

  FakeHubSpot& hubspot_;
};

}  // namespace hubmirror::testing
