#pragma once

#include <memory>
#include <utility>

#include "model/source/property.h"

namespace hubmirror {

/// A property's definition, which copies have in common. Most properties are HubSpot's own and the
/// same in all portals, so that one definition serves the tables of all of them once it is shared.
/// A plain value; what is shared is immutable.
class SharedDefinition {
 public:
  SharedDefinition() : SharedDefinition(PropertyDefinition()) {}
  // Wherever a definition will do.
  SharedDefinition(PropertyDefinition definition)  // NOLINT(google-explicit-constructor)
      : shared_(std::make_shared<const PropertyDefinition>(std::move(definition))) {}

  const PropertyDefinition& operator*() const { return *shared_; }
  const PropertyDefinition* operator->() const { return shared_.get(); }
  operator const PropertyDefinition&() const {  // NOLINT(google-explicit-constructor)
    return *shared_;
  }

  /// A definition of its own, to be changed at once.
  PropertyDefinition& Edit() {
    const auto own = std::make_shared<PropertyDefinition>(*shared_);
    shared_ = own;
    return *own;
  }
  /// Has it in common with all others in the process that are equal and shared.
  void Share();

  friend bool operator==(const SharedDefinition& a, const SharedDefinition& b) {
    return a.shared_ == b.shared_ || *a.shared_ == *b.shared_;
  }

 private:
  std::shared_ptr<const PropertyDefinition> shared_;
};

}  // namespace hubmirror
