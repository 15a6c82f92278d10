#include "hubspot/read/sent_secrets.h"

#include <doctest/doctest.h>

using namespace hubmirror;

namespace {

std::string Seen(const std::string& secret, std::string text) {
  SentSecrets({.bearer = Secret(secret)}).RemoveFrom(text);
  return text;
}

}  // namespace

TEST_CASE("sent secrets: a token is removed as it is, as often as it stands there") {
  CHECK(Seen("pat-na1-1234", "Bearer pat-na1-1234, pat-na1-1234.") == "Bearer [secret], [secret].");
  CHECK(Seen("pat-na1-1234", "pat-na1-1235") == "pat-na1-1235");
}

TEST_CASE("sent secrets: percent-encoded in every manner") {
  CHECK(Seen("s&cret/+123", "secret=s%26cret%2F%2B123") == "secret=[secret]");
  CHECK(Seen("abcdefgh", "%61%62%63%64%65%66%67%68") == "[secret]");
  CHECK(Seen("zzzzzzzz/", "%7a%7a%7a%7a%7a%7a%7a%7a%2f") == "[secret]");
}

TEST_CASE("sent secrets: base64-encoded at each place within more") {
  // Of "pat-na1-1234", "x:pat-na1-1234", "xy:pat-na1-1234" and "Bearer pat-na1-1234".
  CHECK(Seen("pat-na1-1234", "cGF0LW5hMS0xMjM0") == "[secret]");
  CHECK(Seen("pat-na1-1234", "eDpwYXQtbmExLTEyMzQ=").find("YXQtbmEx") == std::string::npos);
  CHECK(Seen("pat-na1-1234", "eHk6cGF0LW5hMS0xMjM0") == "eHk6[secret]");
  CHECK(Seen("pat-na1-1234", "QmVhcmVyIHBhdC1uYTEtMTIzNA==").find("hdC1uYTEtMTIz") ==
        std::string::npos);
  CHECK(Seen("\xfb\xff\xfe\xfb\xff\xfe\xfb\xff\xfe", "-__--__--__-") == "[secret]");
}

TEST_CASE("sent secrets: those of a body count like the token") {
  std::string text = "client_secret=abcdef-123456&refresh_token=na1-the-refresh";
  SentSecrets({.secrets = {Secret("abcdef-123456"), Secret("na1-the-refresh")}}).RemoveFrom(text);
  CHECK(text == "client_secret=[secret]&refresh_token=[secret]");
}

TEST_CASE("sent secrets: wherever they stand among what looks like them") {
  const std::string alike = "pat-na1-123-pat-na1-2341-at-na1-1234-na1-123%31cGF0LW5hMS0xMjM";
  for (size_t length = 0; length <= alike.size(); ++length) {
    const std::string before = alike.substr(alike.size() - length);
    const std::string after = alike.substr(0, length);
    CHECK(Seen("pat-na1-1234", before + "pat-na1-1234" + after) == before + "[secret]" + after);
    CHECK(Seen("pat-na1-1234", before + after) == before + after);
  }
  // Of two that begin alike, the longer one.
  std::string text = "abcdefgh-ijkl abcdefgh";
  SentSecrets({.secrets = {Secret("abcdefgh"), Secret("abcdefgh-ijkl")}}).RemoveFrom(text);
  CHECK(text == "[secret] [secret]");
}

TEST_CASE("sent secrets: a body of nothing but secrets takes no time to speak of") {
  std::string text;
  for (int i = 0; i < 1'000'000; ++i) text += "pat-na1-1234";
  CHECK(Seen("pat-na1-1234", std::move(text)).size() == 8'000'000);
}
