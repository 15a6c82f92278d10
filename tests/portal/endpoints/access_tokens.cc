#include "endpoints/access_tokens.h"

#include <openssl/sha.h>

#include <algorithm>
#include <array>

#include "store/object_type.h"

namespace simulated_portal {
namespace {

constexpr Duration kCodeLife = 60 * kSecond;

/// base64url without padding, as PKCE wants it.
std::string ChallengeOf(std::string_view verifier) {
  static constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest;
  SHA256(reinterpret_cast<const unsigned char*>(verifier.data()), verifier.size(), digest.data());
  std::string text;
  uint32_t bits = 0;
  int held = 0;
  for (const unsigned char byte : digest) {
    bits = (bits << 8U) | byte;
    for (held += 8; held >= 6; held -= 6) text += kAlphabet[(bits >> (held - 6)) & 63U];
  }
  if (held > 0) text += kAlphabet[(bits << (6 - held)) & 63U];
  return text;
}

const Scopes kNamedScopes = {
    "oauth",
    "sales-email-read",
    "crm.objects.contacts.sensitive.read.v2",
    "crm.objects.companies.sensitive.read.v2",
    "crm.objects.deals.sensitive.read.v2",
    "tickets.sensitive.v2",
    "crm.objects.contacts.highly_sensitive.read.v2",
    "crm.objects.companies.highly_sensitive.read.v2",
    "crm.objects.deals.highly_sensitive.read.v2",
    "tickets.highly_sensitive.v2",
    "crm.objects.owners.read",
    "crm.schemas.custom.read",
    "settings.users.read",
    "settings.users.teams.read",
    "settings.currencies.read",
    "crm.lists.read",
    "crm.objects.marketing_events.read",
};

}  // namespace

std::string WriteScopeOf(const ObjectType& type) {
  // Tickets have one scope for both.
  const std::string scope(type.read_scope);
  return scope.ends_with(".read") ? scope.substr(0, scope.size() - 4) + "write" : scope;
}

const Scopes& AllScopes() {
  static const Scopes kAll = [] {
    Scopes all = kNamedScopes;
    for (const ObjectType& type : kObjectTypes) {
      all.emplace(type.read_scope);
      all.insert(WriteScopeOf(type));
      all.insert("crm.schemas." + std::string(type.name) + ".read");
      all.insert("crm.schemas." + std::string(type.name) + ".write");
    }
    return all;
  }();
  return kAll;
}

Scopes SplitScopes(std::string_view text) {
  Scopes scopes;
  while (!text.empty()) {
    const size_t end = std::min(text.find_first_of(" ,"), text.size());
    if (end > 0) scopes.emplace(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return scopes;
}

void AccessTokens::SetClient(OAuthSettings client) {
  if (!client.refresh_token.empty()) refresh_[client.refresh_token] = {client.scopes, false, ""};
  client_ = std::move(client);
}

std::vector<std::string> AccessTokens::static_tokens() const {
  std::vector<std::string> tokens;
  for (const auto& [token, holder] : static_) tokens.push_back(token);
  return tokens;
}

AccessTokens::Holder AccessTokens::Check(std::string_view token, Instant now) const {
  if (const auto found = static_.find(token); found != static_.end()) {
    const auto standing = found->second.revoked ? Standing::kRevoked : Standing::kValid;
    return {standing, &found->second.scopes, false, found->first, 0};
  }
  const auto found = access_.find(token);
  if (found == access_.end()) return {};
  const Access& access = found->second;
  Standing standing = Standing::kValid;
  if (access.expires_at <= now) standing = Standing::kExpired;
  if (access.revoked) standing = Standing::kRevoked;
  return {standing, &access.scopes, true, client_ ? client_->client_id : "", access.expires_at};
}

std::string AccessTokens::NewToken(std::string_view prefix) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::string token(prefix);
  for (int word = 0; word < 4; ++word) {
    uint64_t bits = random_.Next();
    for (int digit = 0; digit < 16; ++digit, bits >>= 4U) token += kDigits[bits & 15U];
    if (word < 3) token += '-';
  }
  return token;
}

std::string AccessTokens::IssueCode(const std::string& redirect_uri, const Scopes& asked,
                                    const std::string& challenge, Instant now) {
  std::string code = NewToken("na1-code-");
  codes_[code] = {redirect_uri, asked, challenge, now + kCodeLife, false};
  return code;
}

std::string AccessTokens::IssueAccess(const Scopes& scopes, Instant now) {
  // Tokens long run out are still remembered for a while, to be answered as expired.
  std::erase_if(access_, [now](const auto& entry) { return entry.second.expires_at < now - kDay; });
  std::string token = NewToken("na1-access-");
  access_[token] = {scopes, now + client_->expires_in * kSecond, false};
  return token;
}

AccessTokens::Outcome AccessTokens::RedeemCode(const std::string& code,
                                               const std::string& redirect_uri,
                                               const std::string& verifier, Instant now) {
  if (hub_deleted_) return {Refusal::kBadHub, {}};
  const auto found = codes_.find(code);
  if (found == codes_.end() || found->second.used || found->second.expires_at <= now) {
    return {Refusal::kBadCode, {}};
  }
  Code& issued = found->second;
  if (issued.redirect_uri != redirect_uri) return {Refusal::kBadRedirect, {}};
  if (!issued.challenge.empty() && ChallengeOf(verifier) != issued.challenge) {
    return {Refusal::kBadVerifier, {}};
  }
  issued.used = true;
  const std::string refresh = NewToken("na1-refresh-");
  refresh_[refresh] = {issued.scopes, false, ""};
  return {Refusal::kNone, {IssueAccess(issued.scopes, now), refresh, issued.scopes}};
}

AccessTokens::Outcome AccessTokens::Refresh(const std::string& token, Instant now) {
  if (hub_deleted_) return {Refusal::kBadHub, {}};
  const auto found = refresh_.find(token);
  if (found == refresh_.end() || found->second.revoked) return {Refusal::kBadRefreshToken, {}};
  const Scopes scopes = found->second.scopes;
  if (!found->second.predecessor.empty()) {
    refresh_[found->second.predecessor].revoked = true;
    found->second.predecessor.clear();
  }
  Grant grant{IssueAccess(scopes, now), token, scopes};
  if (switches_.Is(Setting::kRefreshAbsent)) grant.refresh_token.clear();
  if (switches_.Is(Setting::kRefreshRotates)) {
    grant.refresh_token = NewToken("na1-refresh-");
    refresh_[grant.refresh_token] = {scopes, false, token};
  }
  return {Refusal::kNone, std::move(grant)};
}

void AccessTokens::Expire(std::string_view token, Instant now) {
  for (auto& [name, access] : access_) {
    if (token.empty() || token == name) access.expires_at = std::min(access.expires_at, now);
  }
}

bool AccessTokens::SetRevoked(const std::string& token, bool revoked) {
  bool found = false;
  for (auto& [name, holder] : static_) {
    if (!token.empty() && token != name) continue;
    holder.revoked = revoked;
    found = true;
  }
  for (auto& [name, access] : access_) {
    if (!token.empty() && token != name) continue;
    access.revoked = revoked;
    found = true;
  }
  return found;
}

void AccessTokens::RevokeRefresh(const std::string& token) {
  for (auto& [name, refresh] : refresh_) {
    if (token.empty() || token == name) refresh.revoked = true;
  }
}

void AccessTokens::SetScopes(const std::string& token, const Scopes& scopes) {
  for (auto& [name, holder] : static_) {
    if (token.empty() || token == name) holder.scopes = scopes;
  }
  if (!token.empty()) return;
  for (auto& [name, access] : access_) access.scopes = scopes;
  for (auto& [name, refresh] : refresh_) refresh.scopes = scopes;
  if (client_) client_->scopes = scopes;
}

void AccessTokens::SetExpiresIn(int64_t seconds) {
  if (client_) client_->expires_in = seconds;
}

}  // namespace simulated_portal
