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

}  // namespace hubmirror
