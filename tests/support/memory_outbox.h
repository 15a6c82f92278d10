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
  std::function<void()> before_claim = [] {};

  void Put(OutboxRow row) {
    const int64_t id = row.id.value;
    rows[id] = {.row = std::move(row)};
  }
  OutboxState state(int64_t id) const { return rows.at(id).state; }
  const OutboxChange& last(int64_t id) const { return rows.at(id).last; }

  std::vector<OutboxRow> Pick(const ObjectType&, const OutboxPick& pick) override {
    std::vector<OutboxRow> picked;
    std::set<RecordId> busy;
    for (auto& [id, entry] : rows) {
      if (!Unsettled(entry)) continue;
      if (!busy.insert(entry.row.record).second || picked.size() == pick.limit) continue;
      const bool in_doubt =
          entry.state == OutboxState::kSending || entry.state == OutboxState::kUnknown;
      if (entry.state == OutboxState::kWritten || (in_doubt && entry.sent_at > pick.settled)) {
        continue;
      }
      picked.push_back(entry.row);
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
      for (const PropertyText& sent : claim.sent) {
        const auto wanted =
            std::ranges::find(entry.row.values, sent.property, &WantedValue::property);
        wanted->sent = sent.value;
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
                         .reason = entry.last.reason,
                         .updated_at = entry.last.updated_at,
                         .sent = entry.sent});
    }
    return written;
  }

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

/// Writes into a portal in memory, and says what it is told to.
class FakeRecordTarget final : public RecordTarget {
 public:
  explicit FakeRecordTarget(FakeHubSpot& hubspot) : hubspot_(hubspot) {}

  std::vector<std::vector<RecordUpdate>> requests;
  bool loses_answer = false;                ///< the next one, after the work
  std::optional<ApiError> failure;          ///< the next request is answered so, before any work
  std::map<int64_t, WriteRefusal> refuses;  ///< these records
  bool in_parts = true;                     ///< a bad input does not concern the others
  /// What HubSpot makes of a value.
  std::function<std::string(const std::string& property, std::string value)> normalise =
      [](const std::string&, std::string value) { return value; };

  WriteAnswer Update(const ObjectType&, const std::vector<RecordUpdate>& inputs, Instant) override {
    requests.push_back(inputs);
    using Fate = WriteOutcome::Fate;
    WriteAnswer answer;
    answer.outcomes.resize(inputs.size(), {.fate = Fate::kReturned});
    if (failure) {
      answer.failure = std::exchange(failure, std::nullopt);
      return answer;
    }
    const auto bad = [&](const RecordUpdate& input) { return refuses.contains(input.id.value); };
    if (!in_parts && inputs.size() > 1 && std::ranges::any_of(inputs, bad)) return answer;
    for (size_t i = 0; i < inputs.size(); ++i) answer.outcomes[i] = Write(inputs[i]);
    if (std::exchange(loses_answer, false)) {
      answer.outcomes.assign(inputs.size(), {.fate = Fate::kUnknown});
      answer.failure = ApiError{.kind = ApiErrorKind::kTimeout, .message = "no answer"};
    }
    return answer;
  }

 private:
  WriteOutcome Write(const RecordUpdate& input) {
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
