#include "settings/reading/secret_source.h"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>

namespace hubmirror {
namespace {

using Kind = SecretRef::Kind;

/// A folder of its own with files of secrets, and an environment; both go with it.
class SecretFolder {
 public:
  SecretFolder() {
    std::string pattern = std::filesystem::temp_directory_path() / "hubmirror-secret-XXXXXX";
    REQUIRE(mkdtemp(pattern.data()) != nullptr);
    path_ = pattern;
  }
  ~SecretFolder() { std::filesystem::remove_all(path_); }
  SecretFolder(const SecretFolder&) = delete;
  SecretFolder& operator=(const SecretFolder&) = delete;

  std::string Write(const std::string& name, const std::string& content, mode_t mode = 0600) {
    const std::string file = path_ + "/" + name;
    std::ofstream(file, std::ios::binary) << content;
    REQUIRE(chmod(file.c_str(), mode) == 0);
    return file;
  }
  const std::string& path() const { return path_; }

  SecretSource Source(std::map<std::string, std::string> variables = {}) const {
    return SecretSource([variables = std::move(variables)](const std::string& name) {
      const auto found = variables.find(name);
      return found == variables.end() ? std::string() : found->second;
    });
  }

 private:
  std::string path_;
};

SecretRef File(const std::string& path) {
  return {Kind::kFile, path};
}

TEST_CASE("a secret comes from a file without its trailing newline") {
  SecretFolder folder;
  const auto source = folder.Source();
  CHECK(source.Resolve(File(folder.Write("a", "s3cret")))->Reveal() == "s3cret");
  CHECK(source.Resolve(File(folder.Write("b", "s3cret\n")))->Reveal() == "s3cret");
  CHECK(source.Resolve(File(folder.Write("c", "s3cret\r\n")))->Reveal() == "s3cret");
  CHECK(source.Resolve(File(folder.Write("d", " s3cret \n")))->Reveal() == " s3cret ");
}

TEST_CASE("a secret comes from the credentials folder, whatever its permissions") {
  SecretFolder folder;
  folder.Write("hubspot.acme", "s3cret\n", 0444);
  const SecretRef ref{Kind::kCredential, "hubspot.acme"};

  CHECK(folder.Source({{"CREDENTIALS_DIRECTORY", folder.path()}}).Resolve(ref)->Reveal() ==
        "s3cret");

  const auto outside = folder.Source().Resolve(ref);
  REQUIRE(!outside);
  CHECK(outside.error().find("LoadCredential=hubspot.acme:") != std::string::npos);
}

TEST_CASE("a secret comes from the environment") {
  SecretFolder folder;
  const SecretRef ref{Kind::kEnvironment, "TOKEN"};
  CHECK(folder.Source({{"TOKEN", "s3cret"}}).Resolve(ref)->Reveal() == "s3cret");
  CHECK(folder.Source().Resolve(ref).error() ==
        "env:TOKEN is not set or empty; set the variable TOKEN");
}

TEST_CASE("a file that others may open or its group may write is refused") {
  SecretFolder folder;
  const auto source = folder.Source();
  for (const mode_t mode : {0604, 0602, 0601, 0620, 0666, 0777}) {
    CAPTURE(mode);
    const SecretRef ref = File(folder.Write("open", "s3cret", mode));
    const auto secret = source.Resolve(ref);
    REQUIRE(!secret);
    CHECK(secret.error().find("chmod 0600 " + ref.name) != std::string::npos);
    CHECK(secret.error().find("s3cret") == std::string::npos);
    CHECK(source.IsPermissionFault(ref));
  }
  for (const mode_t mode : {0600, 0400, 0640, 0440}) {
    CAPTURE(mode);
    const SecretRef ref = File(folder.Write("closed", "s3cret", mode));
    CHECK(source.Resolve(ref));
    CHECK(!source.IsPermissionFault(ref));
    std::filesystem::remove(ref.name);
  }
}

TEST_CASE("a file that is missing, a folder or a pipe is refused without waiting for it") {
  SecretFolder folder;
  const auto source = folder.Source();
  const std::string pipe = folder.path() + "/pipe";
  REQUIRE(mkfifo(pipe.c_str(), 0600) == 0);

  const auto missing = source.Resolve(File(folder.path() + "/missing"));

  REQUIRE(!missing);
  CHECK(missing.error().find("No such file") != std::string::npos);
  CHECK(!source.IsPermissionFault(File(folder.path() + "/missing")));
  CHECK(!source.Resolve(File(folder.path())));
  CHECK(!source.Resolve(File(pipe)));
}

TEST_CASE("a secret that is empty, has several lines or is huge is refused") {
  SecretFolder folder;
  const auto source = folder.Source();
  const std::string several = "s3cret\nother";
  for (const std::string& content : {std::string(), std::string("\n"), several,
                                     std::string("a\0b", 3), std::string(70000, 's')}) {
    const auto secret = source.Resolve(File(folder.Write("file", content)));
    REQUIRE(!secret);
    CHECK(secret.error().find("s3cret") == std::string::npos);
  }
}

TEST_CASE("references read in three forms and write as they were") {
  for (const std::string text : {"credential:db.password", "file:/etc/a b", "env:HUBSPOT_TOKEN"}) {
    const auto ref = ParseSecretRef(text);
    REQUIRE(ref);
    CHECK(ref->Text() == text);
  }
}

TEST_CASE("what is no reference to a secret is refused") {
  for (const std::string text : {"", "s3cret", "credential:", "credential:a/b", "credential:..",
                                 "credential:a b", "file:", "file:/", "file:relative", "file:/a\nb",
                                 "env:", "env:1A", "env:A-B", "env:A=B", "Env:TOKEN", "vault:a"}) {
    CAPTURE(text);
    CHECK(!ParseSecretRef(text));
  }
}

}  // namespace
}  // namespace hubmirror
