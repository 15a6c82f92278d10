#pragma once

namespace hubmirror {

/// What a request is for, most important first. The governor gives slots to whoever asks first;
/// StepChooser asks in this order.
enum class Priority {
  kOperator,
  kChanges,
  kCatalog,
  kResolve,
  kWrite,
  kLinks,
  kArchived,
  kFirstLoad,
  kSweep
};

}  // namespace hubmirror
