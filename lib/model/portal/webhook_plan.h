#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace hubmirror {

/// Which entries of the change feed a webhook is sent. All that a rule says must hold; what it does
/// not say holds always.
struct WebhookRule {
  std::string object = "*";          ///< name of a table, or `*`
  std::vector<std::string> op;       ///< one of these; empty: any but `epoch` and `loaded`
  std::vector<std::string> changed;  ///< one of these properties changed
  std::string property;              ///< this one changed ...
  std::vector<std::string> from;     ///< ... from one of these values; an empty text: from none
  std::vector<std::string> to;
  std::string pipeline;  ///< the record is in this one
  friend bool operator==(const WebhookRule&, const WebhookRule&) = default;
};

/// What the operator asked of one webhook. Immutable once handed out.
struct WebhookPlan {
  std::string name;
  std::string url;                ///< https://HOST[:PORT][/PATH], http:// for loopback only
  std::vector<WebhookRule> when;  ///< one of them must hold; empty: every change is sent
  bool own = true;                ///< also what was written from here, and by nobody else
  int64_t batch = 100;            ///< entries in one request, at most
  std::chrono::milliseconds stop_after{std::chrono::hours{72}};  ///< of failing all the time
  friend bool operator==(const WebhookPlan&, const WebhookPlan&) = default;
};

}  // namespace hubmirror
