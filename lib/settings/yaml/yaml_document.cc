#include "settings/yaml/yaml_document.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <array>
#include <map>
#include <sstream>
#include <string>
#include <utility>

#include "settings/yaml/source_text.h"

namespace hubmirror {
namespace {

constexpr size_t kDeepest = 12;

/// Ends the reading: what follows cannot be understood.
struct Unreadable {
  ConfigProblem problem;
};

/// Builds the tree from what the parser finds, one call per mark of the text.
class TreeBuilder final : public YAML::EventHandler {
 public:
  TreeBuilder(const SourceText& source, ConfigProblems& problems)
      : source_(source), problems_(problems) {}

  ConfigNode TakeRoot() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (++documents_ > 1) {
      Stop(mark, "begins a second document", "keep one document: remove this line");
    }
  }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    RefuseAnchor(mark, anchor);
    Add({.at = At(mark)});
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    Report(mark, "refers to another value", kNoAliases);
    Add({.at = At(mark)});
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    const bool quoted = tag == "!";
    const bool decorated = RefuseAnchor(mark, anchor) || RefuseTag(mark, tag);
    if (!decorated && !source_.EndsInLine(mark.line, mark.column, quoted, value)) {
      Stop(mark, "a value that begins here runs on over several lines",
           "close its quotes, or check the indentation of the next line");
    }
    Add({.kind = ConfigNode::Kind::kScalar, .at = At(mark), .text = value, .quoted = quoted});
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    Open(mark, tag, anchor, ConfigNode::Kind::kList);
  }
  void OnSequenceEnd() override { Close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    Open(mark, tag, anchor, ConfigNode::Kind::kMap);
  }
  void OnMapEnd() override { Close(); }

 private:
  static constexpr std::string_view kNoAliases =
      "write the value out, or put it under defaults, which every portal inherits";

  /// A list or map that is not closed yet, and the key whose value comes next.
  struct Frame {
    ConfigNode node;
    std::string path;
    std::optional<ConfigNode> key;
  };

  TextPosition At(const YAML::Mark& mark) const { return source_.At(mark.line, mark.column); }

  /// The path of what comes next.
  std::string Path() const {
    if (open_.empty()) return {};
    const Frame& frame = open_.back();
    return frame.key ? PathOf(frame.path, KeyForMessage(frame.key->text)) : frame.path;
  }

  ConfigProblem Problem(const YAML::Mark& mark, std::string_view what,
                        std::string_view next) const {
    return {.at = At(mark), .path = Path(), .what = std::string(what), .next = std::string(next)};
  }
  void Report(const YAML::Mark& mark, std::string_view what, std::string_view next) {
    problems_.push_back(Problem(mark, what, next));
  }
  [[noreturn]] void Stop(const YAML::Mark& mark, std::string_view what,
                         std::string_view next) const {
    throw Unreadable{Problem(mark, what, next)};
  }

  bool RefuseAnchor(const YAML::Mark& mark, YAML::anchor_t anchor) {
    if (anchor == 0) return false;
    Report(mark, "has an anchor", kNoAliases);
    return true;
  }
  bool RefuseTag(const YAML::Mark& mark, const std::string& tag) {
    if (tag.empty() || tag == "?" || tag == "!") return false;
    Report(mark, "has a type tag", "remove the word that begins with !");
    return true;
  }

  void Open(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
            ConfigNode::Kind kind) {
    RefuseAnchor(mark, anchor);
    RefuseTag(mark, tag);
    if (open_.size() == kDeepest) Stop(mark, "is nested too deep", "check the brackets before it");
    open_.push_back({.node = {.kind = kind, .at = At(mark)}, .path = Path()});
  }

  void Close() {
    ConfigNode node = std::move(open_.back().node);
    open_.pop_back();
    Add(std::move(node));
  }

