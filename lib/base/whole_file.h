#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>

namespace hubmirror {

// Small files in places where another user might set a trap: links are never followed, and nobody
// ever sees half a file. Each of these leaves the cause in errno when it fails. Thread-safe.

struct FileOwner {
  uid_t user = 0;
  gid_t group = 0;
};

/// Makes the file `path`, open to its owner alone until it has `mode`. Whatever is there already,
/// a link too, is left as it is: EEXIST.
bool MakeFile(const std::string& path, std::string_view text, mode_t mode,
              const std::optional<FileOwner>& owner = {});

/// Puts a file in the place of what is at `path`, in one step, by way of `path`.<process id>.new,
/// so that two processes may do so at once; not two threads. When it returns true, the file and its
/// name are on disk and outlive a power cut.
bool ReplaceFile(const std::string& path, std::string_view text, mode_t mode,
                 const std::optional<FileOwner>& owner = {});

/// What the regular file `path` holds. EFBIG when that is more than `limit` bytes, ELOOP for a
/// link, EINVAL for anything else that is no file.
std::optional<std::string> ReadRegularFile(const std::string& path, size_t limit);

}  // namespace hubmirror
