#pragma once

#include <string>
#include <vector>

#include "support/http_proxy.h"
#include "support/temp_directory.h"

namespace hubmirror::testing {

/// Certificates for a server on this machine, made for one test: `right`, `other_host`, `expired`,
/// all of them signed by `authority()`, and `self_signed`. Failures throw std::runtime_error.
class Certificates {
 public:
  Certificates();

  std::string authority() const { return File("authority", ".pem"); }
  HttpProxy::Tls Of(const std::string& name) const {
    return {.certificate_file = File(name, ".pem"), .key_file = File(name, ".key")};
  }

 private:
  std::string File(const std::string& name, const char* ending) const {
    return directory_.path() / (name + ending);
  }
  std::vector<std::string> Signed(const std::string& host, const std::string& days) const;
  void Make(const std::string& name, const std::vector<std::string>& more,
            std::vector<std::string> command = {}) const;

  TempDirectory directory_{"certificates"};
};

}  // namespace hubmirror::testing
