#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "daemon/cli/grammar/command_line.h"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace hubmirror {

/// What is written where a verb is told what it is about: PORTAL, PORTAL[/OBJECT] or
/// PORTAL/OBJECT/ID.
enum class TargetShape { kPortal, kStream, kRecord, kStreamOrRecord };

/// Declares verbs with what many of them take; each writes into one CommandLine as it is read, so
/// the verbs must not outlive it. Owned by one thread.
class VerbMaker {
 public:
  VerbMaker() = default;
  VerbMaker(const VerbMaker&) = delete;
  VerbMaker& operator=(const VerbMaker&) = delete;

  CLI::App* Verb(CLI::App& parent, const std::string& name, CliVerb verb, const std::string& what,
                 const std::string& examples);
  /// A portal may be left out; see AddPortal.
  void AddTarget(CLI::App* app, const char* name, TargetShape shape);
  /// A portal that must be named.
  void AddPortal(CLI::App* app);
  void AddWait(CLI::App* app, const std::string& what);
  void AddJson(CLI::App* app);
  /// A number in decimal digits, from 1 on. CLI11 reads 010 as eight, and takes for the largest one
  /// whatever is larger.
  CLI::Option* AddNumber(CLI::App* app, const std::string& name, std::optional<int64_t>& into,
                         const std::string& what);

  CommandLine& line() { return line_; }

 protected:
  CommandLine line_;
};

/// `hubmirror feed ...`
void AddFeedVerbs(VerbMaker& make, CLI::App& program);
/// `hubmirror write ...`
void AddWriteVerbs(VerbMaker& make, CLI::App& program);

}  // namespace hubmirror
