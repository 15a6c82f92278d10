#include "daemon/instance_id.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <random>

namespace hubmirror {
namespace {

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
  std::string id;
  if (std::ifstream(path) >> id && !id.empty()) return InstanceId{id};

  id = Random128();
  const std::string fresh = path + ".new";
  const int file = open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (file < 0) return Trouble("cannot write", fresh);
  const std::string text = id + "\n";
  const bool written = write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
                       fsync(file) == 0;
  close(file);
  if (!written || rename(fresh.c_str(), path.c_str()) != 0) return Trouble("cannot write", path);
  return InstanceId{id};
}

}  // namespace hubmirror
