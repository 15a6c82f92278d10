#include "telemetry/http/http_message.h"

#include <algorithm>

#include "base/ascii.h"

namespace hubmirror {
namespace {

constexpr HttpRefusal kMalformed{400, "syntax", "the request is not well-formed HTTP/1.1"};
constexpr HttpRefusal kBody{413, "size", "requests with a body are not taken"};
constexpr std::string_view kLineEnd = "\r\n";

struct HeaderField {
  std::string name;  ///< lower case
  std::string_view value;
};

bool IsTokenCharacter(char c) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
         kMarks.find(c) != std::string_view::npos;
}

bool IsToken(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, IsTokenCharacter);
}

bool IsVisible(char c) {
  return c > 0x20 && c < 0x7F;
}

/// A plus stays a plus: times with an offset are passed in queries.
std::string PercentDecoded(std::string_view text) {
  std::string decoded;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool escaped = text[i] == '%' && i + 2 < text.size() && HexDigit(text[i + 1]) >= 0 &&
                         HexDigit(text[i + 2]) >= 0;
    if (!escaped) {
      decoded += text[i];
      continue;
    }
    decoded += static_cast<char>(HexDigit(text[i + 1]) * 16 + HexDigit(text[i + 2]));
    i += 2;
  }
  return decoded;
}

std::map<std::string, std::string> ParseQuery(std::string_view text) {
  std::map<std::string, std::string> query;
  while (!text.empty()) {
    const std::string_view pair = text.substr(0, text.find('&'));
    text.remove_prefix(std::min(pair.size() + 1, text.size()));
    const size_t equals = pair.find('=');
    const std::string_view value =
        equals == std::string_view::npos ? std::string_view() : pair.substr(equals + 1);
    query[PercentDecoded(pair.substr(0, equals))] = PercentDecoded(value);
  }
  return query;
}

/// The next line of `text` without its end; `text` then starts after it.
std::string_view TakeLine(std::string_view& text) {
  const std::string_view line = text.substr(0, text.find(kLineEnd));
  text.remove_prefix(std::min(line.size() + kLineEnd.size(), text.size()));
  return line;
}

bool ParseRequestLine(std::string_view line, HttpRequest& request) {
  const size_t first = line.find(' ');
  const size_t last = line.rfind(' ');
  if (first == std::string_view::npos || last == first) return false;
  const std::string_view target = line.substr(first + 1, last - first - 1);
  const std::string_view version = line.substr(last + 1);
  request.method = line.substr(0, first);
  if (!IsToken(request.method) || (version != "HTTP/1.1" && version != "HTTP/1.0")) return false;
  if (!target.starts_with('/') || !std::ranges::all_of(target, IsVisible)) return false;
  const size_t mark = target.find('?');
  request.path = target.substr(0, mark);
  if (mark != std::string_view::npos) request.query = ParseQuery(target.substr(mark + 1));
  return true;
}

std::optional<HeaderField> ParseField(std::string_view line) {
  const size_t colon = line.find(':');
  if (colon == std::string_view::npos || !IsToken(line.substr(0, colon))) return std::nullopt;
  std::string_view value = line.substr(colon + 1);
  const auto is_bad = [](char c) { return static_cast<unsigned char>(c) < 0x20 && c != '\t'; };
  if (std::ranges::any_of(value, is_bad)) return std::nullopt;
  while (!value.empty() && (value.front() == ' ' || value.front() == '\t')) value.remove_prefix(1);
  while (!value.empty() && (value.back() == ' ' || value.back() == '\t')) value.remove_suffix(1);
  return HeaderField{LowerCase(line.substr(0, colon)), value};
}

std::string_view PhraseOf(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 400:
      return "Bad Request";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 413:
      return "Content Too Large";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 503:
      return "Service Unavailable";
    default:
      return "Status";
  }
}

}  // namespace

size_t HeaderLength(std::string_view bytes) {
  constexpr std::string_view kHeaderEnd = "\r\n\r\n";
  const size_t end = bytes.find(kHeaderEnd);
  return end == std::string_view::npos ? end : end + kHeaderEnd.size();
}

Result<HttpRequest, HttpRefusal> ParseHttpRequest(std::string_view header) {
  HttpRequest request;
  if (!ParseRequestLine(TakeLine(header), request)) return kMalformed;
  bool has_host = false;
  for (std::string_view line = TakeLine(header); !line.empty(); line = TakeLine(header)) {
    const auto field = ParseField(line);
    if (!field) return kMalformed;
    if (field->name == "host") {
      if (std::exchange(has_host, true)) return kMalformed;
      request.host = field->value;
    } else if (field->name == "origin") {
      if (request.origin) return kMalformed;
      request.origin = std::string(field->value);
    } else if (field->name == "transfer-encoding" ||
               (field->name == "content-length" && field->value != "0")) {
      return kBody;
    }
  }
  if (!has_host) return kMalformed;
  return request;
}

std::string Serialize(const HttpResponse& response, bool head) {
  std::string bytes = "HTTP/1.1 " + std::to_string(response.status) + " ";
  bytes.append(PhraseOf(response.status)).append(kLineEnd);
  const auto add = [&bytes](std::string_view name, std::string_view value) {
    bytes.append(name).append(": ").append(value).append(kLineEnd);
  };
  add("Content-Type", response.content_type);
  add("Content-Length", std::to_string(response.body.size()));
  add("X-Content-Type-Options", "nosniff");
  add("Cache-Control", "no-store");
  add("Referrer-Policy", "no-referrer");
  add("Connection", "close");
  for (const auto& [name, value] : response.headers) add(name, value);
  bytes.append(kLineEnd);
  if (!head) bytes.append(response.body);
  return bytes;
}

HttpResponse ResponseTo(const HttpRefusal& refusal) {
  HttpResponse response{.status = refusal.status, .body = std::string(refusal.words) + "\n"};
  if (refusal.status == 405) response.headers.emplace_back("Allow", "GET, HEAD");
  return response;
}

}  // namespace hubmirror
