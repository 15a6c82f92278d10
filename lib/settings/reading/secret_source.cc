#include "settings/reading/secret_source.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace hubmirror {
namespace {

using Kind = SecretRef::Kind;

constexpr size_t kLargestSecret = size_t{64} << 10;

/// A file opened for reading, closed at the end.
class ReadOnlyFile {
 public:
  // Without O_NONBLOCK a named pipe in place of the file would stop the daemon.
  explicit ReadOnlyFile(const std::string& path)
      : descriptor_(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {}
  ~ReadOnlyFile() {
    if (descriptor_ >= 0) close(descriptor_);
  }
  ReadOnlyFile(const ReadOnlyFile&) = delete;
  ReadOnlyFile& operator=(const ReadOnlyFile&) = delete;

  int get() const { return descriptor_; }

 private:
  int descriptor_;
};

bool TooOpen(const struct stat& status) {
  return (status.st_mode & (S_IWGRP | S_IRWXO)) != 0;
}

/// The bytes of an open file, at most one more than a secret may have; false on a read error.
bool ReadAll(int descriptor, std::string& out) {
  char piece[4096];
  while (out.size() <= kLargestSecret) {
    const ssize_t count = read(descriptor, piece, sizeof piece);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return false;
    if (count == 0) return true;
    out.append(piece, static_cast<size_t>(count));
  }
  return true;
}

Result<Secret, std::string> FromText(std::string text, const std::string& name) {
  if (text.ends_with('\n')) text.pop_back();
  if (text.ends_with('\r')) text.pop_back();
  if (text.empty()) return name + " is empty; put the secret into it";
  if (text.size() > kLargestSecret) return name + " is too long for a secret; check what is in it";
  // A line break inside would end a header or a connection string early.
  if (text.find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos) {
    return name + " has more than one line; keep only the secret in it";
  }
  return Secret(std::move(text));
}

std::string CannotOpen(const std::string& name, int code) {
  std::string message = name + " cannot be read: ";
  message += std::generic_category().message(code);
  if (code == EACCES) return message + "; give the daemon's user access to it";
  return message + "; create the file or correct the reference";
}

Result<Secret, std::string> FromFile(const std::string& path, const std::string& name,
                                     bool must_be_closed) {
  const ReadOnlyFile file(path);
  if (file.get() < 0) return CannotOpen(name, errno);
  struct stat status {};
  if (fstat(file.get(), &status) != 0) return CannotOpen(name, errno);
  if (!S_ISREG(status.st_mode)) return name + " is not a file; correct the reference";
  if (must_be_closed && TooOpen(status)) {
    return name + " is open to others or writable by its group; run: chmod 0600 " + path;
  }
  std::string text;
  if (!ReadAll(file.get(), text)) return CannotOpen(name, errno);
  return FromText(std::move(text), name);
}

}  // namespace

std::string SecretSource::PathOf(const SecretRef& ref) const {
  if (ref.kind == Kind::kFile) return ref.name;
  const std::string folder = environment_("CREDENTIALS_DIRECTORY");
  return folder.empty() ? folder : folder + "/" + ref.name;
}

Result<Secret, std::string> SecretSource::Resolve(const SecretRef& ref) const {
  const std::string name = ref.Text();
  if (ref.kind == Kind::kEnvironment) {
    std::string value = environment_(ref.name);
    if (value.empty()) return name + " is not set or empty; set the variable " + ref.name;
    return FromText(std::move(value), name);
  }
  const std::string path = PathOf(ref);
  if (path.empty()) {
    return name +
           " needs $CREDENTIALS_DIRECTORY, which systemd sets; add LoadCredential=" + ref.name +
           ":/path to the unit, or use file:/path";
  }
  return FromFile(path, name, ref.kind == Kind::kFile);
}

bool SecretSource::IsPermissionFault(const SecretRef& ref) const {
  if (ref.kind == Kind::kEnvironment) return false;
  const std::string path = PathOf(ref);
  if (path.empty()) return false;
  const ReadOnlyFile file(path);
  if (file.get() < 0) return errno == EACCES || errno == EPERM;
  struct stat status {};
  return ref.kind == Kind::kFile && fstat(file.get(), &status) == 0 && TooOpen(status);
}

}  // namespace hubmirror
