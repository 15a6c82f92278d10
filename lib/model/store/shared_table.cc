#include "model/store/shared_table.h"

#include <memory>
#include <string>
#include <utility>

#include "base/digest.h"
#include "model/source/value_pool.h"

namespace hubmirror {
namespace {

struct Kept {
  MirrorTable table;

  friend bool operator==(const Kept& a, const Kept& b) {
    return a.table.object == b.table.object && a.table.version == b.table.version &&
           a.table.columns == b.table.columns;
  }
};

uint64_t DigestOf(const MirrorTable& table) {
  std::string names = table.name();
  for (const MirrorColumn& column : table.columns) names.append("\n").append(column.column_name);
  return Hash64(names, table.version);
}

}  // namespace

MirrorTablePtr SharedTable(MirrorTable table) {
  static ValuePool<Kept> pool;
  const uint64_t digest = DigestOf(table);
  auto kept = pool.Share(digest, std::make_shared<const Kept>(Kept{std::move(table)}));
  const MirrorTable* const shared = &kept->table;
  return {std::move(kept), shared};
}

}  // namespace hubmirror
