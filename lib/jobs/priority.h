#pragma once

namespace hubmirror {

/// What a request is for; the most important one first. The governor gives slots to whoever asks
/// first; who asks first is decided by this order (see PortalSync).
enum class Priority {
  kOperator,
  kChanges,
  kCatalog,
  kResolve,
  kLinks,
  kArchived,
  kFirstLoad,
  kSweep
};

}  // namespace hubmirror
