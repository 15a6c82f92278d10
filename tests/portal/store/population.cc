#include "store/population.h"

#include <algorithm>

namespace simulated_portal {
namespace {

constexpr double kArchivedShare = 0.03;
constexpr double kMergedShare = 0.005;
constexpr double kImportedShare = 0.16;
constexpr double kRecentImportShare = 0.04;
constexpr Duration kOldest = 1500 * kDay;
constexpr Duration kRecentImportAge = 20 * (60 * kSecond);

struct Past {
  Instant created, stamp;
};

Past DrawPast(Random& random, Instant import, Instant start) {
  if (random.Chance(kImportedShare)) return {import - random.Between(0, 30 * kDay), import};
  if (random.Chance(kRecentImportShare)) {
    const Instant recent = start - kRecentImportAge;
    return {recent - random.Between(0, kOldest), recent};
  }
  const Instant created = start - random.Between(kDay, kOldest);
  // Most records were last touched long ago, some lately.
  const double age = random.Share();
  const auto span = static_cast<double>(start - kSecond - created);
  return {created, created + static_cast<Instant>(span * (1 - age * age))};
}

}  // namespace

void Populate(CrmObject& object, Mutator& mutator, size_t count, IdShape ids, Instant start) {
  Random& random = mutator.random();
  const Instant import = start - 100 * kDay - random.Between(0, 100 * kDay);
  IdMaker maker(ids, object.records);
  const auto create = [&] {
    const Past past =
        ids == IdShape::kOneSecond ? Past{import, import} : DrawPast(random, import, start);
    mutator.Create(object, maker.Next(random),
                   mutator.DrawRecordValues(object, past.created, start), past.created, past.stamp);
  };
  for (size_t i = 0; i < count; ++i) create();
  const auto share_of = [count](double share) {
    return static_cast<size_t>(static_cast<double>(count) * share);
  };
  for (size_t i = 0; i < share_of(kMergedShare); ++i) {
    Record* primary = object.records.DrawRecord(random, RecordState::kLive);
    Record* loser = object.records.DrawRecord(random, RecordState::kLive);
    if (primary == loser) continue;
    const Instant after = std::max(primary->version->stamp, loser->version->stamp);
    mutator.Merge(object, *primary, *loser, after + random.Between(0, start - kSecond - after));
    // Two became one; one more keeps the count.
    create();
  }
  for (size_t i = 0; i < share_of(kArchivedShare); ++i) {
    Record* record = object.records.DrawRecord(random, RecordState::kLive);
    const Instant earliest = std::max(record->version->stamp, start - 89 * kDay);
    mutator.Archive(object, *record, random.Between(earliest, start - kSecond));
  }
  for (auto& [id, record] : object.records.all()) record.last_change = "initial";
  object.index.CatchUp(start);
}

}  // namespace simulated_portal
