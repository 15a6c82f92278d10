#pragma once

#include "base/log.h"

namespace hubmirror {

/// Sends each line to the journal with its fields, so that `journalctl HUBMIRROR_PORTAL=acme` finds
/// them and `-x` explains them. A line the journal does not take goes to `fallback`. Thread-safe.
class JournalLog final : public Logger {
 public:
  explicit JournalLog(Logger& fallback) : fallback_(fallback) {}
  void Write(const LogLine& line) override;

 private:
  Logger& fallback_;
};

/// Whether stderr goes to the journal: systemd started us and nobody redirected it. The journal's
/// own sign is $JOURNAL_STREAM, which names stderr's device and inode (systemd.exec(5)).
bool StderrIsJournal();

}  // namespace hubmirror
