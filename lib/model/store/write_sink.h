#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "model/source/link.h"
#include "model/source/object_type.h"
#include "model/source/record_target.h"
#include "model/store/write_status.h"

namespace hubmirror {

/// The id of a row of `outbox`.
using OutboxId = NumberId<struct OutboxTag>;

/// Where a row stands, as its column `state` says it.
enum class OutboxState {
  kQueued,
  kSending,   ///< claimed: a request may be under way
  kWritten,   ///< HubSpot holds it; not read back yet
  kUnknown,   ///< sent, outcome not known
  kConflict,  ///< HubSpot holds another value than the row was based on: nothing was sent
  kRejected,  ///< refused by our checks: nothing was sent
  kFailed,    ///< refused by HubSpot, or given up
  kDone,
};

/// `queued`, `sending`, ...
std::string_view NameOf(OutboxState state);

/// What happens to a property that HubSpot holds with another value than the row was based on.
enum class ConflictRule {
  kHold,    ///< the row waits for a person, and nothing of it is sent
  kOurs,    ///< it is sent
  kTheirs,  ///< it is left out
};

/// `hold`, `ours`, `theirs`; nullopt for anything else.
std::optional<ConflictRule> ConflictRuleOf(std::string_view name);

/// One property that a row asks to change.
struct WantedValue {
  std::string property;
  /// In HubSpot's spelling; see PropertyText.
  std::string value;
  /// `{"add": [..]}`: what `value` lists joins what is chosen already.
  bool adds = false;
  /// What the row is based on; "" is a record without a value. Absent: nothing that could be newer
  /// is known, so it is sent (rule W2).
  std::optional<std::string> base = {};
  /// Values that earlier rows of the outbox wrote to this property of the record since this row was
  /// inserted, as sent and as HubSpot answered: they are no conflict (rule W6).
  std::vector<std::string> own = {};
  /// What an earlier attempt of this very row sent. Found at HubSpot, it counts as ours.
  std::optional<std::string> sent = {};
};

/// A link that a row asks to make or to take away.
struct WantedLink {
  std::string object;  ///< of the record at the other end, by name
  /// As far as the mirror follows merges; 0: the row that was to give it is no longer there.
  RecordId id;
  std::string label = {};             ///< empty: the link as such
  std::optional<LinkType> type = {};  ///< what HubSpot calls the label; absent: nothing so far
};

/// A row whose turn it is.
struct OutboxRow {
  OutboxId id;
  int attempts = 0;  ///< claims so far
  WriteOp op = WriteOp::kUpdate;
  /// The record it is about, as far as the mirror follows merges; 0: one that is to be made, or one
  /// that the row it names has not made.
  RecordId record = {};
  std::vector<WantedValue> values;
  std::optional<ConflictRule> on_conflict;  ///< the row's own
  bool dry_run = false;                     ///< it is never sent (rule W25)
  TimePoint created_at{};                   ///< of the database's clock
  PropertyText match = {};  ///< of an upsert: the unique value that names the record
  std::vector<WantedLink> links = {};
  bool made = false;  ///< its record is: what is left to be done is in `links`
  // Of a create:
  std::string guard = {};  ///< the value of the key property by which its record is known (W8)
  /// The key property that was set when it was last sent; empty: none was, or it never was.
  std::string guarded_by = {};
  bool in_doubt = false;  ///< it was sent, and nobody knows whether it arrived
  RecordId created = {};  ///< what a person found that it made; 0: nobody said so
  /// For a while nothing told whether it made its record: that none is found now proves nothing.
  bool doubted = false;
  /// Of HubSpot's clock; absent: never, or a person has said that nothing was made until now.
  std::optional<TimePoint> first_sent = {};
};

/// Which rows to pick.
struct OutboxPick {
  /// HubSpot's time: rows that were claimed until then and never heard of are in doubt no longer,
  /// and are looked at like queued ones (rule W11).
  TimePoint settled{};
  size_t limit = kWriteInputs;
};

/// A change that the feed will show of what a row asks for, by which it is known as ours (rule
/// W14).
struct Echo {
  std::string object;    ///< of the record, or of the end of a link that the mirror names first
  RecordId id = {};      ///< 0: of the record that is to be made
  std::string property;  ///< or kEchoOfArchive, kEchoOfLink, which no property is called
  std::string value;     ///< as a column of the property loads it; of a link see LinkEcho
  /// No other record has this value: by it the record is known that was made.
  bool names_record = false;
  friend bool operator==(const Echo&, const Echo&) = default;
};
inline constexpr std::string_view kEchoOfArchive = ".archived";
inline constexpr std::string_view kEchoOfLink = ".link";

/// Names what happened to one type of a link: that it was made, or taken away. What has no label is
/// the link as such, whatever number HubSpot gives it.
std::string LinkEcho(bool made, std::string_view to_object, RecordId to, const LinkType& type);

/// That a row is about to be sent.
struct OutboxClaim {
  OutboxId id;
  int attempts = 0;  ///< as picked: a row that somebody claimed since is not given
  RecordId record;   ///< that the request names: a survivor, where HubSpot has merged it
  std::vector<PropertyText> sent;  ///< exactly what will leave
  std::vector<Echo> echoes = {};   ///< of exactly that
};

/// A value that is not as a row asked.
struct WriteDifference {
  enum class Why {
    kTheirs,   ///< HubSpot's was newer, and stays
    kAnother,  ///< read back, the record shows another one: normalised, ignored, or changed since
  };
  std::string property;
  std::string wanted;
  std::string shown;
  Why why = Why::kAnother;
  friend bool operator==(const WriteDifference&, const WriteDifference&) = default;
};

/// Where a row stands from now on.
struct OutboxChange {
  OutboxId id;
  int attempts = 0;  ///< as picked, or as claimed: a row that was claimed since stays as it is
  OutboxState state = OutboxState::kQueued;
  std::string reason = {};   ///< a fixed word: `unchanged`, `differs`, `looking`, `invalid`, ...
  std::string message = {};  ///< for people, with the next step; may quote values of the row
  int http_status = 0;
  std::string correlation_id = {};
  /// Of kQueued: not picked before then, by the database's clock counted from now.
  std::chrono::milliseconds not_within{0};
  // Of kWritten:
  std::vector<PropertyText> answered = {};   ///< what HubSpot's answer shows of what was sent
  std::optional<TimePoint> updated_at = {};  ///< the read back must not be older
  RecordId record = {};                      ///< of kWritten and kDone: becomes `result_id`
  std::vector<Echo> echoes = {};             ///< of kWritten: what the answer shows otherwise
  std::vector<PropertyText> tried = {};      ///< of kDone, `dry`: what would have been sent
  /// Nothing of what was claimed will be seen any more: HubSpot did not carry it out, or all of it
  /// has been seen.
  bool echo_over = false;
  /// Added to what the row already has of them.
  std::vector<WriteDifference> differs = {};
};

/// A row that HubSpot has carried out and that is to be read back.
struct WrittenRow {
  OutboxId id;
  int attempts = 0;
  RecordId record;
  WriteOp op = WriteOp::kUpdate;
  std::string reason = {};                   ///< as it was changed to kWritten
  std::optional<TimePoint> updated_at = {};  ///< as it was changed to kWritten
  std::vector<PropertyText> sent = {};       ///< as claimed; empty: nothing had to be sent
  std::vector<WantedLink> links = {};        ///< as in OutboxRow
};

/// The table `outbox` of one portal. Calls block, throw DatabaseError and renew ownership as
/// RowSink's do: a daemon that no longer owns the portal can neither claim nor change a row.
/// No call waits for a row that somebody else has locked (rule W3): such a row is passed over, and
/// comes again. Thread-safe. Rows end in RowSink::Write, together with the record that proves them:
/// see Commit::outbox.
class WriteSink {
 public:
  virtual ~WriteSink() = default;

  /// Rows of an object whose turn it is, in the order of their turns, at most one for a record and
  /// none whose record has an earlier one under way (rule W4). Changes nothing that a caller could
  /// notice; who is to send them claims them.
  virtual std::vector<OutboxRow> Pick(const ObjectType& object, const OutboxPick& pick) = 0;
  /// Marks rows as `sending`, at `sent_at` of HubSpot's clock. Committed, whatever the session says
  /// about that, before it returns. Returns those that still stood as they were picked.
  virtual std::vector<OutboxId> Claim(const ObjectType& object,
                                      const std::vector<OutboxClaim>& claims,
                                      TimePoint sent_at) = 0;
  /// Moves rows on. One that was cancelled or claimed since stays as it is.
  virtual void Change(const ObjectType& object, const std::vector<OutboxChange>& changes) = 0;
  /// Rows that are `written`, longest ago first; also what a former run of the daemon left behind.
  virtual std::vector<WrittenRow> Written(const ObjectType& object, size_t limit) = 0;
  /// How all rows of the portal stood at the last look; nullopt: nobody has looked yet. Does not
  /// block and does not throw.
  virtual std::optional<WriteStatus> Standing() const = 0;
};

}  // namespace hubmirror
