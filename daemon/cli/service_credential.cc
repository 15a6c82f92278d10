#include "daemon/cli/service_credential.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace hubmirror {

ServiceCredential::ServiceCredential(std::string name, const std::string& secret_folder,
                                     const std::string& drop_in_folder)
    : name_(std::move(name)),
      secret_path_(secret_folder + "/" + name_),
      drop_in_path_(drop_in_folder + "/" + name_ + ".conf") {}

std::string ServiceCredential::DropInText() const {
  // LoadCredential= of a file that is missing fails the whole unit, unless SetCredential= has
  // something to fall back on (systemd.exec(5)). It takes no empty value, and an empty line is a
  // secret as empty as none, which stops that portal alone.
  return "[Service]\nLoadCredential=" + name_ + ":" + secret_path_ + "\nSetCredential=" + name_ +
         ":\\n\n";
}

ServiceCredential::Removal ServiceCredential::Remove() const {
  Removal removal;
  // In this order, so that no drop-in ever names a file that is gone.
  for (const std::string& path : {drop_in_path_, secret_path_}) {
    if (::unlink(path.c_str()) == 0) {
      removal.removed.push_back(path);
    } else if (errno != ENOENT && errno != ENOTDIR) {
      removal.failed = path;
      return removal;
    }
  }
  return removal;
}

std::string CredentialNameOf(const std::string& text) {
  const auto fits = [](char letter) {
    return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
           (letter >= '0' && letter <= '9') || letter == '_' || letter == '-' || letter == '.';
  };
  if (text.empty() || text.front() == '.' || !std::all_of(text.begin(), text.end(), fits)) {
    return "";
  }
  return text.find('.') == std::string::npos ? "hubspot." + text : text;
}

}  // namespace hubmirror
