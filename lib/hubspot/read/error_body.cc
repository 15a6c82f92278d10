#include "hubspot/read/error_body.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "base/ascii.h"
#include "base/printable.h"
#include "hubspot/read/json_document.h"

namespace hubmirror {
namespace {

constexpr size_t kMaxBody = size_t{256} << 10;  // Error bodies are small; the rest is a web page.
constexpr size_t kMaxMessage = 200;
constexpr size_t kMaxScopes = 20;

/// Error texts end in logs and terminals: one line, no control characters, cut at a character.
std::string OneLine(std::string text) {
  text = WithoutControls(text, ' ');
  if (text.size() > kMaxMessage) {
    size_t end = kMaxMessage;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
    text.resize(end);
  }
  return text;
}

/// Codes and scope names are words; anything else in their place is not repeated to people.
std::string Word(JsonValue value) {
  std::string word = value.String();
  const bool plain = word.size() <= 100 && std::all_of(word.begin(), word.end(), [](char c) {
                       return IsLetterOrDigit(c) || c == '_' || c == '-' || c == '.';
                     });
  return plain ? word : std::string();
}

void AddScopes(JsonValue context, std::vector<std::string>& scopes) {
  for (const char* const name : {"requiredGranularScopes", "requiredScopes"}) {
    const JsonValue list = context[name];
    if (!list.is_array()) continue;
    for (size_t i = 0; i < list.size() && scopes.size() < kMaxScopes; ++i) {
      std::string scope = Word(list.Item(i));
      const bool known = std::find(scopes.begin(), scopes.end(), scope) != scopes.end();
      if (!scope.empty() && !known) scopes.push_back(std::move(scope));
    }
  }
}

/// Some refusals name their scopes only in the text: `... (requires one of [leads-read])`. Words of
/// brackets that stand for something else ("[contact:12]") are none.
void AddScopesOfText(const std::string& text, std::vector<std::string>& scopes) {
  for (size_t open = text.find('['); open != std::string::npos; open = text.find('[', open + 1)) {
    const std::string_view before = std::string_view(text).substr(0, open);
    const size_t close = text.find(']', open);
    if (close == std::string::npos) return;
    const bool required = before.find("requir") != std::string_view::npos ||
                          before.find("scope") != std::string_view::npos;
    if (!required) continue;
    std::vector<std::string> found;
    std::string word;
    bool plain = true;
    for (size_t i = open + 1; i <= close; ++i) {
      const char c = text[i];
      if (IsLetterOrDigit(c) || c == '_' || c == '-' || c == '.') {
        word.push_back(c);
      } else if (c == ',' || c == ' ' || c == '"' || c == ']') {
        if (!word.empty()) found.push_back(std::exchange(word, {}));
      } else {
        plain = false;
      }
    }
    if (!plain) continue;
    for (std::string& scope : found) {
      const bool known = std::find(scopes.begin(), scopes.end(), scope) != scopes.end();
      if (!known && scope.size() <= 100 && scopes.size() < kMaxScopes) {
        scopes.push_back(std::move(scope));
      }
    }
  }
}

}  // namespace

ErrorBody ReadErrorBody(const ClientAnswer& answer) {
  ErrorBody error;
  if (answer.body.size() > kMaxBody) return error;
  std::string text = answer.body;
  const auto document = JsonDocument::Parse(text);
  if (!document || !document->root().is_object()) return error;
  const JsonValue root = document->root();

  error.json = true;
  error.category = Word(root["category"]);
  if (error.category.empty()) error.category = Word(root["errorType"]);
  error.policy = Word(root["policyName"]);
  error.message = OneLine(root["message"].String());
  error.correlation_id = Word(root["correlationId"]);
  if (error.correlation_id.empty()) error.correlation_id = Word(root["requestId"]);
  error.oauth_status = Word(root["status"]);
  if (!error.oauth_status.starts_with("BAD_")) error.oauth_status = Word(root["error"]);

  AddScopes(root["context"], error.scopes);
  const JsonValue errors = root["errors"];
  for (size_t i = 0; errors.is_array() && i < errors.size(); ++i) {
    AddScopes(errors.Item(i)["context"], error.scopes);
  }
  if (error.scopes.empty() && answer.status == 403) {
    AddScopesOfText(root["message"].String(), error.scopes);
  }
  return error;
}

}  // namespace hubmirror
