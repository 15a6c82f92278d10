#include "command_line.h"

#include <charconv>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <stdexcept>

namespace simulated_portal {
namespace {

const std::set<std::string, std::less<>> kBareFlags = {"--no-limits", "--gzip", "--list-switches"};
const std::set<std::string, std::less<>> kPlainFlags = {
    "--records", "--portal-id",   "--token",     "--latency",
    "--jitter",  "--index-delay", "--no-limits", "--gzip"};
const std::set<std::string, std::less<>> kOtherFlags = {"--listen", "--addr-file", "--seed",
                                                        "--scenario", "--switch"};

using Flags = std::multimap<std::string, std::string>;

Flags ReadFlags(std::span<const char* const> arguments) {
  Flags flags;
  for (size_t i = 0; i < arguments.size(); ++i) {
    std::string name = arguments[i];
    const size_t equals = name.find('=');
    std::string value;
    const bool inline_value = equals != name.npos;
    if (inline_value) {
      value = name.substr(equals + 1);
      name.resize(equals);
    }
    const bool bare = kBareFlags.contains(name);
    if (!bare && !kPlainFlags.contains(name) && !kOtherFlags.contains(name)) {
      throw std::runtime_error("unknown flag " + name + "; see README.md");
    }
    if (!bare && !inline_value) {
      if (++i == arguments.size()) throw std::runtime_error(name + " needs a value");
      value = arguments[i];
    }
    if (name != "--switch" && flags.contains(name)) throw std::runtime_error(name + " given twice");
    flags.emplace(name, value);
  }
  return flags;
}

const std::string* Find(const Flags& flags, const char* name) {
  const auto found = flags.find(name);
  return found == flags.end() ? nullptr : &found->second;
}

template <typename Number>
void ReadNumber(const Flags& flags, const char* name, Number& target) {
  const std::string* text = Find(flags, name);
  if (text == nullptr) return;
  const auto parsed = std::from_chars(text->data(), text->data() + text->size(), target);
  if (parsed.ec != std::errc() || parsed.ptr != text->data() + text->size()) {
    throw std::runtime_error(std::string(name) + " needs a whole number");
  }
}

bool ReadDuration(const Flags& flags, const char* name, Duration& target) {
  const std::string* text = Find(flags, name);
  if (text == nullptr) return false;
  const auto parsed = ParseDuration(*text);
  if (!parsed) throw std::runtime_error(std::string(name) + " needs a duration such as 100ms");
  target = *parsed;
  return true;
}

PortalSettings ReadPlainPortal(const Flags& flags, uint64_t seed) {
  size_t records = 1000;
  ReadNumber(flags, "--records", records);
  PortalSettings settings = PlainPortal(seed, records);
  ReadNumber(flags, "--portal-id", settings.portal_id);
  if (const std::string* token = Find(flags, "--token")) settings.tokens = {{*token, AllScopes()}};
  ReadDuration(flags, "--latency", settings.live.latency);
  ReadDuration(flags, "--jitter", settings.live.jitter);
  if (ReadDuration(flags, "--index-delay", settings.live.index.change)) {
    settings.live.index.removal = 6 * settings.live.index.change;
  }
  if (Find(flags, "--no-limits") != nullptr) {
    settings.live.limits.burst = settings.live.limits.search = settings.live.limits.daily = 0;
  }
  settings.live.gzip = Find(flags, "--gzip") != nullptr;
  return settings;
}

Scenario ReadScenarioFile(const Flags& flags, const std::string& path, uint64_t seed) {
  for (const std::string& name : kPlainFlags) {
    if (flags.contains(name)) throw std::runtime_error(name + " cannot go with --scenario");
  }
  std::ifstream file(path);
  if (!file) throw std::runtime_error("cannot read " + path);
  std::ostringstream text;
  text << file.rdbuf();
  try {
    return ParseScenario(text.str(), seed);
  } catch (const std::exception& error) {
    throw std::runtime_error(path + ": " + error.what());
  }
}

void ReadListen(const Flags& flags, CommandLine& command_line) {
  const std::string* listen = Find(flags, "--listen");
  if (listen == nullptr) return;
  const size_t colon = listen->rfind(':');
  const std::string port = colon == listen->npos ? "" : listen->substr(colon + 1);
  const auto parsed = std::from_chars(port.data(), port.data() + port.size(), command_line.port);
  if (port.empty() || parsed.ec != std::errc() || parsed.ptr != port.data() + port.size()) {
    throw std::runtime_error("--listen needs HOST:PORT");
  }
  command_line.host = listen->substr(0, colon);
}

void AddSwitches(const Flags& flags, Scenario& scenario) {
  const auto [begin, end] = flags.equal_range("--switch");
  for (auto flag = begin; flag != end; ++flag) {
    const size_t equals = flag->second.find('=');
    if (equals == std::string::npos) throw std::runtime_error("--switch needs NAME=SETTING");
    for (PortalSettings& portal : scenario.portals) {
      portal.switches.emplace_back(flag->second.substr(0, equals), flag->second.substr(equals + 1));
    }
  }
}

}  // namespace

CommandLine ParseCommandLine(std::span<const char* const> arguments) {
  const Flags flags = ReadFlags(arguments);
  CommandLine command_line;
  command_line.list_switches = Find(flags, "--list-switches") != nullptr;
  ReadListen(flags, command_line);
  if (const std::string* path = Find(flags, "--addr-file")) command_line.addr_file = *path;
  uint64_t seed = 1;
  ReadNumber(flags, "--seed", seed);
  if (const std::string* path = Find(flags, "--scenario")) {
    command_line.scenario = ReadScenarioFile(flags, *path, seed);
  } else {
    command_line.scenario.portals.push_back(ReadPlainPortal(flags, seed));
  }
  AddSwitches(flags, command_line.scenario);
  return command_line;
}

}  // namespace simulated_portal
