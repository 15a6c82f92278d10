#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace hubmirror {

struct JsonMember;

/// One value inside a JsonDocument, which must outlive it. Reading never fails: a value that is
/// missing or has another type is simply not found, because HubSpot adds fields and omits others.
class JsonValue {
 public:
  JsonValue() = default;

  /// Whether there is a value at all.
  explicit operator bool() const { return node_ != nullptr; }
  bool is_object() const;
  bool is_array() const;
  bool is_true() const;

  /// Of a string its text, of a number and a boolean their spelling; else nullopt.
  std::optional<std::string_view> Text() const;
  /// Same, or "".
  std::string String() const;
  /// Of a number or a string that is a whole decimal number.
  std::optional<int64_t> Integer() const;

  /// The member of an object; nothing when this is no object or has none.
  JsonValue operator[](std::string_view name) const;
  /// Members of an object, items of an array, else 0.
  size_t size() const;
  JsonMember Member(size_t index) const;  ///< `index` < size() of an object
  JsonValue Item(size_t index) const;     ///< `index` < size() of an array

  /// Compact JSON, values as they came: numbers keep their spelling, null stays.
  std::string Serialize() const;

 private:
  friend class JsonDocument;
  explicit JsonValue(const void* node) : node_(node) {}
  const void* node_ = nullptr;
};

struct JsonMember {
  std::string_view name;
  JsonValue value;
};

/// A parsed body. A null member is treated as a missing one: HubSpot sends null for what is not
/// set, and absent means the same. Texts point into the string it was parsed from. Owned by one
/// thread.
class JsonDocument {
 public:
  /// Nulls among the properties of a page's records may be most of it, and building a tree of them
  /// would cost more than everything that is done with it.
  enum class Nulls { kKeep, kLeaveOutOfRecords };
  /// Parses `text` in place: it is garbled afterwards, and must stay alive and where it is. The
  /// error says what is wrong and where, and never quotes the text.
  static Result<JsonDocument, std::string> Parse(std::string& text, Nulls nulls = Nulls::kKeep);

  JsonDocument(JsonDocument&&) noexcept;
  JsonDocument& operator=(JsonDocument&&) noexcept;
  ~JsonDocument();

  JsonValue root() const;
  /// Unpaired surrogates and U+0000 that became U+FFFD.
  uint64_t repaired() const;

 private:
  struct Tree;
  explicit JsonDocument(std::unique_ptr<Tree> tree);
  std::unique_ptr<Tree> tree_;
};

}  // namespace hubmirror
