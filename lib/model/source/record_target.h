#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "model/source/api_error.h"
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

/// What one input of a request asks for: these values of this record, exactly as they leave.
/// Properties that it does not name stay as they are.
struct RecordUpdate {
  RecordId id;
  std::vector<PropertyText> values;
  /// Names the input in the answer; unique within the request.
  std::string trace_id;
};

/// Why HubSpot does not take an input.
struct WriteRefusal {
  int status = 0;        ///< of the answer, or what it says of the one input
  std::string category;  ///< `VALIDATION_ERROR`, `OBJECT_NOT_FOUND`, `CONFLICT`, ...
  std::string code;      ///< of the value at fault: `INVALID_OPTION`, ...; empty: not told
  std::string property;  ///< the one at fault; empty: not told
  std::string message;  ///< HubSpot's words, which may quote values: for the row, never for the log
  std::string correlation_id;
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

  /// Changes 1 to kWriteInputs records of a type, no two of them the same. Answers are told apart
  /// by trace id and by record id, never by their order. No byte leaves after `leave_by`, which is
  /// of Clock::BootNow: what was claimed before the machine slept may be out of date.
  virtual WriteAnswer Update(const ObjectType& type, const std::vector<RecordUpdate>& inputs,
                             Instant leave_by) = 0;
};

}  // namespace hubmirror
