#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace hubmirror {

/// Builds the text of a JSON object of strings, for a jsonb column. Reusable: Clear keeps the
/// memory. Owned by one thread.
class JsonObject {
 public:
  /// Adds a member. Neither jsonb nor text can hold U+0000; each becomes U+FFFD.
  void Add(std::string_view key, std::string_view value);
  void Clear();

  bool empty() const { return text_.empty(); }
  /// How many U+0000 were replaced since the last Clear.
  size_t replaced() const { return replaced_; }
  /// Appends the object to `out` as one field of the COPY text format; NULL when it has no member.
  void AppendCopy(std::string& out) const;

 private:
  void AppendString(std::string_view value);

  std::string text_;  ///< without the closing brace
  size_t replaced_ = 0;
};

}  // namespace hubmirror
