#include <doctest/doctest.h>

#include <string>

#include "http/base_url.h"
#include "settings/text/web_address.h"

namespace hubmirror::testing {
namespace {

TEST_CASE("receivers: whatever the configuration lets pass for a url can be asked") {
  for (const std::string scheme : {"https://", "http://", "ftp://", ""}) {
    for (const std::string host :
         {"hooks.example.com", "127.0.0.1", "localhost", "[::1]", "[fe80::1]", "[::1", "a@b", "",
          "-", "h%20", "\xc3\xa4.example"}) {
      for (const std::string port : {"", ":443", ":0", ":65536", ":", ":x", ":-1", ":00080"}) {
        for (const std::string rest : {"", "/", "/a/b?c=d%20e", "?x", "/a b", "#x", "/x#y", "/@:[]",
                                       "/\xc3\xa4", "/\r\nX: y", "//x"}) {
          const std::string url = scheme + host + port + rest;
          CAPTURE(url);
          const bool accepted = !CheckReceiverUrl(url);
          const bool asked = bool(ParseRequestUrl(url));
          if (accepted) CHECK(asked);
        }
      }
    }
  }
  CHECK_FALSE(CheckReceiverUrl("https://hooks.example.com:8443/a/b?c=d%20e"));
  CHECK_FALSE(CheckReceiverUrl("http://[::1]:9/x"));
}

}  // namespace
}  // namespace hubmirror::testing
