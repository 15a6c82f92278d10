#pragma once

#include <optional>

#include "postgres/portal_sink.h"

namespace hubmirror {

/// A transaction of the owner of a portal, with the way to it kept clear: it waits for its turn,
/// renews our ownership and refuses to write on what a lost session may have taken back. Owned by
/// one thread.
class PortalSink::Writing {
 public:
  explicit Writing(PortalSink& sink, Transaction::Options options = {});

  Transaction& operator*() { return *transaction_; }
  Transaction* operator->() { return &*transaction_; }

 private:
  void Begin(const Transaction::Options& options);
  void CheckUnbroken();

  PortalSink& sink_;
  Turnstile::Pass pass_;
  std::optional<Transaction> transaction_;
};

}  // namespace hubmirror
