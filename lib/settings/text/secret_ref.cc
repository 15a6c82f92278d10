#include "settings/text/secret_ref.h"

#include <algorithm>
#include <array>
#include <utility>

namespace hubmirror {
namespace {

using Kind = SecretRef::Kind;

constexpr std::array kPrefixes = {std::pair{Kind::kCredential, std::string_view("credential:")},
                                  std::pair{Kind::kFile, std::string_view("file:")},
                                  std::pair{Kind::kEnvironment, std::string_view("env:")}};

bool IsPlainAscii(std::string_view text) {
  return std::ranges::all_of(text, [](char letter) { return letter > ' ' && letter < 0x7f; });
}

bool IsControl(char letter) {
  const auto code = static_cast<unsigned char>(letter);
  return code < 0x20 || code == 0x7f;
}

bool IsVariableName(std::string_view name) {
  const auto is_word = [](char letter) {
    return (letter >= 'A' && letter <= 'Z') || (letter >= 'a' && letter <= 'z') || letter == '_' ||
           (letter >= '0' && letter <= '9');
  };
  return !name.empty() && !(name[0] >= '0' && name[0] <= '9') && std::ranges::all_of(name, is_word);
}

bool Fits(Kind kind, std::string_view name) {
  switch (kind) {
    case Kind::kCredential:
      // systemd's rule for credentials: a file name (systemd.exec(5), LoadCredential=).
      return !name.empty() && name.size() <= 255 && IsPlainAscii(name) && name != "." &&
             name != ".." && name.find('/') == std::string_view::npos;
    case Kind::kFile:
      return name.size() > 1 && name[0] == '/' && std::ranges::none_of(name, IsControl);
    case Kind::kEnvironment:
      return IsVariableName(name);
  }
  return false;
}

}  // namespace

std::string SecretRef::Text() const {
  for (const auto& [known, prefix] : kPrefixes) {
    if (known == kind) return std::string(prefix) + name;
  }
  return {};
}

std::optional<SecretRef> ParseSecretRef(std::string_view text) {
  for (const auto& [kind, prefix] : kPrefixes) {
    if (!text.starts_with(prefix)) continue;
    const std::string_view name = text.substr(prefix.size());
    if (!Fits(kind, name)) return std::nullopt;
    return SecretRef{kind, std::string(name)};
  }
  return std::nullopt;
}

}  // namespace hubmirror
