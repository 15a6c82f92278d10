#pragma once

#include <algorithm>
#include <cstddef>

#include "model/source/api_error.h"

namespace hubmirror {

/// How much one kind of request asks for at once. A request that keeps failing is repeated in
/// halves until the item that HubSpot cannot answer is alone; then the size slowly grows again. So
/// no request is all or nothing. Pure value.
class PartSize {
 public:
  explicit PartSize(size_t most) : most_(most), size_(most) {}

  size_t size() const { return size_; }

  /// There was a usable answer.
  void Answered();
  enum class Next {
    kSame,     ///< the size is not to blame, or it was the first failure
    kSmaller,  ///< the size was halved
    kAlone,    ///< one item alone has failed so often that it is to blame, or everything fails
  };
  /// A request for `asked` items failed.
  Next Failed(const ApiError& error, size_t asked);

 private:
  size_t most_;
  size_t size_;
  int failures_ = 0;  ///< in a row
  int answers_ = 0;   ///< in a row, since the size changed
};

/// Whether asking for less can help against this failure.
bool SizeMatters(const ApiError& error);

/// Finds out why requests for records fail: because of one record, or because HubSpot answers for
/// none. It asks for less until one record is alone, and if that one keeps failing, for another
/// record in its stead, the witness. Only a record that fails again right after its witness was
/// answered is to blame; so no outage sets a record aside. The job chooses the witness and makes
/// the requests. Pure value: it may die with the process, because the cursor of its job has not
/// moved past the record yet. (ResolveJob's doubts must not die; it keeps them in `_pending`.)
class Blame {
 public:
  explicit Blame(size_t most) : part_(most) {}

  /// How many records to ask for at once.
  size_t size() const { return doubt_ == Doubt::kProved ? 1 : part_.size(); }
  /// The next question goes to a witness.
  bool wants_witness() const { return doubt_ == Doubt::kOfOne; }

  void Answered();
  enum class Next {
    kAgain,    ///< ask again, or a witness if it is wanted
    kSmaller,  ///< the same, for less: see size
    kToBlame,  ///< set the one record aside
  };
  /// A request for `asked` records failed.
  Next Failed(const ApiError& error, size_t asked);
  /// Whether a witness was found, asked, and answered for.
  void WitnessAnswered(bool answered);
  /// Other records are asked for next.
  void Forget() { doubt_ = Doubt::kNone; }

 private:
  enum class Doubt {
    kNone,
    kOfOne,   ///< one record keeps failing alone
    kProved,  ///< its witness was answered just now: it has one more try
  };

  PartSize part_;
  Doubt doubt_ = Doubt::kNone;
};

}  // namespace hubmirror
