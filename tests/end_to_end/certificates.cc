#include "certificates.h"

#include <stdexcept>

#include "support/process.h"

namespace hubmirror::testing {

using namespace std::chrono_literals;

Certificates::Certificates() {
  Make("authority", {"-subj", "/CN=Tests", "-days", "30"});
  Make("right", Signed("localhost", "30"));
  Make("other_host", Signed("example.com", "30"));
  Make("expired", Signed("localhost", "1"), {"/usr/bin/faketime", "10 days ago"});
  Make("self_signed",
       {"-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-days", "30"});
}

std::vector<std::string> Certificates::Signed(const std::string& host,
                                              const std::string& days) const {
  return {"-CA",   authority(),   "-CAkey",  File("authority", ".key"),
          "-subj", "/CN=" + host, "-addext", "subjectAltName=DNS:" + host,
          "-days", days};
}

void Certificates::Make(const std::string& name, const std::vector<std::string>& more,
                        std::vector<std::string> command) const {
  const std::vector<std::string> request = {"/usr/bin/openssl",
                                            "req",
                                            "-x509",
                                            "-newkey",
                                            "ec",
                                            "-pkeyopt",
                                            "ec_paramgen_curve:prime256v1",
                                            "-nodes",
                                            "-keyout",
                                            File(name, ".key"),
                                            "-out",
                                            File(name, ".pem")};
  command.insert(command.end(), request.begin(), request.end());
  command.insert(command.end(), more.begin(), more.end());
  const ProgramResult result = RunProgram(command, {}, 20s);
  if (result.end != ProcessEnd{.exit_code = 0}) throw std::runtime_error(result.output);
}

}  // namespace hubmirror::testing
