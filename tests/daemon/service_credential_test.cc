#include "daemon/cli/service_credential.h"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <cerrno>
#include <filesystem>

#include "base/whole_file.h"
#include "support/temp_directory.h"

namespace hubmirror {
namespace {

namespace fs = std::filesystem;

TEST_CASE("credential: a file that is missing stops one portal and not the service") {
  CHECK(ServiceCredential("hubspot.acme").DropInText() ==
        "[Service]\n"
        "LoadCredential=hubspot.acme:/etc/hubmirror/secrets/hubspot.acme\n"
        "SetCredential=hubspot.acme:\\n\n");
}

TEST_CASE("credential: the drop-in goes before the secret that it names, and nothing else goes") {
  const testing::TempDirectory folder{"credential"};
  const std::string base = folder.path().string();
  const ServiceCredential credential("hubspot.acme", base, base);
  REQUIRE(MakeFile(base + "/hubspot.other", "stays", 0600));
  REQUIRE(MakeFile(credential.secret_path(), "secret", 0400));
  REQUIRE(MakeFile(credential.drop_in_path(), credential.DropInText(), 0644));
  const auto removal = credential.Remove();
  CHECK(removal.failed.empty());
  CHECK(removal.removed ==
        std::vector<std::string>{credential.drop_in_path(), credential.secret_path()});
  CHECK(fs::exists(base + "/hubspot.other"));
  CHECK(credential.Remove().removed.empty());
}

TEST_CASE("credential: a drop-in that cannot go keeps its secret") {
  const testing::TempDirectory folder{"credential"};
  const std::string base = folder.path().string();
  const ServiceCredential credential("hubspot.acme", base, base);
  REQUIRE(MakeFile(credential.secret_path(), "secret", 0400));
  REQUIRE(fs::create_directory(credential.drop_in_path()));
  CHECK(credential.Remove().failed == credential.drop_in_path());
  CHECK(fs::exists(credential.secret_path()));
}

TEST_CASE("credential: a portal's key or the credential's own name is meant, never a path") {
  CHECK(CredentialNameOf("acme") == "hubspot.acme");
  CHECK(CredentialNameOf("hubspot.acme") == "hubspot.acme");
  for (const char* text : {"", ".", "..", ".hidden", "a/b", "../../passwd", "a b", "a\n"}) {
    CHECK(CredentialNameOf(text).empty());
  }
}

}  // namespace
}  // namespace hubmirror
