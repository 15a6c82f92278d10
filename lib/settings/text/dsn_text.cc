#include "settings/text/dsn_text.h"

#include <string>
#include <vector>

namespace hubmirror {
namespace {

constexpr std::string_view kSpaces = " \t\n\r\f\v";

bool HoldsSecret(std::string_view keyword) {
  return keyword == "password" || keyword == "sslpassword";
}

void SkipSpaces(std::string_view& rest) {
  const size_t first = rest.find_first_not_of(kSpaces);
  rest.remove_prefix(first == std::string_view::npos ? rest.size() : first);
}

/// Moves past one value; false when its quote is never closed.
bool SkipValue(std::string_view& rest) {
  const bool quoted = rest.starts_with('\'');
  size_t at = quoted ? 1 : 0;
  while (at < rest.size()) {
    if (rest[at] == '\\') {
      ++at;
    } else if (quoted ? rest[at] == '\'' : kSpaces.find(rest[at]) != std::string_view::npos) {
      rest.remove_prefix(at + (quoted ? 1 : 0));
      return true;
    }
    ++at;
  }
  rest = {};
  return !quoted;
}

/// The keywords of `key = value ...`; nullopt when it does not have that form.
std::optional<std::vector<std::string_view>> KeywordsOf(std::string_view rest) {
  std::vector<std::string_view> keywords;
  for (SkipSpaces(rest); !rest.empty(); SkipSpaces(rest)) {
    const size_t end = rest.find_first_of(" \t\n\r\f\v=");
    if (end == 0 || end == std::string_view::npos) return std::nullopt;
    keywords.push_back(rest.substr(0, end));
    rest.remove_prefix(end);
    SkipSpaces(rest);
    if (!rest.starts_with('=')) return std::nullopt;
    rest.remove_prefix(1);
    SkipSpaces(rest);
    if (!SkipValue(rest)) return std::nullopt;
  }
  return keywords;
}

int HexDigit(char letter) {
  if (letter >= '0' && letter <= '9') return letter - '0';
  if (letter >= 'a' && letter <= 'f') return letter - 'a' + 10;
  if (letter >= 'A' && letter <= 'F') return letter - 'A' + 10;
  return -1;
}

std::string PercentDecoded(std::string_view text) {
  std::string out;
  for (size_t at = 0; at < text.size(); ++at) {
    const bool coded = text[at] == '%' && at + 2 < text.size() && HexDigit(text[at + 1]) >= 0 &&
                       HexDigit(text[at + 2]) >= 0;
    if (!coded) {
      out += text[at];
      continue;
    }
    out += static_cast<char>(HexDigit(text[at + 1]) * 16 + HexDigit(text[at + 2]));
    at += 2;
  }
  return out;
}

/// Whether `USER:PASSWORD@` stands in front of a host. libpq looks for it up to the first `/`; a
/// password with a `/` in it would make the rest a host name, so the longer part is searched too.
bool UserHasPassword(std::string_view rest) {
  for (const char end : {'/', '?'}) {
    const std::string_view part = rest.substr(0, rest.find(end));
    const size_t at = part.rfind('@');
    if (at != std::string_view::npos && part.substr(0, at).find(':') != std::string_view::npos) {
      return true;
    }
  }
  return false;
}

/// Whether a parameter after `?` is a password.
bool ParameterIsSecret(std::string_view rest) {
  for (size_t begin = rest.find('?'); begin != std::string_view::npos; begin = rest.find('&')) {
    rest.remove_prefix(begin + 1);
    if (HoldsSecret(PercentDecoded(rest.substr(0, rest.find_first_of("=&"))))) return true;
  }
  return false;
}

ConfigFault SecretInside() {
  return {"the connection string holds a password",
          "take it out and name its place in database.password"};
}

}  // namespace

std::optional<ConfigFault> CheckDsn(std::string_view text) {
  for (const std::string_view scheme : {"postgresql://", "postgres://"}) {
    if (!text.starts_with(scheme)) continue;
    const std::string_view rest = text.substr(scheme.size());
    if (UserHasPassword(rest) || ParameterIsSecret(rest)) return SecretInside();
    return std::nullopt;
  }
  const auto keywords = KeywordsOf(text);
  if (!keywords || keywords->empty()) {
    return ConfigFault{"this value is not a PostgreSQL connection string",
                       "write it as \"host=... dbname=... user=...\" or postgresql://..."};
  }
  for (const std::string_view keyword : *keywords) {
    if (HoldsSecret(keyword)) return SecretInside();
  }
  return std::nullopt;
}

}  // namespace hubmirror
