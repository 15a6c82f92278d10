#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/result.h"

namespace hubmirror {

/// One stream as the status document shows it.
struct ShownStream {
  std::string object;
  std::string state;
  std::string reason;
  std::string message;
  std::string last_error;       ///< the latest of its jobs that has not been followed by a success
  std::optional<int64_t> rows;  ///< absent: not known
  int64_t pending = 0;
  int64_t quarantined = 0;
  std::optional<std::chrono::seconds> age;
  std::chrono::seconds freshness_target{0};
  bool load_running = false;
  int64_t load_done = 0;
  int64_t load_expected = 0;
  std::optional<std::chrono::seconds> load_eta;

  /// Neither current nor in its first load.
  bool NeedsAttention() const;
};

/// Who reads the change feed by name.
struct ShownConsumer {
  std::string name;
  std::optional<std::chrono::seconds> behind;  ///< absent: it has read all
  bool lost = false;
};

struct ShownWebhook {
  std::string name;
  std::string state;
  std::string reason;
  int64_t dead = 0;
};

struct ShownFeed {
  int64_t bytes = 0;
  std::vector<ShownConsumer> consumers;
  std::vector<ShownWebhook> webhooks;
};

/// What waits to be written to HubSpot of one object.
struct ShownWriting {
  std::string object;
  std::string held;     ///< why nothing is sent; empty: it is
  int64_t waiting = 0;  ///< rows on their way
  int64_t stopped = 0;  ///< rows that need a person
  std::optional<std::chrono::seconds> oldest;
};

struct ShownPortal {
  PortalKey key;
  int64_t portal_id = 0;
  bool auth_valid = true;
  std::string message;
  std::vector<std::string> warnings;
  std::optional<int64_t> daily_limit;
  std::optional<int64_t> daily_remaining;
  std::optional<int64_t> daily_share;
  int64_t requests_today = 0;
  int64_t changes_found = 0;         ///< since the daemon started
  int64_t requests_for_changes = 0;  ///< that polls made
  std::vector<ShownStream> streams;
  std::optional<ShownFeed> feed;
  std::vector<ShownWriting> writing;
  std::vector<std::string> unread;  ///< tables beside records that cannot be read, and why
};

/// What the command line shows of `/api/v1/status`. Fields that an older or newer daemon does not
/// send keep their defaults.
struct ShownStatus {
  std::string version;
  bool ready = false;
  bool last_reload_accepted = true;
  bool database_up = true;  ///< also while nobody has asked it
  std::vector<ShownPortal> portals;

  /// Leaves out what is well.
  void KeepProblems();

  /// Every portal shows its streams and none of them is in its first load.
  bool loaded() const;
};

/// Reads the document; the error is words for people.
Result<ShownStatus, std::string> ReadStatus(const std::string& document);

/// The document with only `portal` left in `portals`; nullopt: it is not there.
std::optional<std::string> OnlyPortal(const std::string& document, const PortalKey& portal);

/// The document, indented for people.
std::string Indented(const std::string& document);

}  // namespace hubmirror
