#include "model/source/shared_definition.h"

#include "model/source/value_pool.h"

namespace hubmirror {

void SharedDefinition::Share() {
  static ValuePool<PropertyDefinition> pool;
  const uint64_t digest = DigestOf(*shared_);
  shared_ = pool.Share(digest, std::move(shared_));
}

}  // namespace hubmirror
