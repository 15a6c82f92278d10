#include "mirror/row_mapper.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <deque>
#include <unordered_map>

#include "base/check.h"
#include "base/time_text.h"
#include "mirror/copy_text.h"
#include "mirror/json_object.h"
#include "mirror/merged_ids.h"
#include "mirror/value_parser.h"

namespace hubmirror {
namespace {

constexpr size_t kBitsPerWord = 64;
constexpr std::string_view kBothNull = "\t\\N\t\\N";

void AppendNumber(int64_t number, std::string& out) {
  char text[24];
  const auto end = std::to_chars(text, text + sizeof(text), number).ptr;
  out.append(text, static_cast<size_t>(end - text));
}

void AppendTime(const std::optional<TimePoint>& time, std::string& out) {
  if (time) {
    AppendRfc3339(*time, out);
  } else {
    out += kCopyNull;
  }
}

size_t LengthOfNulls(size_t fields) {
  return fields * (kCopyNull.size() + 1);
}

/// About how long the lines of a page become, so that the batch grows once and not often.
size_t LengthOf(const Page& page, size_t columns) {
  constexpr size_t kEnvelope = 160;
  size_t length = page.records.size() * (kEnvelope + LengthOfNulls(columns));
  for (const Record& record : page.records) {
    for (const PropertyValue& value : record.values) length += value.raw.size();
  }
  return length;
}

/// Whether the set holds all that a whole read of the table asks for.
bool IsWhole(const MirrorTable& table, const PropertySet& asked) {
  const PropertySetPtr whole = WholeSet(table);
  return std::includes(asked.names().begin(), asked.names().end(), whole->names().begin(),
                       whole->names().end());
}

}  // namespace

/// One Append under way: what it reuses from record to record.
class RowMapper::Mapping {
 public:
  Mapping(const RowMapper& mapper, RowBatch& batch)
      : mapper_(mapper),
        batch_(batch),
        out_(batch.copy_text),
        raw_of_(mapper.shape_->columns.size()),
        filled_((raw_of_.size() + kBitsPerWord - 1) / kBitsPerWord) {
    for (size_t i = 0; i <= raw_of_.size(); ++i) {
      nulls_ += '\t';
      nulls_ += kCopyNull;
    }
  }

  void Map(const Record& record, Instant sent_at) {
    Row row{.id = record.id, .archived = record.archived, .sent_at = sent_at};
    rejected_.Clear();
    overflow_.Clear();
    hashes_.clear();
    hash_.Begin(record);
    for (const PropertyValue& value : record.values) Take(value, row);
    row.hash = hash_.Finish();
    AppendLine(record, row);
    batch_.values_replaced += rejected_.replaced() + overflow_.replaced();
    batch_.rows.push_back(std::move(row));
  }

 private:
  /// Hashes a value and notes where it goes. Values come in the order of property names, columns
  /// stand in the order of the table: a bit per column brings one into the other.
  void Take(PropertyValue value, Row& row) {
    if (value.raw.empty()) return;
    const Place& place = mapper_.places_[value.property];
    if (place.dropped) return;
    if (place.hashed) value.raw = hashes_.emplace_back(mapper_.hasher_->Hash(value.raw));
    hash_.Add(place.key, value.raw);
    if (place.column) {
      raw_of_[*place.column] = value;
      filled_[*place.column / kBitsPerWord] |= uint64_t{1} << (*place.column % kBitsPerWord);
    } else {
      Overflow(value, place.type);
    }
    switch (place.meaning) {
      case Meaning::kNone:
        break;
      case Meaning::kModifiedStamp:
        row.modified = ParseTimestamp(value.raw);
        break;
      case Meaning::kMergedIds:
        AddMergedIds(value.raw, row.id, row.merged_ids);
        break;
    }
  }

  void Overflow(const PropertyValue& value, ColumnType type) {
    canonical_.clear();
    if (AppendCanonical(type, value.raw, canonical_)) {
      overflow_.Add(NameOf(value), canonical_);
    } else {
      Reject(value);
    }
  }

  void Reject(const PropertyValue& value) {
    rejected_.Add(NameOf(value), value.raw);
    ++batch_.values_rejected;
  }

  const std::string& NameOf(const PropertyValue& value) const {
    return mapper_.asked_->names()[value.property];
  }

  void AppendLine(const Record& record, Row& row) {
    row.offset = out_.size();
    AppendNumber(record.id.value, out_);
    out_ += '\t';
    AppendTime(record.created_at, out_);
    out_ += '\t';
    AppendTime(record.updated_at, out_);
    out_ += record.archived ? "\ttrue\t" : "\tfalse\t";
    AppendTime(record.archived_at, out_);
    out_ += '\t';
    if (mapper_.shape_->whole) {
      AppendNumber(row.hash, out_);
    } else {
      out_ += kCopyNull;
    }
    const size_t kept = out_.size();
    out_ += kBothNull;
    AppendColumns();
    if (!rejected_.empty() || !overflow_.empty()) ReplaceKept(kept);
    out_ += '\n';
    row.length = out_.size() - row.offset;
  }

