#include "http/http_message.h"

#include <algorithm>
#include <charconv>

#include "endpoints/json_text.h"

namespace simulated_portal {
namespace {

constexpr size_t kLongestHead = 512UL * 1024;
constexpr size_t kLongestBody = 32UL * 1024 * 1024;

std::string_view Trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string_view Last(const NamedValues& values, std::string_view name) {
  for (auto value = values.rbegin(); value != values.rend(); ++value) {
    if (value->first == name) return value->second;
  }
  return {};
}

bool ParseRequestLine(std::string_view line, HttpRequest& request) {
  const size_t first = line.find(' ');
  const size_t last = line.rfind(' ');
  if (first == line.npos || first == last) return false;
  if (!line.substr(last + 1).starts_with("HTTP/1.")) return false;
  request.method = line.substr(0, first);
  request.target = line.substr(first + 1, last - first - 1);
  request.keep_alive = line.ends_with("1.1");
  const std::string_view target = request.target;
  const size_t question = target.find('?');
  request.path = PercentDecode(target.substr(0, question), false);
  if (question != target.npos) request.query = ParseForm(target.substr(question + 1));
  return true;
}

void ParseHeaders(std::string_view lines, HttpRequest& request) {
  while (!lines.empty()) {
    const size_t end = std::min(lines.find("\r\n"), lines.size());
    const std::string_view line = lines.substr(0, end);
    const size_t colon = line.find(':');
    if (colon != line.npos) {
      request.headers.emplace_back(LowerCase(line.substr(0, colon)), Trim(line.substr(colon + 1)));
    }
    lines.remove_prefix(std::min(end + 2, lines.size()));
  }
  const std::string connection = LowerCase(request.Header("connection"));
  if (connection == "close") request.keep_alive = false;
  if (connection == "keep-alive") request.keep_alive = true;
}

/// Decodes a chunked body; returns its length on the wire, 0 while incomplete, npos when bad.
size_t ParseChunks(std::string_view input, std::string& body) {
  size_t at = 0;
  while (true) {
    const size_t line_end = input.find("\r\n", at);
    if (line_end == input.npos) return 0;
    size_t size = 0;
    const auto parsed = std::from_chars(input.data() + at, input.data() + line_end, size, 16);
    if (parsed.ec != std::errc() || size > kLongestBody) return input.npos;
    at = line_end + 2;
    if (at + size + 2 > input.size()) return 0;
    if (size == 0) return at + 2;
    body.append(input, at, size);
    at += size + 2;
  }
}

std::string_view Reason(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 207:
      return "Multi-Status";
    case 302:
      return "Found";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 414:
      return "Request-URI Too Large";
    case 423:
      return "Locked";
    case 429:
      return "Too Many Requests";
    case 500:
      return "Internal Server Error";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    default:
      return "Other";
  }
}

}  // namespace

std::string_view HttpRequest::Query(std::string_view name) const {
  return Last(query, name);
}

std::string HttpRequest::QueryList(std::string_view name) const {
  std::string list;
  for (const auto& [key, value] : query) {
    if (key != name) continue;
    if (!list.empty()) list += ',';
    list += value;
  }
  return list;
}

std::string_view HttpRequest::Header(std::string_view name) const {
  return Last(headers, name);
}

std::string PercentDecode(std::string_view text, bool plus_is_blank) {
  std::string decoded;
  decoded.reserve(text.size());
  for (size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '%' && at + 2 < text.size() && HexDigit(text[at + 1]) >= 0 &&
        HexDigit(text[at + 2]) >= 0) {
      decoded += static_cast<char>(HexDigit(text[at + 1]) * 16 + HexDigit(text[at + 2]));
      at += 2;
    } else {
      decoded += plus_is_blank && text[at] == '+' ? ' ' : text[at];
    }
  }
  return decoded;
}

std::string PercentEncode(std::string_view text) {
  static constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string encoded;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '_' || c == '.' || c == '~';
    if (plain) {
      encoded += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      encoded += '%';
      encoded += kHex[byte >> 4U];
      encoded += kHex[byte & 15U];
    }
  }
  return encoded;
}

NamedValues ParseForm(std::string_view text) {
  NamedValues values;
  while (!text.empty()) {
    const size_t end = std::min(text.find('&'), text.size());
    const std::string_view pair = text.substr(0, end);
    const size_t equals = std::min(pair.find('='), pair.size());
    if (!pair.empty()) {
      values.emplace_back(PercentDecode(pair.substr(0, equals), true),
                          PercentDecode(pair.substr(std::min(equals + 1, pair.size())), true));
    }
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return values;
}

ParsedRequest ParseRequest(std::string_view input) {
  using State = ParsedRequest::State;
  ParsedRequest parsed;
  const size_t head_end = input.find("\r\n\r\n");
  if (head_end == input.npos) {
    if (input.size() > kLongestHead) parsed.state = State::kBad;
    return parsed;
  }
  const std::string_view head = input.substr(0, head_end);
  const size_t line_end = std::min(head.find("\r\n"), head.size());
  HttpRequest& request = parsed.request;
  if (!ParseRequestLine(head.substr(0, line_end), request)) {
    parsed.state = State::kBad;
    return parsed;
  }
  ParseHeaders(head.substr(std::min(line_end + 2, head.size())), request);
  parsed.wants_continue = LowerCase(request.Header("expect")) == "100-continue";
  const std::string_view rest = input.substr(head_end + 4);
  size_t body_length = 0;
  if (LowerCase(request.Header("transfer-encoding")) == "chunked") {
    const size_t wire = ParseChunks(rest, request.body);
    if (wire == 0) return parsed;
    if (wire == rest.npos) {
      parsed.state = State::kBad;
      return parsed;
    }
    body_length = wire;
  } else {
    const std::string_view declared = request.Header("content-length");
    std::from_chars(declared.data(), declared.data() + declared.size(), body_length);
    if (body_length > kLongestBody) {
      parsed.state = State::kBad;
      return parsed;
    }
    if (rest.size() < body_length) return parsed;
    request.body = rest.substr(0, body_length);
  }
  parsed.state = State::kComplete;
  parsed.length = head_end + 4 + body_length;
  return parsed;
}

HttpResponse NoContent() {
  HttpResponse response;
  response.status = 204;
  response.content_type.clear();
  return response;
}

std::string RenderHead(const HttpResponse& response, bool keep_alive, Instant now) {
  std::string head = "HTTP/1.1 " + std::to_string(response.status) + " ";
  head.append(Reason(response.status)).append("\r\n");
  const auto add = [&](std::string_view name, std::string_view value) {
    head += response.lower_case_names ? LowerCase(name) : std::string(name);
    head.append(": ").append(value).append("\r\n");
  };
  add("Date", FormatHttpDate(response.date.value_or(now + response.clock_offset)));
  if (!response.content_type.empty()) add("Content-Type", response.content_type);
  if (response.chunked) {
    add("Transfer-Encoding", "chunked");
  } else if (response.status != 204) {
    add("Content-Length", std::to_string(response.body.size()));
  }
  for (const auto& [name, value] : response.headers) add(name, value);
  add("Connection", keep_alive ? "keep-alive" : "close");
  return head + "\r\n";
}

}  // namespace simulated_portal
