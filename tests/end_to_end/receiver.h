#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "support/process.h"
#include "support/temp_directory.h"

namespace hubmirror::testing {

/// One request as a receiver of webhooks took it.
struct Told {
  std::vector<int64_t> seqs;
  int status = 0;
  bool good = false;  ///< signed and small enough
  int64_t late = 0;   ///< milliseconds from the writing of its last entry to the receiver
};

/// A receiver of webhooks in Node, which behaves as the path of a url says (receiver.mjs). Owned by
/// one thread.
class Receiver {
 public:
  Receiver();

  /// A webhook of this receiver, as YAML; at another url if it has a door in front.
  std::string Webhook(const std::string& name, const std::string& path,
                      const std::string& more = "") const {
    return WebhookAt(url_, name, path, more);
  }
  std::string WebhookAt(const std::string& url, const std::string& name, const std::string& path,
                        const std::string& more = "") const;
  const std::string& url() const { return url_; }
  /// What it was sent under a path, whatever it answered.
  std::vector<Told> Log(const std::string& path) const;

 private:
  TempDirectory directory_{"receiver"};
  const std::filesystem::path secret_file_;
  Process process_;
  std::string url_;
};

}  // namespace hubmirror::testing
