#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "mirror/copy_fields.h"
#include "mirror/copy_text.h"
#include "mirror/json_object.h"
#include "mirror/merged_ids.h"
#include "mirror/value_parser.h"

// Any bytes as a value: nothing crashes, what parses parses again to the same, and every COPY
// field reads back.

namespace {

using namespace hubmirror;

void Require(bool condition) {
  if (!condition) std::abort();
}

void Check(ColumnType type, std::string_view raw) {
  std::string out = "kept";
  if (!AppendCanonical(type, raw, out)) {
    Require(out == "kept" && type != ColumnType::kText);
    return;
  }
  const std::string canonical = out.substr(4);
  std::string again;
  Require(AppendCanonical(type, canonical, again) && again == canonical);
}

void CheckCopy(std::string_view raw) {
  std::string line;
  AppendCopyText(raw, line);
  line += '\t';
  JsonObject object;
  object.Add(raw, raw);
  object.AppendCopy(line);
  line += '\n';
  Require(testing::CopyFields(line).size() == 2);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view raw(reinterpret_cast<const char*>(data), size);
  for (const ColumnType type : {ColumnType::kNumeric, ColumnType::kBoolean, ColumnType::kDate,
                                ColumnType::kTimestamp, ColumnType::kText}) {
    Check(type, raw);
  }
  CheckCopy(raw);
  std::vector<RecordId> ids;
  AddMergedIds(raw, RecordId{1}, ids);
  for (const RecordId id : ids) Require(id.value > 1);
  return 0;
}