  void AppendColumns() {
    size_t next = 0;
    for (size_t word = 0; word < filled_.size(); ++word) {
      for (uint64_t bits = filled_[word]; bits != 0; bits &= bits - 1) {
        const size_t column = word * kBitsPerWord + static_cast<size_t>(std::countr_zero(bits));
        constexpr size_t kTab = 1;
        out_.append(nulls_, 0, LengthOfNulls(column - next) + kTab);
        AppendValue(raw_of_[column]);
        next = column + 1;
      }
      filled_[word] = 0;
    }
    out_.append(nulls_, 0, LengthOfNulls(raw_of_.size() - next));
  }

  void AppendValue(const PropertyValue& value) {
    const ColumnType type = mapper_.places_[value.property].type;
    if (type == ColumnType::kText) {
      batch_.values_replaced += AppendCopyText(value.raw, out_);
    } else if (!AppendCanonical(type, value.raw, out_)) {
      out_ += kCopyNull;
      Reject(value);
    }
  }

  /// `_rejected` and `_overflow` stand before the columns, but what is rejected shows only there.
  void ReplaceKept(size_t at) {
    canonical_ = '\t';
    rejected_.AppendCopy(canonical_);
    canonical_ += '\t';
    overflow_.AppendCopy(canonical_);
    out_.replace(at, kBothNull.size(), canonical_);
  }

  const RowMapper& mapper_;
  RowBatch& batch_;
  std::string& out_;
  std::vector<PropertyValue> raw_of_;  ///< by column; valid where the bit in filled_ is set
  std::vector<uint64_t> filled_;
  std::string nulls_;  ///< NULL fields, one more than there are columns
  RowHash hash_;
  std::deque<std::string> hashes_;  ///< of the record under way; raw_of_ looks into it
  JsonObject rejected_;
  JsonObject overflow_;
  std::string canonical_;
};

RowMapper::RowMapper(MirrorTablePtr table, PropertySetPtr asked,
                     std::shared_ptr<const ValueHasher> hasher)
    : asked_(std::move(asked)), hasher_(std::move(hasher)) {
  auto shape = std::make_shared<RowShape>();
  const std::string key = hasher_ ? hasher_->id() : "";
  std::unordered_map<std::string_view, const MirrorColumn*> known;
  std::unordered_map<std::string_view, uint32_t> columns;
  for (size_t i = 0; i < table->columns.size(); ++i) {
    const MirrorColumn& column = table->columns[i];
    known.emplace(column.property(), &column);
    if (!KeepsValues(table->object, column)) continue;
    if (column.storage != Storage::kColumn || !asked_->Index(column.property())) continue;
    columns.emplace(column.property(), static_cast<uint32_t>(shape->columns.size()));
    shape->columns.push_back(i);
  }
  for (const std::string& name : asked_->names()) {
    const auto found = known.find(name);
    const MirrorColumn* const standing = found == known.end() ? nullptr : found->second;
    const ColumnType type = standing == nullptr ? ColumnType::kText : standing->type;
    const auto column = columns.find(name);
    const bool has_column = column != columns.end();
    const Storage storage = has_column ? Storage::kColumn : Storage::kOverflow;
    Place place{.key = RowHash::Key(name, type, storage),
                .type = type,
                .meaning = MeaningOf(table->object, name)};
    if (has_column) place.column = column->second;
    if (standing != nullptr) {
      place.hashed = !standing->hashed_with.empty();
      place.dropped =
          !KeepsValues(table->object, *standing) || (place.hashed && standing->hashed_with != key);
    }
    if (!has_column) shape->overflow.push_back(name);
    places_.push_back(place);
  }
  shape->asked = asked_->names();
  shape->whole = IsWhole(*table, *asked_);
  shape->table = std::move(table);
  shape_ = std::move(shape);
}

RowMapper::Meaning RowMapper::MeaningOf(const ObjectType& object, std::string_view property) {
  if (property == object.modified_property) return Meaning::kModifiedStamp;
  if (property == "hs_merged_object_ids" || property == "hs_calculated_merged_vids") {
    return Meaning::kMergedIds;
  }
  return Meaning::kNone;
}

void RowMapper::Append(const Page& page, RowBatch& batch) const {
  // Under any other set a value that was not asked for would be taken for an empty one.
  CHECK_THAT(page.properties == asked_ || page.properties->names() == asked_->names());
  if (!batch.shape) batch.shape = shape_;
  CHECK_THAT(batch.shape == shape_);
  batch.rows.reserve(batch.rows.size() + page.records.size());
  batch.copy_text.reserve(batch.copy_text.size() + LengthOf(page, shape_->columns.size()));
  Mapping mapping(*this, batch);
  for (const Record& record : page.records) mapping.Map(record, page.times.sent_at);
}

}  // namespace hubmirror
