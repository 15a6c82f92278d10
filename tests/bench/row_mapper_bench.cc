#include <chrono>
#include <cstdio>
#include <ctime>
#include <string>
#include <vector>

#include "mirror/page_builder.h"
#include "mirror/row_mapper.h"
#include "mirror/tables.h"

// CPU seconds that mapping 100,000 records takes: 250 columns, 60 of them filled, mixed types as
// in a real portal's contacts.

namespace {

using namespace hubmirror;

constexpr int kColumns = 250;
constexpr int kFilled = 60;
constexpr int kRecordsPerPage = 100;
constexpr int kRecords = 100'000;
// Few, so that they stay in the cache, where a page that was just parsed is.
constexpr int kPages = 4;

const char* TypeOf(int i) {
  constexpr const char* kTypes[] = {"string",   "enumeration", "number",
                                    "datetime", "string",      "bool"};
  return kTypes[i % 6];
}

std::string ValueOf(int i, int record) {
  switch (i % 6) {
    case 0:
      return "Some words of ordinary text, number " + std::to_string(record);
    case 1:
      return "marketingqualifiedlead";
    case 2:
      return std::to_string(record * 37 % 100'000) + ".50";
    case 3:
      return "2026-02-01T10:00:00." + std::to_string(100 + record % 900) + "Z";
    case 4:
      return "person." + std::to_string(record) + "@northwind.example";
    default:
      return record % 2 == 0 ? "true" : "false";
  }
}

double CpuSeconds() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

}  // namespace

int main() {
  std::vector<PropertyDefinition> definitions;
  for (int i = 0; i < kColumns; ++i) {
    definitions.push_back(testing::Define("property_" + std::to_string(i), TypeOf(i)));
  }
  const MirrorTablePtr table = testing::TableOf(testing::Contacts(), definitions);
  const PropertySetPtr whole = WholeSet(*table);

  std::vector<Page> pages;
  for (int p = 0; p < kPages; ++p) {
    testing::PageBuilder builder(whole);
    for (int r = 0; r < kRecordsPerPage; ++r) {
      const int record = p * kRecordsPerPage + r;
      testing::PageBuilder::Values values = {{"lastmodifieddate", "2026-02-01T10:00:00.123Z"}};
      for (int i = 0; i < kFilled; ++i) {
        const int property = (i * 4 + record % 4) % kColumns;
        values.emplace_back("property_" + std::to_string(property), ValueOf(property, record));
      }
      builder.Add(1000 + record, values);
    }
    pages.push_back(builder.Build());
  }

  const RowMapper mapper(table, whole);
  size_t bytes = 0;
  const double start = CpuSeconds();
  for (int p = 0; p < kRecords / kRecordsPerPage; ++p) {
    RowBatch batch;
    mapper.Append(pages[static_cast<size_t>(p) % pages.size()], batch);
    bytes += batch.copy_text.size();
  }
  std::printf("row_mapper: %.3f CPU s per 100,000 records (%zu bytes of COPY text a record)\n",
              CpuSeconds() - start, bytes / kRecords);
}
