#include "jobs/stream_table.h"

#include <utility>

#include "jobs/named_properties.h"
#include "mirror/property_selector.h"

namespace hubmirror {

StreamTable::StreamTable(const StreamPlan& plan,
                         std::function<Result<Secret, std::string>()> hash_key)
    : plan_(plan), hash_key_(std::move(hash_key)) {}

TableShapePtr StreamTable::Now() const {
  MutexLock lock(mutex_);
  return shape_;
}

MirrorTablePtr StreamTable::layout() const {
  const TableShapePtr shape = Now();
  return shape ? shape->table : nullptr;
}

void StreamTable::AdoptStored(MirrorTablePtr table) {
  auto hasher = ReadHasher();
  // Without the key the catalog cannot go on either, and says why.
  if (!hasher || !table) return Drop();
  const PropertySelector selector(plan_.object, SelectionOf(plan_), *hasher ? (*hasher)->id() : "");
  if (!selector.Agrees(*table)) return Drop();
  Set(std::move(table), std::move(*hasher));
}

Result<HasherPtr, ApiError> StreamTable::ReadHasher() const {
  if (plan_.selection.hash.empty()) return HasherPtr();
  const auto fault = [](std::string message) {
    return ApiError{.kind = ApiErrorKind::kSecret, .message = std::move(message)};
  };
  auto key = hash_key_();
  if (!key) return fault(key.error());
  auto hasher = ValueHasher::Make(std::move(*key));
  if (!hasher) return fault(hasher.error());
  return std::make_shared<const ValueHasher>(std::move(*hasher));
}

bool StreamTable::Set(MirrorTablePtr table, HasherPtr hasher) {
  MutexLock lock(mutex_);
  const PropertySetPtr before = whole_set_;
  Put(std::move(table), std::move(hasher));
  return before && before != whole_set_;
}

void StreamTable::Replace(MirrorTablePtr table) {
  MutexLock lock(mutex_);
  if (shape_) Put(std::move(table), shape_->hasher);
}

void StreamTable::Drop() {
  MutexLock lock(mutex_);
  shape_.reset();
}

void StreamTable::Rest() {
  MutexLock lock(mutex_);
  mapper_.reset();
  mapper_table_.reset();
  mapper_set_.reset();
}

void StreamTable::Put(MirrorTablePtr table, HasherPtr hasher) {
  PropertySetPtr whole = WholeSet(*table);
  // The same names keep the same set, so that pages in flight stay comparable.
  if (!whole_set_ || whole_set_->names() != whole->names()) whole_set_ = std::move(whole);
  shape_ = std::make_shared<const TableShape>(
      TableShape{std::move(table), std::move(hasher), whole_set_});
}

RowBatch StreamTable::Map(const Page& page, const TableShape& asked_for) const {
  std::shared_ptr<const RowMapper> mapper;
  {
    MutexLock lock(mutex_);
    const TableShape& shape = shape_ ? *shape_ : asked_for;
    if (mapper_table_ != shape.table || mapper_set_ != page.properties) {
      mapper_ = std::make_shared<const RowMapper>(shape.table, page.properties, shape.hasher);
      mapper_table_ = shape.table;
      mapper_set_ = page.properties;
    }
    mapper = mapper_;
  }
  RowBatch batch;
  mapper->Append(page, batch);
  return batch;
}

}  // namespace hubmirror
