#include "http/gunzip.h"

#include <zlib.h>

#include <algorithm>
#include <cstdint>
#include <limits>

namespace hubmirror {
namespace {

constexpr int kAnyWindowAndFormat = 15 + 32;  // zlib: largest window, gzip or zlib header
constexpr size_t kSmallest = 4096;
constexpr size_t kLargest = size_t{1} << 30;  // zlib counts in 32 bits

struct Inflater {
  z_stream stream{};
  bool ready = inflateInit2(&stream, kAnyWindowAndFormat) == Z_OK;
  Inflater() = default;
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;
  ~Inflater() {
    if (ready) inflateEnd(&stream);
  }
};

/// A gzip body ends with its inflated size (RFC 1952, ISIZE), which saves growing the buffer. It
/// may lie, so it is only where we begin.
size_t PromisedSize(std::string_view packed, size_t limit) {
  if (packed.size() < 18) return kSmallest;
  uint32_t size = 0;
  for (size_t i = 1; i <= 4; ++i) {
    size = (size << 8) | static_cast<uint8_t>(packed[packed.size() - i]);
  }
  // Deflate packs at most about 1,032 to one; a larger promise is not worth believing.
  return std::clamp<size_t>(size, kSmallest, std::min(limit, packed.size() * 1032)) + 1;
}

}  // namespace

Result<std::string, GunzipFailure> Gunzip(std::string_view packed, size_t limit) {
  if (packed.size() > std::numeric_limits<uInt>::max()) return GunzipFailure::kTooLarge;
  limit = std::clamp(limit, kSmallest, kLargest);
  Inflater inflater;
  if (!inflater.ready) return GunzipFailure::kCorrupt;
  z_stream& stream = inflater.stream;
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
  stream.avail_in = static_cast<uInt>(packed.size());

  std::string plain(PromisedSize(packed, limit), '\0');
  size_t used = 0;
  for (;;) {
    stream.next_out = reinterpret_cast<Bytef*>(plain.data() + used);
    stream.avail_out = static_cast<uInt>(plain.size() - used);
    const int state = inflate(&stream, Z_NO_FLUSH);
    used = plain.size() - stream.avail_out;
    if (used > limit) return GunzipFailure::kTooLarge;
    if (state == Z_STREAM_END) {
      if (stream.avail_in == 0) break;
      if (inflateReset(&stream) != Z_OK) return GunzipFailure::kCorrupt;  // Another gzip member.
      continue;
    }
    if (state != Z_OK && state != Z_BUF_ERROR) return GunzipFailure::kCorrupt;
    if (stream.avail_out != 0) return GunzipFailure::kCorrupt;  // Input ran out: cut short.
    plain.resize(std::min(plain.size() * 2, limit + 1));
  }
  plain.resize(used);
  return plain;
}

}  // namespace hubmirror
