#pragma once

#include <string>

namespace hubmirror::testing {

/// A certificate authority made for one test and a server certificate for 127.0.0.1 signed by it,
/// as PEM files in `folder`. `alternative` is what the certificate is for, `subject` a name (CN)
/// that must not count.
struct TestCertificates {
  explicit TestCertificates(const std::string& folder,
                            const std::string& alternative = "IP:127.0.0.1",
                            const char* subject = "hubmirror test server");

  std::string ca_file;
  std::string certificate_file;
  std::string key_file;
};

}  // namespace hubmirror::testing
