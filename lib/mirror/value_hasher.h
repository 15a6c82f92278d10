#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "base/secret.h"

namespace hubmirror {

/// Makes the keyed hash that stands in the mirror instead of a value: the HMAC-SHA-256 of the value
/// as HubSpot sends it, as lower-case hex digits. The same value gives the same hash in every
/// property and portal of one key, so that hashes can be joined on. Immutable; thread-safe.
class ValueHasher {
 public:
  /// Refuses, in words, a key that can be guessed.
  static Result<ValueHasher, std::string> Make(Secret key);

  std::string Hash(std::string_view value) const;
  /// Tells one key from another without giving it away. Stored in the database.
  const std::string& id() const { return id_; }

 private:
  explicit ValueHasher(Secret key);

  Secret key_;
  std::string id_;
};

}  // namespace hubmirror
