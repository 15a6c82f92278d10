#include "base/whole_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace hubmirror {
namespace {

/// An open file, closed at the end; what went wrong before stays in errno.
class OpenFile {
 public:
  OpenFile(const std::string& path, int flags)
      : descriptor_(::open(path.c_str(), flags | O_CLOEXEC | O_NOFOLLOW, 0600)) {}
  ~OpenFile() {
    const int cause = errno;
    if (descriptor_ >= 0) ::close(descriptor_);
    errno = cause;
  }
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;

  int get() const { return descriptor_; }

 private:
  int descriptor_;
};

bool WriteAll(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const ssize_t count = ::write(descriptor, text.data(), text.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return false;
    text.remove_prefix(static_cast<size_t>(count));
  }
  return true;
}

/// A name is on disk when its folder is.
bool SyncFolderOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  const std::string folder = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  const OpenFile file(folder, O_RDONLY | O_DIRECTORY);
  return file.get() >= 0 && ::fsync(file.get()) == 0;
}

void RemoveHalf(const std::string& path) {
  const int cause = errno;
  ::unlink(path.c_str());
  errno = cause;
}

}  // namespace

bool MakeFile(const std::string& path, std::string_view text, mode_t mode,
              const std::optional<FileOwner>& owner) {
  const OpenFile file(path, O_WRONLY | O_CREAT | O_EXCL);
  if (file.get() < 0) return false;
  const bool good = WriteAll(file.get(), text) &&
                    (!owner || ::fchown(file.get(), owner->user, owner->group) == 0) &&
                    ::fchmod(file.get(), mode) == 0 && ::fsync(file.get()) == 0;
  if (!good) RemoveHalf(path);
  return good;
}

bool ReplaceFile(const std::string& path, std::string_view text, mode_t mode,
                 const std::optional<FileOwner>& owner) {
  const std::string fresh = path + "." + std::to_string(::getpid()) + ".new";
  // Of a start that was cut off, or laid there by somebody: only the name goes.
  ::unlink(fresh.c_str());
  if (!MakeFile(fresh, text, mode, owner)) return false;
  if (::rename(fresh.c_str(), path.c_str()) == 0) return SyncFolderOf(path);
  RemoveHalf(fresh);
  return false;
}

std::optional<std::string> ReadRegularFile(const std::string& path, size_t limit) {
  // Without O_NONBLOCK a named pipe would stop us.
  const OpenFile file(path, O_RDONLY | O_NONBLOCK);
  struct stat status {};
  if (file.get() < 0 || ::fstat(file.get(), &status) != 0) return std::nullopt;
  if (!S_ISREG(status.st_mode)) {
    errno = EINVAL;
    return std::nullopt;
  }
  std::string text(limit + 1, '\0');
  size_t length = 0;
  while (length < text.size()) {
    const ssize_t count = ::read(file.get(), text.data() + length, text.size() - length);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return std::nullopt;
    if (count == 0) break;
    length += static_cast<size_t>(count);
  }
  if (length > limit) {
    errno = EFBIG;
    return std::nullopt;
  }
  text.resize(length);
  return text;
}

}  // namespace hubmirror
