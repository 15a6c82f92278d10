#pragma once

#include <optional>
#include <string_view>

#include "store/record_store.h"

namespace simulated_portal {

/// Where the ids of a populated type lie. A real portal's are scattered; the others are what a
/// reader that splits a list must bear as well.
enum class IdShape {
  kScattered,    ///< as RecordStore::DrawId has them, over ten decades
  kDense,        ///< one after the other
  kEverySecond,  ///< every second one is missing
  kBlockFirst,   ///< nine of ten dense, the rest far above
  kBlockLast,    ///< nine of ten dense, the rest far below
  kOneSecond,    ///< dense, and all created and changed within one second
};

/// The word of a scenario: `scattered dense every_second block_first block_last one_second`.
std::optional<IdShape> ParseIdShape(std::string_view word);

/// Unused ids of a shape. Owned by one thread.
class IdMaker {
 public:
  IdMaker(IdShape shape, RecordStore& records) : shape_(shape), records_(records) {}
  [[nodiscard]] RecordId Next(Random& random);

 private:
  const IdShape shape_;
  RecordStore& records_;
  RecordId dense_ = 5'000'000'000;
};

}  // namespace simulated_portal
