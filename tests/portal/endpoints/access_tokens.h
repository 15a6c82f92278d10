#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "faults/switches.h"
#include "store/instant.h"
#include "store/object_type.h"
#include "store/random.h"

namespace simulated_portal {

using Scopes = std::set<std::string, std::less<>>;

/// Without which records of a type cannot be written.
std::string WriteScopeOf(const ObjectType& type);
/// Every scope the API served here knows.
const Scopes& AllScopes();
/// Splits at blanks and commas.
Scopes SplitScopes(std::string_view text);

struct OAuthSettings {
  std::string client_id;
  std::string client_secret;
  std::string refresh_token;               ///< granted before the start; empty: none
  std::vector<std::string> redirect_uris;  ///< empty: any on loopback
  Scopes scopes = AllScopes();             ///< what the account can grant
  int64_t expires_in = 1800;
};

/// The tokens of one portal: static ones and those of its OAuth client. Owned by one thread.
class AccessTokens {
 public:
  AccessTokens(const Switches& switches, Random random) : switches_(switches), random_(random) {}

  void AddStatic(const std::string& token, Scopes scopes) {
    static_[token] = {std::move(scopes), false};
  }
  void SetClient(OAuthSettings client);
  [[nodiscard]] const std::optional<OAuthSettings>& client() const { return client_; }
  [[nodiscard]] std::vector<std::string> static_tokens() const;

  enum class Standing { kUnknown, kValid, kExpired, kRevoked };
  struct Holder {
    Standing standing = Standing::kUnknown;
    const Scopes* scopes = nullptr;
    bool oauth = false;
    std::string app;  ///< whose burst window it uses
    Instant expires_at = 0;
  };
  [[nodiscard]] Holder Check(std::string_view token, Instant now) const;

  /// The authorize page consented. The code is good for a minute and one use.
  std::string IssueCode(const std::string& redirect_uri, const Scopes& asked,
                        const std::string& challenge, Instant now);

  struct Grant {
    std::string access_token;
    std::string refresh_token;  ///< empty: not in the answer
    Scopes scopes;
  };
  enum class Refusal { kNone, kBadCode, kBadRedirect, kBadVerifier, kBadRefreshToken, kBadHub };
  struct Outcome {
    Refusal refusal = Refusal::kNone;
    Grant grant;
  };
  [[nodiscard]] bool HasCode(const std::string& code) const { return codes_.contains(code); }
  [[nodiscard]] bool HasRefreshToken(const std::string& token) const {
    return refresh_.contains(token);
  }
  Outcome RedeemCode(const std::string& code, const std::string& redirect_uri,
                     const std::string& verifier, Instant now);
  Outcome Refresh(const std::string& token, Instant now);
  /// An access token without a grant, for client_credentials.
  std::string IssueAccess(const Scopes& scopes, Instant now);

  // What an operator or a test does to them.
  void Expire(std::string_view token, Instant now);  ///< all access tokens when empty
  bool SetRevoked(const std::string& token, bool revoked);
  void RevokeRefresh(const std::string& token);  ///< all when empty
  void DeleteHub() { hub_deleted_ = true; }
  void SetScopes(const std::string& token, const Scopes& scopes);  ///< everywhere when empty
  void SetExpiresIn(int64_t seconds);

 private:
  struct Static {
    Scopes scopes;
    bool revoked;
  };
  struct Access {
    Scopes scopes;
    Instant expires_at;
    bool revoked;
  };
  struct Code {
    std::string redirect_uri;
    Scopes scopes;
    std::string challenge;
    Instant expires_at;
    bool used;
  };
  struct RefreshToken {
    Scopes scopes;
    bool revoked;
    std::string predecessor;  ///< dies when this one is first used
  };
  std::string NewToken(std::string_view prefix);

  const Switches& switches_;
  Random random_;
  std::map<std::string, Static, std::less<>> static_;
  std::optional<OAuthSettings> client_;
  std::map<std::string, Code, std::less<>> codes_;
  std::map<std::string, RefreshToken, std::less<>> refresh_;
  std::map<std::string, Access, std::less<>> access_;
  bool hub_deleted_ = false;
};

}  // namespace simulated_portal
