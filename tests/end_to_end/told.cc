#include "told.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <set>
#include <sstream>

namespace hubmirror::testing {
namespace {

constexpr const char* kTold = "op NOT IN ('epoch', 'loaded')";

}  // namespace

std::vector<int64_t> EntriesToTell(const World& world, int64_t from) {
  std::istringstream words(
      world.Sql(std::string("SELECT string_agg(seq::text, ' ' ORDER BY seq) FROM acme.changes"
                            " WHERE ") +
                kTold + " AND seq > " + std::to_string(from)));
  std::vector<int64_t> seqs;
  for (int64_t seq = 0; words >> seq;) seqs.push_back(seq);
  return seqs;
}

bool HasTold(const World& world, const std::string& name) {
  return world.Sql(std::string("SELECT w.seq >= (SELECT coalesce(max(seq), 0) FROM acme.changes"
                               " WHERE ") +
                   kTold + ") FROM acme._webhook w WHERE name = '" + name + "'") == "t";
}

void CheckTold(const std::vector<Told>& log, int64_t from, const std::vector<int64_t>& wanted,
               size_t twice) {
  std::vector<int64_t> first_times;
  std::set<int64_t> taken;
  size_t again = 0;
  for (const Told& told : log) {
    CHECK(told.good);
    CHECK(std::ranges::is_sorted(told.seqs));
    if (told.status / 100 != 2) continue;
    for (const int64_t seq : told.seqs) {
      if (seq <= from) continue;
      if (taken.insert(seq).second) {
        first_times.push_back(seq);
      } else {
        ++again;
      }
    }
  }
  CHECK(first_times == wanted);
  CHECK(again <= twice);
  std::vector<int64_t> late;
  for (const Told& told : log) late.push_back(told.late);
  std::ranges::sort(late);
  MESSAGE("from entry to receiver: half within " << late.at(late.size() / 2) << " ms");
  MESSAGE("entries " << wanted.size() << ", requests " << log.size() << ", told twice " << again);
}

}  // namespace hubmirror::testing
