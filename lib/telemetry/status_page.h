#pragma once

#include <string>

#include "telemetry/status_snapshot.h"

namespace hubmirror {

/// A page is never larger than this; portals that do not fit are counted, those in trouble come
/// first.
inline constexpr size_t kPageBytes = size_t{40} * 1024;

/// The page on `/`: says first whether the data can be trusted, then how every stream does, in
/// plain words. One self-contained document that needs no script; every name and message is
/// escaped. Pure.
std::string StatusPage(const StatusSnapshot& snapshot);

}  // namespace hubmirror
