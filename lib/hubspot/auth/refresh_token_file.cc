#include "hubspot/auth/refresh_token_file.h"

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "base/whole_file.h"
#include "hubspot/read/json_document.h"

namespace hubmirror {
namespace {

constexpr size_t kMaxFile = 16 << 10;  // Tokens reach 512 characters.

std::string Trouble(const std::string& what, const std::string& path) {
  return what + " " + path + ": " + std::generic_category().message(errno);
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

}  // namespace

RefreshTokenFile::RefreshTokenFile(const std::string& state_dir, const PortalKey& portal)
    : folder_(state_dir + "/oauth"), path_(folder_ + "/" + portal + ".json") {}

Result<std::optional<RefreshTokenFile::Grant>, std::string> RefreshTokenFile::Load() const {
  auto text = ReadRegularFile(path_, kMaxFile);
  if (!text) {
    if (errno == ENOENT) return std::optional<Grant>();
    return Trouble("cannot read the stored refresh token", path_);
  }
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
  struct stat state {};
  if (::stat((folder_ + "/..").c_str(), &state) != 0) {
    return Trouble("cannot look at the state directory of", folder_);
  }
  // What root makes would be closed to the daemon, which runs as the directory's owner.
  std::optional<FileOwner> owner;
  if (::geteuid() == 0) owner = FileOwner{state.st_uid, state.st_gid};
  if (owner && ::lchown(folder_.c_str(), owner->user, owner->group) != 0) {
    return Trouble("cannot use the folder for refresh tokens", folder_);
  }
  if (ReplaceFile(path_, ToJson(grant), 0600, owner)) return Done{};
  return Trouble("cannot store the refresh token in", path_);
}

}  // namespace hubmirror
