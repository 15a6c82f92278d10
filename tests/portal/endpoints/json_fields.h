#pragma once

#include <rapidjson/document.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "store/instant.h"

namespace simulated_portal {

/// Parses a JSON object; throws std::runtime_error with a message for people.
rapidjson::Document ParseJsonObject(std::string_view text);

/// Reads the members of one JSON object strictly: a wrong type is an error, and so is a member that
/// nobody asked for. Errors are std::runtime_error and name the member. Only for .cc files that
/// read JSON; refers to the value.
class JsonFields {
 public:
  /// `where` is put before a member's name in errors.
  JsonFields(const rapidjson::Value& object, std::string where);

  // Each leaves the target as it is when the member is missing, and says whether it was there.
  bool Read(const char* name, std::string& target);
  bool Read(const char* name, int64_t& target);
  bool Read(const char* name, uint64_t& target);
  bool Read(const char* name, double& target);
  bool Read(const char* name, bool& target);
  bool Read(const char* name, std::vector<std::string>& target);
  /// A number of milliseconds or a string such as `20s`.
  bool ReadDuration(const char* name, Duration& target);

  using Visit = std::function<void(JsonFields)>;
  bool ReadObject(const char* name, const Visit& visit);
  /// An array of objects.
  bool ReadObjects(const char* name, const Visit& visit);
  /// Any members with string values (null as "").
  using VisitText = std::function<void(const std::string& name, const std::string& value)>;
  bool ReadTexts(const char* name, const VisitText& visit);

  /// The member whatever it is; null when missing.
  const rapidjson::Value* Take(const char* name);
  /// Throws when a member was not asked for.
  void RefuseOthers() const;
  [[noreturn]] void Fail(std::string_view name, std::string_view problem) const;

 private:
  const rapidjson::Value& object_;
  std::string where_;
  std::set<std::string, std::less<>> known_;
};

}  // namespace simulated_portal
