#include "daemon/number_file.h"

#include <charconv>
#include <filesystem>

#include "base/whole_file.h"

namespace hubmirror {
namespace {

// Numbers are exact in JSON.
constexpr int64_t kHighest = int64_t{1} << 53;
constexpr size_t kLongest = 64;

}  // namespace

int64_t ReadNumber(const std::string& path) {
  const auto text = ReadRegularFile(path, kLongest);
  if (!text) return 0;
  int64_t number = 0;
  const auto read = std::from_chars(text->data(), text->data() + text->size(), number);
  return read.ec == std::errc() && number > 0 && number < kHighest ? number : 0;
}

bool KeepNumber(const std::string& path, int64_t number) {
  std::error_code ignored;
  std::filesystem::create_directories(std::filesystem::path(path).parent_path(), ignored);
  return ReplaceFile(path, std::to_string(number) + "\n", 0600);
}

}  // namespace hubmirror
