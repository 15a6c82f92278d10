#include "endpoints/oauth_endpoints.h"

#include <algorithm>

#include "endpoints/error_answers.h"
#include "endpoints/json_text.h"

namespace simulated_portal {
namespace {

/// One form field after another, for the OAuth endpoints.
class Form {
 public:
  explicit Form(const std::string& body) : values_(ParseForm(body)) {}
  [[nodiscard]] std::string Get(std::string_view name) const {
    for (const auto& [key, value] : values_) {
      if (key == name) return value;
    }
    return "";
  }

 private:
  NamedValues values_;
};

bool IsLoopback(std::string_view uri) {
  return uri.starts_with("http://127.0.0.1") || uri.starts_with("http://localhost") ||
         uri.starts_with("http://[::1]");
}

bool AllowsRedirect(const OAuthSettings& client, const std::string& uri) {
  if (client.redirect_uris.empty()) return IsLoopback(uri);
  return std::find(client.redirect_uris.begin(), client.redirect_uris.end(), uri) !=
         client.redirect_uris.end();
}

std::vector<Portal*> WithClient(const Portals& portals, std::string_view client_id) {
  std::vector<Portal*> found;
  for (const auto& portal : portals) {
    const auto& client = portal->tokens.client();
    if (client && client->client_id == client_id) found.push_back(portal.get());
  }
  return found;
}

void AppendScopes(std::string& out, const Scopes& scopes) {
  out += '[';
  for (const std::string& scope : scopes) {
    if (out.back() != '[') out += ',';
    AppendJsonString(out, scope);
  }
  out += ']';
}

HttpResponse Refused(AccessTokens::Refusal refusal) {
  switch (refusal) {
    case AccessTokens::Refusal::kBadCode:
      return OAuthError("BAD_AUTH_CODE", "invalid_grant", "missing or unknown auth code");
    case AccessTokens::Refusal::kBadRedirect:
      return OAuthError("BAD_REDIRECT_URI", "invalid_grant",
                        "redirect uri does not match the code");
    case AccessTokens::Refusal::kBadVerifier:
      return OAuthError("BAD_CODE_VERIFIER", "invalid_grant", "code verifier does not match");
    case AccessTokens::Refusal::kBadHub:
      return OAuthError("BAD_HUB", "access_denied", "missing or unknown hub id");
    default:
      break;
  }
  return OAuthError("BAD_REFRESH_TOKEN", "invalid_grant",
                    "refresh token is invalid, expired or revoked");
}

HttpResponse TokenAnswer(const Portal& portal, const AccessTokens::Grant& grant,
                         std::string_view use) {
  HttpResponse response;
  std::string& out = response.body;
  out += "{\"token_type\":\"bearer\",\"access_token\":";
  AppendJsonString(out, grant.access_token);
  if (!grant.refresh_token.empty()) {
    out += ",\"refresh_token\":";
    AppendJsonString(out, grant.refresh_token);
  }
  out.append(",\"expires_in\":").append(std::to_string(portal.tokens.client()->expires_in));
  out.append(",\"hub_id\":").append(std::to_string(portal.settings.portal_id));
  out += ",\"user_id\":101,\"token_use\":";
  AppendJsonString(out, use);
  out += ",\"scopes\":";
  AppendScopes(out, grant.scopes);
  out += '}';
  return response;
}

OAuthAnswer Answer(Portal& portal, const AccessTokens::Outcome& outcome) {
  if (outcome.refusal != AccessTokens::Refusal::kNone) return {Refused(outcome.refusal), &portal};
  return {TokenAnswer(portal, outcome.grant, "access_token"), &portal};
}

OAuthAnswer RedeemCode(const std::vector<Portal*>& portals, const Form& form, Instant wall_now) {
  for (Portal* portal : portals) {
    if (!portal->tokens.HasCode(form.Get("code"))) continue;
    return Answer(*portal,
                  portal->tokens.RedeemCode(form.Get("code"), form.Get("redirect_uri"),
                                            form.Get("code_verifier"), portal->Now(wall_now)));
  }
  return {Refused(AccessTokens::Refusal::kBadCode), nullptr};
}

OAuthAnswer Refresh(const std::vector<Portal*>& portals, const Form& form, Instant wall_now) {
  for (Portal* portal : portals) {
    const std::string token = form.Get("refresh_token");
    if (!portal->tokens.HasRefreshToken(token)) continue;
    return Answer(*portal, portal->tokens.Refresh(token, portal->Now(wall_now)));
  }
  return {Refused(AccessTokens::Refusal::kBadRefreshToken), nullptr};
}

OAuthAnswer ClientCredentials(Portal& portal, const Form& form, Instant wall_now) {
  const Scopes scopes = SplitScopes(form.Get("scope"));
  const Scopes& granted = portal.tokens.client()->scopes;
  if (scopes.empty() ||
      !std::includes(granted.begin(), granted.end(), scopes.begin(), scopes.end())) {
    return {OAuthError("BAD_SCOPES", "invalid_scope", "scopes are missing or unknown"), &portal};
  }
  const AccessTokens::Grant grant{portal.tokens.IssueAccess(scopes, portal.Now(wall_now)), "",
                                  scopes};
  return {TokenAnswer(portal, grant, "client_credentials"), &portal};
}

HttpResponse Introspect(const std::vector<Portal*>& portals, const Form& form, Instant wall_now) {
  HttpResponse response;
  for (Portal* portal : portals) {
    const Instant now = portal->Now(wall_now);
    const std::string token = form.Get("token");
    const AccessTokens::Holder holder = portal->tokens.Check(token, now);
    if (holder.standing != AccessTokens::Standing::kValid || !holder.oauth) continue;
    std::string& out = response.body;
    out.append("{\"active\":true,\"hub_id\":").append(std::to_string(portal->settings.portal_id));
    out +=
        ",\"user_id\":101,\"user\":\"admin@example.com\",\"hub_domain\":\"example.com\","
        "\"app_id\":4242,\"client_id\":";
    AppendJsonString(out, holder.app);
    out.append(",\"expires_in\":").append(std::to_string((holder.expires_at - now) / kSecond));
    out += ",\"token_use\":\"access_token\",\"token_type\":\"bearer\",\"scopes\":";
    AppendScopes(out, *holder.scopes);
    out += '}';
    return response;
  }
  response.body = "{\"active\":false}";
  return response;
}

/// The client of a token request, or why it is refused.
struct ClientCheck {
  std::vector<Portal*> portals;
  std::optional<HttpResponse> refusal;
};

ClientCheck CheckClient(const Portals& portals, const Form& form) {
  ClientCheck check{WithClient(portals, form.Get("client_id")), std::nullopt};
  if (check.portals.empty()) {
    check.refusal = OAuthError("BAD_CLIENT_ID", "invalid_client", "missing or unknown client id");
    return check;
  }
  std::erase_if(check.portals, [&](const Portal* portal) {
    return portal->tokens.client()->client_secret != form.Get("client_secret");
  });
  if (check.portals.empty()) {
    check.refusal =
        OAuthError("BAD_CLIENT_SECRET", "invalid_client", "missing or invalid client secret");
  }
  return check;
}

}  // namespace

OAuthAnswer Authorize(const Portals& portals, const Route& route, const HttpRequest& request,
                      Instant wall_now) {
  const std::string redirect(request.Query("redirect_uri"));
  Portal* chosen = nullptr;
  for (Portal* portal : WithClient(portals, request.Query("client_id"))) {
    const bool named = route.name == std::to_string(portal->settings.portal_id);
    if (chosen == nullptr && (route.name.empty() || named)) chosen = portal;
  }
  if (chosen == nullptr) return {EdgePage(400, "No such app or account"), nullptr};
  const OAuthSettings& client = *chosen->tokens.client();
  if (!AllowsRedirect(client, redirect)) {
    return {EdgePage(400, "The redirect address is not one of the app's"), chosen};
  }
  const Scopes wanted = SplitScopes(request.Query("scope"));
  Scopes granted = wanted;
  for (const std::string& scope : SplitScopes(request.Query("optional_scope"))) {
    if (client.scopes.contains(scope)) granted.insert(scope);
  }
  if (!std::includes(client.scopes.begin(), client.scopes.end(), wanted.begin(), wanted.end())) {
    return {EdgePage(400, "The account cannot grant all scopes asked for"), chosen};
  }
  const std::string code = chosen->tokens.IssueCode(
      redirect, granted, std::string(request.Query("code_challenge")), chosen->Now(wall_now));
  HttpResponse response;
  response.status = 302;
  response.content_type.clear();
  std::string target = redirect;
  target.append(redirect.find('?') == redirect.npos ? "?" : "&").append("code=");
  target += PercentEncode(code);
  const std::string_view state = request.Query("state");
  if (!state.empty()) target.append("&state=").append(PercentEncode(state));
  response.headers.emplace_back("Location", target);
  return {std::move(response), chosen};
}

OAuthAnswer AnswerToken(const Portals& portals, const Route& route, const HttpRequest& request,
                        Instant wall_now) {
  const Form form(request.body);
  const ClientCheck client = CheckClient(portals, form);
  if (client.refusal) return {*client.refusal, nullptr};
  if (route.endpoint == Endpoint::kIntrospect) {
    return {Introspect(client.portals, form, wall_now), client.portals.front()};
  }
  if (route.endpoint == Endpoint::kRevoke) {
    // Access tokens already given out run out by themselves.
    const std::string token = form.Get("token");
    for (Portal* portal : client.portals) {
      if (!token.empty()) portal->tokens.RevokeRefresh(token);
    }
    return {HttpResponse{}, client.portals.front()};
  }
  const std::string grant = form.Get("grant_type");
  if (grant == "authorization_code") return RedeemCode(client.portals, form, wall_now);
  if (grant == "refresh_token") return Refresh(client.portals, form, wall_now);
  if (grant == "client_credentials") {
    return ClientCredentials(*client.portals.front(), form, wall_now);
  }
  return {OAuthError("BAD_GRANT_TYPE", "unsupported_grant_type", "missing or unknown grant type"),
          nullptr};
}

}  // namespace simulated_portal
