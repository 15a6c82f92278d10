#include "model/source/link.h"

#include <charconv>
#include <utility>

namespace hubmirror {
namespace {

/// `2-17` as (2, 17): ids are compared by number.
std::pair<int64_t, int64_t> NumbersOf(const std::string& type_id) {
  std::pair<int64_t, int64_t> numbers;
  const char* end = type_id.data() + type_id.size();
  const auto meta = std::from_chars(type_id.data(), end, numbers.first);
  if (meta.ptr != end) std::from_chars(meta.ptr + 1, end, numbers.second);
  return numbers;
}

}  // namespace

LinkPair PairOf(const ObjectType& one, const ObjectType& other) {
  return NumbersOf(one.type_id) <= NumbersOf(other.type_id) ? LinkPair{one, other}
                                                            : LinkPair{other, one};
}

}  // namespace hubmirror
