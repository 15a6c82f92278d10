#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>
#include <string_view>

namespace hubmirror {

/// Where a death would hurt most: between what belongs together. Tests end the daemon at each of
/// them, so one that is forgotten here is one that nobody has tried.
enum class CrashPoint {
  kTokenReceived,   ///< a token that is not stored yet
  kTokenStored,     ///< and not used yet
  kAnswerRead,      ///< HubSpot has answered, and nobody has looked at it
  kLayoutStep,      ///< of a schema, in its transaction
  kPortalClaimed,   ///< and nothing is loaded
  kTableChanged,    ///< in its transaction
  kTableCommitted,  ///< and nobody knows of it
  kViewsMade,       ///< and neither comments nor indexes
  kRowsCopied,      ///< new ones, in the transaction of a commit
  kRowsWritten,     ///< all of them, in the same
  kCursorWritten,   ///< in the same
  kCommitBegins,    ///< all of it is written
  kCommitEnded,     ///< and nobody knows of it
  // Of writing back:
  kWritePlanned,   ///< what HubSpot holds is read, and nothing claimed
  kWriteClaiming,  ///< in the transaction of the claim
  kWriteClaimed,   ///< and nothing has left
  kWriteAnswered,  ///< HubSpot has answered, and nobody has looked at it
  kWriteTaken,     ///< what became of it is stored, and not read back
  kWriteShown,     ///< it is read back, and no row says so
  kWriteEnding,    ///< rows are done, in the transaction that says so
  kWriteEnded,     ///< and nobody knows of it
  // Of the change feed:
  kFeedTold,         ///< listeners have the hint
  kWebhookAnswered,  ///< a receiver has answered, and nobody has looked at it
  kWebhookNoted      ///< its number is stored, and nobody knows of it
};

struct NamedCrashPoint {
  CrashPoint point;
  std::string_view name;
};
inline constexpr std::array kCrashPoints = {
    NamedCrashPoint{CrashPoint::kTokenReceived, "token.received"},
    NamedCrashPoint{CrashPoint::kTokenStored, "token.stored"},
    NamedCrashPoint{CrashPoint::kAnswerRead, "answer.read"},
    NamedCrashPoint{CrashPoint::kLayoutStep, "layout.step"},
    NamedCrashPoint{CrashPoint::kPortalClaimed, "portal.claimed"},
    NamedCrashPoint{CrashPoint::kTableChanged, "table.changed"},
    NamedCrashPoint{CrashPoint::kTableCommitted, "table.committed"},
    NamedCrashPoint{CrashPoint::kViewsMade, "views.made"},
    NamedCrashPoint{CrashPoint::kRowsCopied, "rows.copied"},
    NamedCrashPoint{CrashPoint::kRowsWritten, "rows.written"},
    NamedCrashPoint{CrashPoint::kCursorWritten, "cursor.written"},
    NamedCrashPoint{CrashPoint::kCommitBegins, "commit.begins"},
    NamedCrashPoint{CrashPoint::kCommitEnded, "commit.ended"},
    NamedCrashPoint{CrashPoint::kWritePlanned, "write.planned"},
    NamedCrashPoint{CrashPoint::kWriteClaiming, "write.claiming"},
    NamedCrashPoint{CrashPoint::kWriteClaimed, "write.claimed"},
    NamedCrashPoint{CrashPoint::kWriteAnswered, "write.answered"},
    NamedCrashPoint{CrashPoint::kWriteTaken, "write.taken"},
    NamedCrashPoint{CrashPoint::kWriteShown, "write.shown"},
    NamedCrashPoint{CrashPoint::kWriteEnding, "write.ending"},
    NamedCrashPoint{CrashPoint::kWriteEnded, "write.ended"},
    NamedCrashPoint{CrashPoint::kFeedTold, "feed.told"},
    NamedCrashPoint{CrashPoint::kWebhookAnswered, "webhook.answered"},
    NamedCrashPoint{CrashPoint::kWebhookNoted, "webhook.noted"},
};
static_assert(kCrashPoints.size() == static_cast<size_t>(CrashPoint::kWebhookNoted) + 1 &&
              std::ranges::is_sorted(kCrashPoints, {}, &NamedCrashPoint::point));
/// Those that every daemon comes to, and those that it comes to where it writes back. The rest is
/// of the change feed.
inline constexpr std::span kReadingCrashPoints =
    std::span(kCrashPoints).first<static_cast<size_t>(CrashPoint::kWritePlanned)>();
inline constexpr std::span kWritingCrashPoints =
    std::span(kCrashPoints)
        .subspan<static_cast<size_t>(CrashPoint::kWritePlanned),
                 static_cast<size_t>(CrashPoint::kFeedTold) -
                     static_cast<size_t>(CrashPoint::kWritePlanned)>();

/// The process has come to such a place. In builds with tests it is killed there when
/// HUBMIRROR_CRASH_AT says so, by name, or by `NAME:3` when it comes there for the third time;
/// HUBMIRROR_CRASH_HOW=stop stops it instead, so that something else may die meanwhile. Other
/// builds do nothing. Thread-safe.
void Reach(CrashPoint point);

}  // namespace hubmirror
