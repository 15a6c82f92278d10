// sign_webhook SECONDS BODY SECRET...: prints the fields of the header of a request as JSON.
#include <cstdlib>
#include <iostream>

#include "base/json_fields.h"
#include "delivery/signature.h"

int main(int count, char** words) {
  using namespace hubmirror;
  if (count < 4) return 64;
  std::vector<Secret> secrets;
  for (int i = 3; i < count; ++i) secrets.emplace_back(words[i]);
  const TimePoint at{std::chrono::seconds(std::strtoll(words[1], nullptr, 10))};
  JsonFieldWriter fields;
  for (const auto& [name, value] : SignedFields("acme-won-1-2", at, words[2], secrets)) {
    fields.Put(name, value);
  }
  std::cout << fields.Text() << "\n";
}
