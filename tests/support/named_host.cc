// Loaded into a program before the C library (LD_PRELOAD): the name localhost has the address that
// stands in the file $HUBMIRROR_TEST_ADDRESS, none if it says `none`, and no name server answers
// if it is empty.

#include <dlfcn.h>
#include <netdb.h>

#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string>

extern "C" int getaddrinfo(const char* node, const char* service, const addrinfo* hints,
                           addrinfo** found) {
  using Lookup = int (*)(const char*, const char*, const addrinfo*, addrinfo**);
  static const auto real = reinterpret_cast<Lookup>(dlsym(RTLD_NEXT, "getaddrinfo"));
  const char* file = std::getenv("HUBMIRROR_TEST_ADDRESS");
  if (node == nullptr || file == nullptr || std::strcmp(node, "localhost") != 0) {
    return real(node, service, hints, found);
  }
  std::string address;
  std::ifstream(file) >> address;
  if (address.empty()) return EAI_AGAIN;
  if (address == "none") return EAI_NONAME;
  return real(address.c_str(), service, hints, found);
}
