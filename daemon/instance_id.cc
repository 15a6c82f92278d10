#include "daemon/instance_id.h"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <random>

#include "base/whole_file.h"

namespace hubmirror {
namespace {

constexpr size_t kLongestId = 256;

std::string Random128() {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::random_device device;
  std::string id;
  for (int word = 0; word < 4; ++word) {
    unsigned value = device();
    for (int digit = 0; digit < 8; ++digit, value >>= 4) id += kHex[value & 15];
  }
  return id;
}

std::string Trouble(const std::string& what, const std::string& path) {
  return what + " " + path + ": " + std::strerror(errno) +
         "; create the state directory, let the daemon's user write it, or set state_dir";
}

}  // namespace

Result<InstanceId, std::string> ReadOrMakeInstanceId(const std::string& state_dir) {
  std::error_code ignored;
  std::filesystem::create_directories(state_dir, ignored);
  const std::string path = state_dir + "/instance";
  if (const auto text = ReadRegularFile(path, kLongestId)) {
    const std::string id = text->substr(0, text->find_first_of(" \r\n"));
    if (!id.empty()) return InstanceId{id};
  } else if (errno != ENOENT) {
    // Another id would make us a second daemon, which waits for the first.
    return Trouble("cannot read", path);
  }
  const std::string id = Random128();
  if (!ReplaceFile(path, id + "\n", 0600)) return Trouble("cannot write", path);
  return InstanceId{id};
}

}  // namespace hubmirror
