#include <cstdint>
#include <cstdlib>
#include <string>

#include "base/utf8.h"
#include "hubspot/read/catalog_reader.h"
#include "hubspot/read/page_reader.h"
#include "hubspot/read/search_reader.h"
#include "hubspot/read/text_repair.h"

// Any bytes as the body of an answer: nothing crashes, and what is read keeps its promises.

namespace {

using namespace hubmirror;

void Require(bool condition) {
  if (!condition) std::abort();
}

void CheckPage(const Result<Page, ApiError>& page) {
  if (!page) {
    Require(!page.error().message.empty());
    return;
  }
  for (const Record& record : page->records) {
    Require(record.id.value > 0);
    for (size_t i = 0; i < record.values.size(); ++i) {
      const PropertyValue& value = record.values[i];
      Require(!value.raw.empty() && value.property < page->properties->size());
      Require(i == 0 || record.values[i - 1].property < value.property);
      Require(ValidUtf8(value.raw) == value.raw);
    }
  }
  Require(!page->next_after || !page->next_after->empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const auto properties = std::make_shared<const PropertySet>(
      std::vector<std::string>{"a", "email", "hs_object_id", "lastmodifieddate"});
  const std::string body(reinterpret_cast<const char*>(data), size);
  CheckPage(ReadListPage(body, properties));
  CheckPage(ReadBatchPage(body, properties));
  if (const auto answer = ReadSearchAnswer(body, "lastmodifieddate")) Require(answer->total >= 0);
  uint64_t replaced = 0;
  if (const auto definitions = ReadPropertyDefinitions(body, "non_sensitive", replaced)) {
    for (const PropertyDefinition& definition : *definitions) Require(!definition.name.empty());
  }
  if (const auto groups = ReadPropertyGroups(body, replaced)) {
    for (const PropertyGroup& group : *groups) Require(!group.name.empty());
  }
  if (const auto account = ReadAccount(body, replaced)) Require(account->portal_id.value > 0);

  std::string repaired = body;
  if (RepairText(repaired)) Require(RepairText(repaired) == 0);
  Require(repaired.size() == body.size());
  return 0;
}
