#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "model/source/api_error.h"
#include "model/source/link.h"
#include "model/source/object_type.h"
#include "model/source/page.h"

namespace hubmirror {

inline constexpr size_t kWriteInputs = 100;  ///< HubSpot's maximum for batches of records

/// A property's value in HubSpot's spelling: a number by its digits, `true` or `false`, what is
/// chosen of a list joined by `;`. Empty: the record has none, or is to have none.
struct PropertyText {
  std::string property;
  std::string value;
  friend bool operator==(const PropertyText&, const PropertyText&) = default;
};

/// What is asked of a record.
enum class WriteOp {
  kUpdate,
  kCreate,
  kUpsert,   ///< makes it, or changes the one that has a unique value
  kArchive,  ///< into HubSpot's recycle bin; activities may go for good
  kAssociate,
  kDisassociate,
};

/// `update`, ...
std::string_view NameOf(WriteOp op);
/// Whether it concerns the links of a record, and not the record.
inline bool IsOfLinks(WriteOp op) {
  return op == WriteOp::kAssociate || op == WriteOp::kDisassociate;
}

/// What one input of a request asks for: these values of a record, exactly as they leave.
/// Properties that it does not name stay as they are.
struct WriteInput {
  RecordId id;  ///< of the record, as far as it is known; 0: it may have none yet
  std::vector<PropertyText> values;
  /// Names the input in the answer; unique within the request.
  std::string trace_id;
  /// What no other record has: an upsert names the record by it, and it tells a new record in the
  /// answer. Without a property nothing is known to, and the input goes alone.
  PropertyText unique = {};
};

/// What is done to the links of two records
/// (https://developers.hubspot.com/docs/api-reference/crm-associations-v4/guide).
enum class LinkDeed {
  kLink,     ///< the link as such is made
  kLabel,    ///< these types take the place of all that the two have
  kUnlabel,  ///< these labels are taken away, and the link stays
  kUnlink,   ///< everything between the two is taken away
};

/// What one input of a request asks for: of these two records, in the direction of the request.
struct LinkWrite {
  RecordId from;
  RecordId to;
  std::vector<LinkType> types = {};  ///< of kLabel and kUnlabel
};

/// Why HubSpot does not take an input.
struct WriteRefusal {
  int status = 0;        ///< of the answer, or what it says of the one input
  std::string category;  ///< `VALIDATION_ERROR`, `OBJECT_NOT_FOUND`, `CONFLICT`, ...
  std::string code;      ///< of the value at fault: `INVALID_OPTION`, ...; empty: not told
  std::string property;  ///< the one at fault; empty: not told
  std::string message;  ///< HubSpot's words, which may quote values: for the row, never for the log
  std::string correlation_id;
  RecordId existing = {};  ///< which has the value that is to be unique; 0: not told
};

/// What became of one input.
struct WriteOutcome {
  enum class Fate {
    kWritten,  ///< HubSpot says that it did it
    kRefused,  ///< HubSpot refused this very input: nothing of it was written
    /// Not done, for a reason that need not be its own: the request never left, or was refused as a
    /// whole. Some of it may have been done all the same where HubSpot judged the content of
    /// several inputs (400, 409): whoever sends it again reads first.
    kReturned,
    /// It may have been done, and may still be until 100 s after the request left.
    kUnknown,
  };
  Fate fate = Fate::kUnknown;
  // Of kWritten:
  RecordId id = {};                          ///< as answered; a survivor's, where one was merged
  std::optional<TimePoint> updated_at = {};  ///< the envelope's
  std::vector<PropertyText> shown = {};      ///< what of the values sent the answer shows, and how
  /// Of kRefused; and of kReturned, if HubSpot refused the content of the whole request.
  std::optional<WriteRefusal> refusal = {};
};

/// What became of a request.
struct WriteAnswer {
  std::vector<WriteOutcome> outcomes;  ///< one for each input, in the order of the inputs
  /// Why there was no usable answer, for the retry policy; absent: HubSpot took the request, or
  /// refused its content, and the outcomes say all there is to say.
  std::optional<ApiError> failure;
  AnswerTimes times;  ///< `date` is only set if there was an answer with one
};

/// The way to write to one portal's records. Each call is one request, sent at most once by anyone
/// below (rule W23), and blocks until its answer or the deadline for writes. It never retries or
/// waits for a budget. Thread-safe. Facts: HubSpot's guide to the objects API and its page on
/// errors, https://developers.hubspot.com/docs/api-reference.
class RecordTarget {
 public:
  virtual ~RecordTarget() = default;

  /// Makes or changes 1 to kWriteInputs records of a type, no two of them the same. Answers are
  /// told apart by trace id, by record id and by unique values, never by their order. No byte
  /// leaves after `leave_by`, which is of Clock::BootNow: what was claimed before the machine slept
  /// may be out of date.
  virtual WriteAnswer Write(WriteOp op, const ObjectType& type,
                            const std::vector<WriteInput>& inputs, Instant leave_by) = 0;
  /// Does the same to the links of 1 to kWriteInputs pairs of records, no two of them the same, in
  /// the same way. All of it can be done twice.
  virtual WriteAnswer WriteLinks(LinkDeed deed, const LinkPair& pair,
                                 const std::vector<LinkWrite>& inputs, Instant leave_by) = 0;
};

}  // namespace hubmirror
