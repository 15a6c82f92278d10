#pragma once

#include <filesystem>
#include <string>

namespace hubmirror::testing {

/// A new directory below the system's temporary one, removed with all it holds at the end; only
/// this user may enter it. Set HUBMIRROR_KEEP_TEMP to keep it for a look. Owned by one thread.
class TempDirectory {
 public:
  explicit TempDirectory(const std::string& purpose);
  ~TempDirectory();
  TempDirectory(const TempDirectory&) = delete;
  TempDirectory& operator=(const TempDirectory&) = delete;

  const std::filesystem::path& path() const { return path_; }

  /// Writes a file below it (directories are made) with these permission bits; returns its path.
  std::filesystem::path Write(const std::string& name, const std::string& text,
                              int mode = 0600) const;

 private:
  std::filesystem::path path_;
};

/// The whole file; "" when there is none.
std::string ReadFile(const std::filesystem::path& path);

}  // namespace hubmirror::testing
