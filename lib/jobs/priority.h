#pragma once

namespace hubmirror {

/// What a request is for, most important first. The governor gives slots to whoever asks first;
/// StepChooser asks in this order.
enum class Priority {
  kOperator,
  kChanges,
  kCatalog,
  kWholeLoad,  ///< a first load while nothing of its portal can be relied on yet
  kResolve,
  kWrite,
  kLinks,
  kArchived,
  kFirstLoad,
  kSweep
};

}  // namespace hubmirror
