#include "base/check.h"

#include <cstdio>
#include <cstdlib>

namespace hubmirror {

void CheckFailed(const char* condition, const char* file, int line) {
  std::fprintf(stderr, "hubmirror: bug: %s does not hold (%s:%d)\n", condition, file, line);
  std::abort();
}

}  // namespace hubmirror