  void Add(ConfigNode node) {
    if (open_.empty()) {
      root_ = std::move(node);
      return;
    }
    Frame& frame = open_.back();
    if (frame.node.kind == ConfigNode::Kind::kList) {
      frame.node.items.push_back(std::move(node));
    } else if (frame.key) {
      // What is left out has no place of its own.
      if (node.kind == ConfigNode::Kind::kNothing) node.at = frame.key->at;
      frame.node.entries.push_back({std::move(*frame.key), std::move(node)});
      frame.key.reset();
    } else {
      if (node.kind != ConfigNode::Kind::kScalar) {
        throw Unreadable{{.at = node.at,
                          .path = frame.path,
                          .what = "a key is " + NameOf(node.kind) + ", not a word",
                          .next = "write `key: value`"}};
      }
      frame.key = std::move(node);
    }
  }

  const SourceText& source_;
  ConfigProblems& problems_;
  int documents_ = 0;
  std::vector<Frame> open_;
  ConfigNode root_;
};

/// The parser's words in ours. Its own are not passed on: some quote the file.
ConfigFault ToFault(std::string_view message) {
  const std::array known_messages = {
      std::pair{YAML::ErrorMsg::INVALID_ESCAPE, "an unknown escape sequence begins with \\ here"},
      std::pair{YAML::ErrorMsg::MAP_VALUE, "there is a `:` where none can be"},
      std::pair{YAML::ErrorMsg::END_OF_SEQ_FLOW, "a list is not closed by ]"},
      std::pair{YAML::ErrorMsg::END_OF_SEQ, "this does not fit the list around it"},
      std::pair{YAML::ErrorMsg::END_OF_MAP_FLOW, "a map is not closed by }"},
      std::pair{YAML::ErrorMsg::END_OF_MAP, "this does not fit the map around it"},
      std::pair{YAML::ErrorMsg::UNKNOWN_TOKEN, "this character cannot begin a value"},
      std::pair{YAML::ErrorMsg::UNKNOWN_ANCHOR, "this refers to an anchor that is not there"},
      std::pair{YAML::ErrorMsg::FLOW_END, "this bracket does not close the one that is open"},
      std::pair{YAML::ErrorMsg::BLOCK_ENTRY, "a list cannot begin here"},
  };
  std::string_view what = "not valid YAML from here on";
  for (const auto& [known, words] : known_messages) {
    if (message.starts_with(known)) {
      what = words;
      break;
    }
  }
  return {std::string(what), "check the indentation, the brackets and the quotes here and above"};
}

void ReportRepeatedKeys(const ConfigNode& node, const std::string& path, ConfigProblems& problems) {
  std::map<std::string, int> first_lines;
  for (const ConfigEntry& entry : node.entries) {
    const std::string entry_path = PathOf(path, KeyForMessage(entry.key.text));
    const auto [first, fresh] = first_lines.emplace(entry.key.text, entry.key.at.line);
    if (!fresh) {
      problems.push_back({.at = entry.key.at,
                          .path = entry_path,
                          .what = "this key was given before",
                          .next = "remove it here or in line " + std::to_string(first->second)});
    }
    ReportRepeatedKeys(entry.value, entry_path, problems);
  }
  for (const ConfigNode& item : node.items) ReportRepeatedKeys(item, path, problems);
}

ConfigNode Parse(std::string_view text, const SourceText& source, ConfigProblems& problems) {
  std::istringstream stream{std::string(text)};
  TreeBuilder builder(source, problems);
  try {
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (const YAML::Exception& error) {
    ConfigFault fault = ToFault(error.msg);
    throw Unreadable{{.at = source.At(error.mark.line, error.mark.column),
                      .what = std::move(fault.what),
                      .next = std::move(fault.next)}};
  }
  return builder.TakeRoot();
}

}  // namespace

std::optional<ConfigNode> ReadYaml(std::string_view text, ConfigProblems& problems) {
  if (text.size() > kLargestConfigFile) {
    problems.push_back({.what = "the file is larger than 8 MiB",
                        .next = "is this the configuration file of hubmirror?"});
    return std::nullopt;
  }
  const SourceText source(text);
  source.CheckBytes(problems);
  const bool clean = problems.empty();
  try {
    ConfigNode root = Parse(text, source, problems);
    ReportRepeatedKeys(root, "", problems);
    return root;
  } catch (Unreadable& end) {
    // Broken bytes make the parser stumble; then they are the cause and are said already.
    if (clean) problems.push_back(std::move(end.problem));
    return std::nullopt;
  }
}

}  // namespace hubmirror
