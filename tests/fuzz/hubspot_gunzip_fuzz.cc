#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "http/gunzip.h"

// Any bytes as a packed body: nothing crashes, and the cap holds.

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  constexpr size_t kLimit = 1 << 20;
  const auto plain = hubmirror::Gunzip({reinterpret_cast<const char*>(data), size}, kLimit);
  if (plain && plain->size() > kLimit) std::abort();
  return 0;
}
