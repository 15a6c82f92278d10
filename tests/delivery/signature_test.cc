#include "delivery/signature.h"

#include <doctest/doctest.h>

namespace hubmirror {
namespace {

const TimePoint kAt{std::chrono::milliseconds(1'614'265'330'999)};

std::string SignatureOf(const std::vector<Secret>& secrets, std::string_view body) {
  const auto fields = SignedFields("msg_p5jXN8AQM9LWM0D4loKWxJek", kAt, body, secrets);
  REQUIRE(fields.size() == 3);
  CHECK(fields[0].first == "webhook-id");
  CHECK(fields[1] == std::pair<std::string, std::string>("webhook-timestamp", "1614265330"));
  CHECK(fields[2].first == "webhook-signature");
  return fields[2].second;
}

TEST_CASE("signature: the example of the Standard Webhooks convention") {
  // https://github.com/standard-webhooks/standard-webhooks, the tests of its libraries.
  CHECK(
      SignatureOf({Secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")}, R"({"test": 2432232314})") ==
      "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

TEST_CASE("signature: each secret has one, while a receiver changes its own") {
  const std::string one = SignatureOf({Secret("old")}, "{}");
  const std::string other = SignatureOf({Secret("new")}, "{}");

  CHECK(SignatureOf({Secret("new"), Secret("old")}, "{}") == other + " " + one);
}

TEST_CASE("signature: a secret that is no base64 counts by its bytes") {
  CHECK(SignatureOf({Secret("plain text")}, "{}") != SignatureOf({Secret("plain texT")}, "{}"));
  CHECK(SignatureOf({Secret("whsec_not base64!")}, "{}").starts_with("v1,"));
}

}  // namespace
}  // namespace hubmirror
