#include "hubspot/auth/authorization.h"

#include <openssl/rand.h>

#include <array>
#include <map>

#include "base/ascii.h"
#include "base/digest.h"
#include "http/percent_encoding.h"

namespace hubmirror {
namespace {

std::map<std::string, std::string> ParseQuery(std::string_view query) {
  std::map<std::string, std::string> fields;
  while (!query.empty()) {
    const std::string_view field = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), field.size() + 1));
    const size_t equals = field.find('=');
    if (equals == std::string_view::npos) continue;
    fields[PercentDecode(field.substr(0, equals))] = PercentDecode(field.substr(equals + 1));
  }
  return fields;
}

/// Only words come from outside into what people read.
std::string Words(const std::string& text) {
  std::string words;
  for (const char c : text.substr(0, 120)) {
    words.push_back(IsLetterOrDigit(c) || c == '_' || c == '-' || c == '.' ? c : ' ');
  }
  return words;
}

std::string_view Trimmed(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

}  // namespace

std::string AuthorizeUrl(const AuthorizationRequest& request) {
  std::string scopes;
  for (const ScopeNeed& need : request.scopes) {
    if (!scopes.empty()) scopes += "%20";
    scopes += PercentEncode(need.scope);
  }
  std::string url = request.app_url;
  while (url.ends_with('/')) url.pop_back();
  url += "/oauth/" + std::to_string(request.portal_id.value) + "/authorize";
  url += "?client_id=" + PercentEncode(request.client_id);
  url += "&redirect_uri=" + PercentEncode(request.redirect_uri);
  url += "&scope=" + scopes;
  url += "&state=" + PercentEncode(request.state);
  return url;
}

std::string NewState() {
  constexpr char kHex[] = "0123456789abcdef";
  std::array<unsigned char, 16> bytes;
  CHECK_THAT(RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) == 1);
  std::string state;
  for (const unsigned char byte : bytes) {
    state.push_back(kHex[byte >> 4]);
    state.push_back(kHex[byte & 15]);
  }
  return state;
}

Result<Secret, std::string> CodeFromQuery(std::string_view query, std::string_view state) {
  auto fields = ParseQuery(query);
  if (fields["state"] != state) {
    return std::string("the answer does not belong to this authorization (state): start again");
  }
  if (!fields["code"].empty()) return Secret(fields["code"]);
  if (fields["error"].empty()) return std::string("the answer holds no code: start again");
  return "HubSpot did not authorize the app: " +
         Words(fields["error"] + " " + fields["error_description"]);
}

Result<Secret, std::string> CodeFromPaste(std::string_view pasted, std::string_view state) {
  const std::string_view text = Trimmed(pasted);
  if (const size_t query = text.find('?'); query != std::string_view::npos) {
    return CodeFromQuery(text.substr(query + 1, text.find('#') - query - 1), state);
  }
  if (text.empty() || text.find_first_of(" \t\r\n/&=") != std::string_view::npos) {
    return std::string("this is no code: paste the code, or the whole address the browser shows");
  }
  return Secret(std::string(text));
}

Result<Authorized, ApiError> FinishAuthorization(OAuthApp& app, const RefreshTokenFile& file,
                                                 const AuthorizationRequest& request,
                                                 const Secret& configured, const Secret& code) {
  const auto answer = app.ExchangeCode(code, request.redirect_uri);
  if (!answer) return answer.error();
  if (answer->portal_id && *answer->portal_id != request.portal_id) {
    return WrongPortal(*answer->portal_id, request.portal_id);
  }
  if (answer->refresh_token.empty()) {
    return ApiError{.kind = ApiErrorKind::kDecode,
                    .message = "HubSpot gave no refresh token: check the app's settings"};
  }
  const std::string digest = configured.empty() ? std::string() : Sha256Hex(configured.Reveal());
  const auto stored = file.Store({answer->refresh_token, digest});
  if (!stored) return ApiError{.kind = ApiErrorKind::kSecret, .message = stored.error()};
  // Answers of older endpoints name no scopes; silence is not a refusal.
  if (answer->scopes.empty()) return Authorized{};
  return Authorized{.missing = MissingScopes(request.scopes, answer->scopes)};
}

ApiError WrongPortal(PortalId actual, PortalId configured) {
  return {.kind = ApiErrorKind::kWrongPortal,
          .message = "the token belongs to portal " + std::to_string(actual.value) +
                     ", the configuration says " + std::to_string(configured.value) +
                     ": correct portal_id, or use that portal's own token"};
}

}  // namespace hubmirror
