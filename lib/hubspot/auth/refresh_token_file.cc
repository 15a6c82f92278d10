#include "hubspot/auth/refresh_token_file.h"

#include <fcntl.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>

#include "hubspot/read/json_document.h"

namespace hubmirror {
namespace {

constexpr size_t kMaxFile = 16 << 10;  // Tokens reach 512 characters.

/// A descriptor that is closed at the end of its scope.
class File {
 public:
  File(const std::string& path, int flags, mode_t mode = 0)
      : descriptor_(::open(path.c_str(), flags | O_CLOEXEC, mode)) {}
  ~File() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  explicit operator bool() const { return descriptor_ >= 0; }
  int descriptor() const { return descriptor_; }

 private:
  const int descriptor_;
};

std::string Trouble(const std::string& what, const std::string& path) {
  return what + " " + path + ": " + std::generic_category().message(errno);
}

bool WriteAll(int descriptor, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(descriptor, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return false;
    bytes.remove_prefix(static_cast<size_t>(count));
  }
  return true;
}

std::optional<std::string> ReadAll(int descriptor) {
  std::string text;
  std::array<char, 4096> piece;
  for (;;) {
    const ssize_t count = ::read(descriptor, piece.data(), piece.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return std::nullopt;
    if (count == 0) return text;
    text.append(piece.data(), static_cast<size_t>(count));
    if (text.size() > kMaxFile) return text;
  }
}

std::string ToJson(const RefreshTokenFile::Grant& grant) {
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> json(buffer);
  json.StartObject();
  json.Key("refresh_token");
  json.String(grant.refresh_token.Reveal());
  json.Key("configured_sha256");
  json.String(grant.configured_digest);
  json.EndObject();
  return std::string(buffer.GetString(), buffer.GetSize()) + "\n";
}

/// A file made by root would be closed to the daemon, which runs as the directory's owner.
bool HandToOwner(int descriptor, const struct stat& owner) {
  return ::geteuid() != 0 || ::fchown(descriptor, owner.st_uid, owner.st_gid) == 0;
}

/// The grant in the file's bytes, all of it on disk before it has its name.
bool WriteDurably(const std::string& path, const std::string& bytes, const struct stat& owner) {
  const File file(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, 0600);
  return file && ::fchmod(file.descriptor(), 0600) == 0 && HandToOwner(file.descriptor(), owner) &&
         WriteAll(file.descriptor(), bytes) && ::fsync(file.descriptor()) == 0;
}

bool SyncFolder(const std::string& folder) {
  const File file(folder, O_RDONLY | O_DIRECTORY);
  return file && ::fsync(file.descriptor()) == 0;
}

}  // namespace

RefreshTokenFile::RefreshTokenFile(const std::string& state_dir, const PortalKey& portal)
    : folder_(state_dir + "/oauth"), path_(folder_ + "/" + portal + ".json") {}

Result<std::optional<RefreshTokenFile::Grant>, std::string> RefreshTokenFile::Load() const {
  const File file(path_, O_RDONLY);
  if (!file) {
    if (errno == ENOENT) return std::optional<Grant>();
    return Trouble("cannot open the stored refresh token", path_);
  }
  auto text = ReadAll(file.descriptor());
  if (!text) return Trouble("cannot read the stored refresh token", path_);
  const auto document = JsonDocument::Parse(*text);
  Grant grant;
  if (document) {
    grant.refresh_token = Secret(document->root()["refresh_token"].String());
    grant.configured_digest = document->root()["configured_sha256"].String();
  }
  if (!grant.refresh_token.empty()) return std::optional(std::move(grant));
  return "the stored refresh token " + path_ +
         " is damaged: remove it, then run `hubmirror portal authorize`";
}

Result<Done, std::string> RefreshTokenFile::Store(const Grant& grant) const {
  if (::mkdir(folder_.c_str(), 0700) != 0 && errno != EEXIST) {
    return Trouble("cannot make the folder for refresh tokens", folder_);
  }
  struct stat owner {};
  if (::stat((folder_ + "/..").c_str(), &owner) != 0) {
    return Trouble("cannot look at the state directory of", folder_);
  }
  {
    const File folder(folder_, O_RDONLY | O_DIRECTORY);
    if (!folder || !HandToOwner(folder.descriptor(), owner)) {
      return Trouble("cannot use the folder for refresh tokens", folder_);
    }
  }
  // The daemon and the command line may store at the same time, each under a name of its own.
  const std::string fresh = path_ + "." + std::to_string(::getpid()) + ".new";
  const bool stored = WriteDurably(fresh, ToJson(grant), owner) &&
                      ::rename(fresh.c_str(), path_.c_str()) == 0 && SyncFolder(folder_);
  if (stored) return Done{};
  std::string trouble = Trouble("cannot store the refresh token in", path_);
  ::unlink(fresh.c_str());
  return trouble;
}

}  // namespace hubmirror
