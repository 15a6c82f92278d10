#include "mirror/row_hash.h"

#include <bit>
#include <limits>

#include "base/digest.h"

namespace hubmirror {
namespace {

// Moves when the same record would be stored differently than before, which writes every row again
// at its next read.
constexpr uint64_t kFormat = 1;

uint64_t WordOf(const std::optional<TimePoint>& time) {
  const int64_t absent = std::numeric_limits<int64_t>::min();
  return static_cast<uint64_t>(time ? time->time_since_epoch().count() : absent);
}

/// Small in a column, capital in `_overflow`.
char LetterOf(ColumnType type, Storage storage) {
  const char letter = static_cast<char>(type);
  return storage == Storage::kColumn ? letter : static_cast<char>(letter - 'a' + 'A');
}

/// Makes the bytes of a word, which are hashed at the end, the same on every machine.
uint64_t LittleEndian(uint64_t word) {
  return std::endian::native == std::endian::little ? word : __builtin_bswap64(word);
}

}  // namespace

RowHash::Key::Key(std::string_view name, ColumnType type, Storage storage)
    : seed(Hash64(name, static_cast<uint64_t>(LetterOf(type, storage)))) {}

void RowHash::Begin(const Record& record) {
  words_.clear();
  for (const uint64_t word :
       {kFormat, WordOf(record.created_at), WordOf(record.updated_at), WordOf(record.archived_at),
        record.archived ? uint64_t{1} : uint64_t{0}}) {
    words_.push_back(LittleEndian(word));
  }
}

void RowHash::Add(const Key& key, std::string_view raw) {
  words_.push_back(LittleEndian(Hash64(raw, key.seed)));
}

int64_t RowHash::Finish() const {
  const std::string_view bytes(reinterpret_cast<const char*>(words_.data()),
                               words_.size() * sizeof(uint64_t));
  return std::bit_cast<int64_t>(Hash64(bytes));
}

}  // namespace hubmirror
