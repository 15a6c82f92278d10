#include "jobs/failure.h"

#include <cxxabi.h>

#include <cstdlib>
#include <memory>
#include <typeinfo>

namespace hubmirror {
namespace {

std::string TypeNameOf(const std::exception& error) {
  int status = 0;
  const std::unique_ptr<char, decltype(&std::free)> name(
      abi::__cxa_demangle(typeid(error).name(), nullptr, nullptr, &status), &std::free);
  return name ? name.get() : typeid(error).name();
}

}  // namespace

Bug BugOf(const std::exception& error) {
  std::string type = TypeNameOf(error);
  // The standard library names its own functions and sizes; others may quote what they could not
  // read, and that may be a record's value.
  if (!type.starts_with("std::")) return {type};
  return {type + ": " + error.what()};
}

std::string MessageOf(const Failure& failure) {
  if (const auto* api = std::get_if<ApiError>(&failure)) return api->message;
  if (const auto* database = std::get_if<DatabaseError>(&failure)) return database->what();
  return "a mistake of ours (" + std::get<Bug>(failure).what +
         "): report it, with `hubmirror support-bundle`";
}

}  // namespace hubmirror
