#include <doctest/doctest.h>

#include "base/digest.h"

namespace hubmirror {
namespace {

TEST_CASE("base64: the examples of RFC 4648, both ways") {
  const std::pair<const char*, const char*> rows[] = {{"", ""},
                                                      {"f", "Zg=="},
                                                      {"fo", "Zm8="},
                                                      {"foo", "Zm9v"},
                                                      {"foob", "Zm9vYg=="},
                                                      {"fooba", "Zm9vYmE="},
                                                      {"foobar", "Zm9vYmFy"}};
  for (const auto& [plain, encoded] : rows) {
    CHECK(Base64Encode(plain) == encoded);
    CHECK(Base64Decode(encoded) == plain);
  }
  const std::string bytes{'\0', '\xff', '\x80', '\n', '\x7f'};
  CHECK(Base64Decode(Base64Encode(bytes)) == bytes);
}

TEST_CASE("base64: padding may be missing, anything else may not") {
  CHECK(Base64Decode("Zm8") == "fo");
  for (const char* const wrong : {"Z", "Zm8-", "Zm 8=", "=Zm8", "Zm8=Zm8="}) {
    CAPTURE(wrong);
    CHECK_FALSE(Base64Decode(wrong));
  }
}

}  // namespace
}  // namespace hubmirror
