#include "postgres/session/dsn_value.h"

#include <libpq-fe.h>

#include <memory>

namespace hubmirror {

std::string DsnValue(const std::string& dsn, const std::string& keyword) {
  const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> options(
      PQconninfoParse(dsn.c_str(), nullptr), PQconninfoFree);
  if (!options) return "";
  for (const PQconninfoOption* option = options.get(); option->keyword != nullptr; ++option) {
    if (keyword == option->keyword && option->val != nullptr) return option->val;
  }
  return "";
}

}  // namespace hubmirror
