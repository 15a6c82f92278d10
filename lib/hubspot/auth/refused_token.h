#pragma once

#include "base/secret.h"
#include "hubspot/auth/token_source.h"
#include "model/source/api_error.h"

namespace hubmirror {

/// An error as it stands once `tokens` has heard of it: whoever made the token knows whether
/// another one can help, and who has to do what.
ApiError AfterRefusal(ApiError error, const Secret& token, TokenSource& tokens,
                      const PortalKey& portal);

}  // namespace hubmirror
