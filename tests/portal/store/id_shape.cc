#include "store/id_shape.h"

#include <array>
#include <utility>

namespace simulated_portal {
namespace {

constexpr double kOutsideBlock = 0.1;

constexpr std::array<std::pair<std::string_view, IdShape>, 6> kShapes = {{
    {"scattered", IdShape::kScattered},
    {"dense", IdShape::kDense},
    {"every_second", IdShape::kEverySecond},
    {"block_first", IdShape::kBlockFirst},
    {"block_last", IdShape::kBlockLast},
    {"one_second", IdShape::kOneSecond},
}};

}  // namespace

std::optional<IdShape> ParseIdShape(std::string_view word) {
  for (const auto& [name, shape] : kShapes) {
    if (name == word) return shape;
  }
  return std::nullopt;
}

RecordId IdMaker::Next(Random& random) {
  const bool scattered = shape_ == IdShape::kScattered;
  const bool in_block = shape_ == IdShape::kBlockFirst || shape_ == IdShape::kBlockLast;
  if (scattered) return records_.DrawId(random);
  if (in_block && random.Chance(kOutsideBlock)) {
    const auto [low, high] = shape_ == IdShape::kBlockFirst
                                 ? std::pair<RecordId, RecordId>{10'000'000'000, 900'000'000'000}
                                 : std::pair<RecordId, RecordId>{1, 4'000'000'000};
    while (true) {
      const RecordId id = random.Between(low, high);
      if (records_.Find(id) == nullptr) return id;
    }
  }
  return dense_ += shape_ == IdShape::kEverySecond ? 2 : 1;
}

}  // namespace simulated_portal
