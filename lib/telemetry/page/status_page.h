#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "telemetry/page/status_snapshot.h"

namespace hubmirror {

/// No page is larger than this: what does not fit stands on the next one.
inline constexpr size_t kPageBytes = size_t{40} * 1024;

/// The page on `/`: says first whether the data can be trusted and whose is not, then shows every
/// portal, the most troubled first: one in trouble with its cause and the streams that are in it,
/// any other as one row. A portal that is alone is shown whole. `from`: of the portals in that
/// order, the first to be shown. One self-contained document that needs no script; every name and
/// message is escaped. Pure.
std::string StatusPage(const StatusSnapshot& snapshot, size_t from = 0);

/// The page on `/portals/NAME`: all streams of one portal, the most troubled first, beginning with
/// the `from`th; nullopt when there is no such portal. Pure.
std::optional<std::string> PortalPage(const StatusSnapshot& snapshot, const PortalKey& portal,
                                      size_t from = 0);

}  // namespace hubmirror
