#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"

namespace hubmirror {

/// Writes one JSON object member by member: a cursor or a count that must outlive the process.
/// What is absent is left out. Owned by one thread. (More than fifteen functions: two for a type.)
class JsonFieldWriter {
 public:
  JsonFieldWriter();
  ~JsonFieldWriter();
  JsonFieldWriter(const JsonFieldWriter&) = delete;
  JsonFieldWriter& operator=(const JsonFieldWriter&) = delete;

  void Put(std::string_view name, std::string_view text);
  // Without it a literal would be taken for a flag.
  void Put(std::string_view name, const char* text) { Put(name, std::string_view(text)); }
  void Put(std::string_view name, int64_t number);
  void Put(std::string_view name, bool flag);
  void Put(std::string_view name, TimePoint time);  ///< milliseconds since 1970
  void Put(std::string_view name, const std::optional<int64_t>& number);
  void Put(std::string_view name, const std::optional<TimePoint>& time);
  void Put(std::string_view name, const std::optional<RecordId>& id);
  void Put(std::string_view name, const std::vector<RecordId>& ids);
  void Put(std::string_view name, const std::vector<std::string>& texts);
  void Put(std::string_view name, const std::map<std::string, std::string>& texts);

  /// An array of objects; the members of each go between BeginObject and EndObject.
  void BeginArray(std::string_view name);
  void BeginObject();
  void EndObject();
  void EndArray();

  std::string Text() const;  ///< the whole object

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Reads what JsonFieldWriter wrote. A member that is missing, or of another type, is absent.
/// Immutable.
class JsonFields {
 public:
  /// Nothing where the text is no JSON object.
  static std::optional<JsonFields> Parse(std::string_view text);

  std::optional<int64_t> Number(std::string_view name) const;
  std::string Text(std::string_view name) const;  ///< empty where absent
  bool Flag(std::string_view name) const;         ///< false where absent
  std::optional<TimePoint> Time(std::string_view name) const;
  std::optional<RecordId> Id(std::string_view name) const;
  /// Absent also where one of them is no number.
  std::optional<std::vector<RecordId>> Ids(std::string_view name) const;
  /// The members of an object. Absent also where one of them is no text.
  std::optional<std::map<std::string, std::string>> Texts(std::string_view name) const;
  /// Absent also where one of them is no object.
  std::optional<std::vector<JsonFields>> Objects(std::string_view name) const;

 private:
  struct Node;
  explicit JsonFields(std::shared_ptr<const Node> node) : node_(std::move(node)) {}

  std::shared_ptr<const Node> node_;
};

}  // namespace hubmirror
