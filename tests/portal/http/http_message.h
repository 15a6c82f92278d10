#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "store/instant.h"

namespace simulated_portal {

using NamedValues = std::vector<std::pair<std::string, std::string>>;

/// One request as it arrived. Header names in lower case. A value type.
struct HttpRequest {
  std::string method;
  std::string target;  ///< as sent, with the query
  std::string path;    ///< decoded, without the query
  NamedValues query;   ///< decoded
  NamedValues headers;
  std::string body;
  bool keep_alive = true;
  int number_on_connection = 0;  ///< 0 for the first

  /// The last value of that name; empty when there is none.
  [[nodiscard]] std::string_view Query(std::string_view name) const;
  /// All values of that name, joined with commas: lists come as one value or as several.
  [[nodiscard]] std::string QueryList(std::string_view name) const;
  [[nodiscard]] std::string_view Header(std::string_view name) const;
};

/// How an answer leaves, well or badly.
enum class Delivery {
  kWhole,
  kCloseAfter,  ///< whole, then the connection is closed unannounced
  kNothing,     ///< the connection is closed without an answer
  kReset,       ///< the same with a TCP reset
  kHang,        ///< no answer; closed after `spread`
  kHalf,        ///< half of the body, then closed
  kDrip,        ///< whole, in pieces over `spread`
};

/// One answer, with all the transport needs to know. A value type.
struct HttpResponse {
  int status = 200;
  std::string content_type = "application/json;charset=utf-8";
  NamedValues headers;
  std::string body;

  Duration delay = 0;  ///< from the request's arrival
  Delivery delivery = Delivery::kWhole;
  Duration spread = 0;
  bool chunked = false;
  bool lower_case_names = false;
  std::optional<Instant> date;  ///< else that of the moment it is sent
  Duration clock_offset = 0;    ///< of that moment
};

/// `a=1&b=x%20y` decoded; `+` is a blank.
NamedValues ParseForm(std::string_view text);
std::string PercentDecode(std::string_view text, bool plus_is_blank);
std::string PercentEncode(std::string_view text);

/// Reads the request at the start of `input`. Says how many bytes it took.
struct ParsedRequest {
  enum class State { kIncomplete, kComplete, kBad } state = State::kIncomplete;
  size_t length = 0;
  bool wants_continue = false;  ///< incomplete, and waiting for `100 Continue`
  HttpRequest request;
};
ParsedRequest ParseRequest(std::string_view input);

/// 204.
HttpResponse NoContent();

/// The status line and headers, up to and with the empty line. `now` is this machine's clock.
std::string RenderHead(const HttpResponse& response, bool keep_alive, Instant now);

}  // namespace simulated_portal
