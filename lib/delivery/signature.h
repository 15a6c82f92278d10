#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/secret.h"

namespace hubmirror {

/// The fields of a request's header by which a receiver knows who sent it and that nobody changed
/// it, as the Standard Webhooks convention has them (https://www.standardwebhooks.com): the id, the
/// time of this attempt and a signature per secret, so that a receiver may change its own while
/// both are given. `id` has no dot. A secret `whsec_...` is base64, as the libraries of the
/// convention read it; of any other the bytes themselves are the key.
std::vector<std::pair<std::string, std::string>> SignedFields(const std::string& id, TimePoint at,
                                                              std::string_view body,
                                                              const std::vector<Secret>& secrets);

}  // namespace hubmirror
