#pragma once

#include <chrono>
#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "model/source/page.h"

namespace hubmirror::testing {

/// Builds a page of records as a list answer would show them.
class PageBuilder {
 public:
  explicit PageBuilder(PropertySetPtr properties) {
    page_.properties = std::move(properties);
    page_.storage = bytes_;
  }
  explicit PageBuilder(std::vector<std::string> names)
      : PageBuilder(std::make_shared<const PropertySet>(std::move(names))) {}

  using Values = std::vector<std::pair<std::string, std::string>>;
  /// Adds a live record, created on 2026-01-01 and updated on 2026-02-01. Values of properties
  /// that the page was not asked with are left out, as HubSpot does.
  PageBuilder& Add(int64_t id, const Values& values) {
    using namespace std::chrono;
    std::vector<PropertyValue>& kept = bytes_->values.emplace_back();
    for (uint32_t i = 0; i < page_.properties->size(); ++i) {
      for (const auto& [name, raw] : values) {
        if (name != page_.properties->names()[i]) continue;
        kept.push_back({.property = i, .raw = bytes_->texts.emplace_back(raw)});
      }
    }
    page_.records.push_back({.id = RecordId{id},
                             .created_at = TimePoint{sys_days{year{2026} / 1 / 1}},
                             .updated_at = TimePoint{sys_days{year{2026} / 2 / 1}},
                             .values = kept});
    return *this;
  }
  Record& last() { return page_.records.back(); }
  Page Build() { return std::move(page_); }

 private:
  struct Bytes {
    std::deque<std::string> texts;
    std::deque<std::vector<PropertyValue>> values;
  };
  std::shared_ptr<Bytes> bytes_ = std::make_shared<Bytes>();
  Page page_;
};

}  // namespace hubmirror::testing
