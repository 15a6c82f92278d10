#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <string>
#include <vector>

#include "hubspot/read/page_reader.h"
#include "mirror/row_mapper.h"
#include "mirror/tables.h"

// What a record costs on its way from the text of an answer to the text of a COPY: 250 columns, 60
// of them filled, the others sent as null, as HubSpot does; mixed types as in a real portal's
// contacts. Reads as many pages of 100 as are asked for, and prints processor seconds and
// allocations. usage: record_path_bench [PAGES]

namespace {

size_t allocations = 0;

}  // namespace

// glibc's own names of its allocator: everything in this process comes by here, C++'s `new` too.
extern "C" {
void* __libc_malloc(size_t size);
void* __libc_realloc(void* block, size_t size);

void* malloc(size_t size) {
  ++allocations;
  return __libc_malloc(size);
}

void* realloc(void* block, size_t size) {
  ++allocations;
  return __libc_realloc(block, size);
}
}

namespace {

using namespace hubmirror;

constexpr int kColumns = 250;
constexpr int kFilled = 60;
constexpr int kRecordsPerPage = 100;
constexpr int kUsualPages = 1000;
// Few, so that they stay in the cache, where a page that has just come is.
constexpr int kDifferent = 4;

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

std::string RecordJson(int record) {
  std::string json = "{\"id\":\"" + std::to_string(1000 + record) +
                     R"(","properties":{"lastmodifieddate":"2026-02-01T10:00:00.123Z")";
  for (int i = 0; i < kColumns; ++i) {
    // Every fourth property, another one in the next record, until there are enough.
    const bool filled = (i - record % 4) % 4 == 0 && i / 4 < kFilled;
    json += ",\"property_" + std::to_string(i) + "\":";
    json += filled ? '"' + ValueOf(i, record) + '"' : "null";
  }
  return json + R"(},"createdAt":"2026-01-01T00:00:00Z","updatedAt":"2026-02-01T10:00:00.123Z",)" +
         R"("archived":false})";
}

std::string PageJson(int page) {
  std::string json = R"({"results":[)";
  for (int i = 0; i < kRecordsPerPage; ++i) {
    if (i > 0) json += ',';
    json += RecordJson(page * kRecordsPerPage + i);
  }
  return json + R"(],"paging":{"next":{"after":"1234567","link":"https://api.hubapi.com/"}}})";
}

double CpuSeconds() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

int PagesAsked(int count, char** words) {
  if (count == 1) return kUsualPages;
  int pages = 0;
  const char* const end = words[1] + std::strlen(words[1]);
  const auto read = std::from_chars(words[1], end, pages);
  if (count > 2 || read.ec != std::errc() || read.ptr != end || pages < 1) {
    std::fputs("usage: record_path_bench [PAGES]\n", stderr);
    std::exit(2);
  }
  return pages;
}

}  // namespace

int main(int count, char** words) {
  const int pages = PagesAsked(count, words);
  std::vector<PropertyDefinition> definitions;
  for (int i = 0; i < kColumns; ++i) {
    definitions.push_back(testing::Define("property_" + std::to_string(i), TypeOf(i)));
  }
  const MirrorTablePtr table = testing::TableOf(testing::Contacts(), definitions);
  const PropertySetPtr whole = WholeSet(*table);
  const RowMapper mapper(table, whole);
  std::vector<std::string> bodies;
  for (int page = 0; page < kDifferent; ++page) bodies.push_back(PageJson(page));

  size_t bytes = 0;
  const size_t allocations_before = allocations;
  const double start = CpuSeconds();
  for (int page = 0; page < pages; ++page) {
    const auto read = ReadListPage(bodies[static_cast<size_t>(page) % bodies.size()], whole);
    if (!read) {
      std::fprintf(stderr, "record_path_bench: %s\n", read.error().message.c_str());
      return 2;
    }
    RowBatch batch;
    mapper.Append(*read, batch);
    bytes += batch.copy_text.size();
  }
  const double records = static_cast<double>(pages) * kRecordsPerPage;
  std::printf(
      "%.3f CPU s per 100,000 records, %.2f allocations a record, %.0f bytes of COPY text a "
      "record\n",
      (CpuSeconds() - start) * 100'000 / records,
      static_cast<double>(allocations - allocations_before) / records,
      static_cast<double>(bytes) / records);
}
