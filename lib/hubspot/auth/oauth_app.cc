#include "hubspot/auth/oauth_app.h"

#include "base/ascii.h"
#include "hubspot/read/error_reading.h"
#include "hubspot/read/json_document.h"

namespace hubmirror {
namespace {

// HubSpot's tokens live 30 minutes and say so; this is for an answer that does not.
constexpr std::chrono::seconds kUsualLifetime{1800};
constexpr std::chrono::seconds kLongestLifetime{86'400};

Result<TokenAnswer, ApiError> ReadTokenAnswer(std::string body) {
  const auto document = JsonDocument::Parse(body);
  if (!document) return DecodeError(document.error());
  const JsonValue root = document->root();
  TokenAnswer answer{.access_token = Secret(root["access_token"].String()),
                     .refresh_token = Secret(root["refresh_token"].String()),
                     .lifetime = kUsualLifetime};
  if (answer.access_token.empty()) return DecodeError("it has no access_token");
  // One with a line break would end the header that it is sent in, and begin another.
  if (!IsVisible(answer.access_token.Reveal()) || !IsVisible(answer.refresh_token.Reveal())) {
    return DecodeError("a token in it has characters that no token has");
  }
  if (const auto seconds = root["expires_in"].Integer(); seconds && *seconds > 0) {
    answer.lifetime = std::min(std::chrono::seconds(*seconds), kLongestLifetime);
  }
  if (const auto hub = root["hub_id"].Integer()) answer.portal_id = PortalId{*hub};
  const JsonValue scopes = root["scopes"];
  for (size_t i = 0; scopes.is_array() && i < scopes.size(); ++i) {
    answer.scopes.push_back(scopes.Item(i).String());
  }
  return answer;
}

}  // namespace

OAuthApp::OAuthApp(Settings settings, Wire wire, ExchangeObserver& observer)
    : settings_(std::move(settings)),
      requests_(settings_.version),
      wire_(wire),
      observer_(observer) {}

Result<TokenAnswer, ApiError> OAuthApp::Refresh(const Secret& refresh_token) {
  return Ask({{"grant_type", "refresh_token"}, {"refresh_token", refresh_token.Reveal()}},
             refresh_token);
}

Result<TokenAnswer, ApiError> OAuthApp::ExchangeCode(const Secret& code,
                                                     const std::string& redirect_uri) {
  return Ask({{"grant_type", "authorization_code"},
              {"code", code.Reveal()},
              {"redirect_uri", redirect_uri}},
             code);
}

Result<TokenAnswer, ApiError> OAuthApp::Ask(Fields fields, const Secret& secret) {
  const auto client_secret = settings_.client_secret();
  if (!client_secret) {
    return ApiError{.kind = ApiErrorKind::kSecret, .message = client_secret.error()};
  }
  fields.emplace_back("client_id", settings_.client_id);
  fields.emplace_back("client_secret", client_secret->Reveal());
  ClientRequest request = requests_.Token(FormBody(fields));
  request.secrets = {*client_secret, secret};
  Sent sent = SendNoting(wire_, settings_.portal, Endpoint::kToken, request);

  const auto conclude = [&]() -> Result<TokenAnswer, ApiError> {
    if (!sent.answer) return sent.answer.error();
    if (auto error = ErrorOf(Endpoint::kToken, *sent.answer)) return std::move(*error);
    auto answer = ReadTokenAnswer(std::move(sent.answer->body));
    if (!answer) return answer;
    answer->sent_at = sent.report.sent_at;
    for (std::string& scope : answer->scopes) sent.secrets.RemoveFrom(scope);
    return answer;
  };
  Result<TokenAnswer, ApiError> result = conclude();
  if (!result) {
    result.error() = sent.secrets.Without(std::move(result.error()));
    sent.report.failure = result.error().kind;
  }
  observer_.OnExchange(sent.report);
  return result;
}

}  // namespace hubmirror
