#include "settings/keys/config_value.h"

#include <algorithm>
#include <charconv>
#include <system_error>

#include "base/check.h"
#include "base/spelling.h"
#include "settings/keys/key_rule.h"
#include "settings/text/quantity_text.h"
#include "settings/text/text_trap.h"

namespace hubmirror {
namespace {

using Read = Result<ConfigValue, ConfigFault>;

bool IsControl(char letter) {
  const auto code = static_cast<unsigned char>(letter);
  return code < 0x20 || code == 0x7f;
}

template <class Number>
std::optional<Number> Decimal(std::string_view text) {
  Number number{};
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  if (read.ec != std::errc() || read.ptr != text.data() + text.size()) return std::nullopt;
  return number;
}

Read ReadNumber(const ConfigNode& node, bool whole) {
  const std::string noun = whole ? "a whole number" : "a number";
  if (node.quoted) {
    return ConfigFault{QuoteForMessage(node.text) + " is text, not " + noun, "remove the quotes"};
  }
  const ConfigFault wrong{QuoteForMessage(node.text) + " is not " + noun,
                          whole ? "write digits only" : "write digits and a decimal point"};
  const std::string& text = node.text;
  if (text.size() > 1 && text[0] == '0' && text.find_first_not_of("0123456789") == text.npos) {
    return ConfigFault{QuoteForMessage(text) + " begins with 0, which makes it octal to some",
                       "write it without the leading 0"};
  }
  if (whole) {
    if (const auto number = Decimal<int64_t>(text)) return ConfigValue(*number);
    if (text.find_first_not_of("0123456789") != text.npos) return wrong;
    return ConfigFault{QuoteForMessage(text) + " is too much", "give the real number"};
  }
  // Not a number, infinity and hexadecimal floats pass from_chars.
  if (text.find_first_not_of("0123456789.") != text.npos) return wrong;
  const auto number = Decimal<double>(text);
  return number ? Read(ConfigValue(*number)) : Read(wrong);
}

Read ReadTruth(const ConfigNode& node) {
  if (!node.quoted && node.text == "true") return ConfigValue(true);
  if (!node.quoted && node.text == "false") return ConfigValue(false);
  return ConfigFault{QuoteForMessage(node.text) + " is neither true nor false",
                     node.quoted ? "write true or false, without quotes" : "write true or false"};
}

Read ReadText(const ConfigNode& node, const TextForm& form) {
  if (node.text.empty()) return ConfigFault{"is empty", "give a value or remove the key"};
  const std::string_view trap = node.quoted ? std::string_view() : TextTrap(node.text);
  if (!trap.empty()) {
    return ConfigFault{QuoteForMessage(node.text) + " can be read as " + std::string(trap),
                       "put it in quotes if it is meant as text"};
  }
  if (std::ranges::any_of(node.text, IsControl)) {
    return ConfigFault{"holds a control character", "remove it"};
  }
  if (auto fault = form.check(node.text)) return std::move(*fault);
  return ConfigValue(node.text);
}

Read ReadChoice(const ConfigNode& node, const KeyRule& rule) {
  std::string known;
  for (const std::string_view choice : rule.choices) {
    if (node.text == choice) return ConfigValue(node.text);
    known += (known.empty() ? "" : ", ") + std::string(choice);
  }
  const auto nearest = NearestWord(node.text, rule.choices);
  return ConfigFault{
      QuoteForMessage(node.text) + " is none of " + known,
      nearest ? "did you mean " + std::string(*nearest) + "?" : "choose one of them"};
}

/// Never quotes the value: it may be the secret itself.
Read ReadSecretRef(const ConfigNode& node) {
  const auto ref = ParseSecretRef(node.text);
  if (ref) return ConfigValue(*ref);
  return ConfigFault{"is not a reference to a secret, and secrets never stand in this file",
                     "write credential:NAME, file:/path or env:NAME"};
}

template <class Quantity>
Read AsValue(const Result<Quantity, ConfigFault>& read) {
  return read ? Read(ConfigValue(*read)) : Read(read.error());
}

Read ReadScalar(const ConfigNode& node, const KeyRule& rule) {
  if (rule.takes_auto && node.text == "auto") return ConfigValue();
  switch (rule.type) {
    case KeyType::kText:
      return ReadText(node, *rule.form);
    case KeyType::kWholeNumber:
      return ReadNumber(node, true);
    case KeyType::kNumber:
      return ReadNumber(node, false);
    case KeyType::kTruth:
      return ReadTruth(node);
    case KeyType::kDuration:
      return AsValue(ReadDuration(node.text));
    case KeyType::kSize:
      return AsValue(ReadByteSize(node.text));
    case KeyType::kChoice:
      return ReadChoice(node, rule);
    case KeyType::kSecret:
      return ReadSecretRef(node);
    default:
      break;
  }
  CHECK_THAT(false);
}

double Magnitude(const ConfigValue& value) {
  if (const auto* whole = std::get_if<int64_t>(&value)) return static_cast<double>(*whole);
  if (const auto* number = std::get_if<double>(&value)) return *number;
  return static_cast<double>(std::get<std::chrono::milliseconds>(value).count());
}

/// What is wrong with the size of a value, by the bounds of its rule.
std::optional<ConfigFault> OutOfBounds(const ConfigNode& node, const ConfigValue& value,
                                       const KeyRule& rule) {
  if (std::holds_alternative<std::monostate>(value)) return std::nullopt;
  if (!rule.least.empty() && rule.least == rule.most &&
      Magnitude(value) != Magnitude(ReadPreset(rule, rule.least))) {
    return ConfigFault{QuoteForMessage(node.text) + " is not known to this release",
                       "it reads " + std::string(rule.least)};
  }
  if (!rule.least.empty() && Magnitude(value) < Magnitude(ReadPreset(rule, rule.least))) {
    return ConfigFault{QuoteForMessage(node.text) + " is too little",
                       "the least is " + std::string(rule.least)};
  }
  if (!rule.most.empty() && Magnitude(value) > Magnitude(ReadPreset(rule, rule.most))) {
    return ConfigFault{QuoteForMessage(node.text) + " is too much",
                       "the most is " + std::string(rule.most)};
  }
  return std::nullopt;
}

std::optional<ConfigValue> Report(const ConfigNode& node, const std::string& path,
                                  ConfigFault fault, ConfigProblems& problems) {
  problems.push_back(
      {.at = node.at, .path = path, .what = std::move(fault.what), .next = std::move(fault.next)});
  return std::nullopt;
}

std::optional<ConfigValue> ReadTextList(const ConfigNode& node, const KeyRule& rule,
                                        const std::string& path, ConfigProblems& problems) {
  if (node.kind != ConfigNode::Kind::kList) {
    return Report(node, path, {"is " + NameOf(node.kind) + ", not a list", "write [value, value]"},
                  problems);
  }
  std::vector<std::string> items;
  bool good = true;
  for (const ConfigNode& item : node.items) {
    std::optional<ConfigFault> fault;
    if (item.kind == ConfigNode::Kind::kNothing && rule.takes_null) {
      if (std::ranges::find(items, "") == items.end()) items.emplace_back();
      continue;
    }
    if (item.kind != ConfigNode::Kind::kScalar) {
      fault = {"an item is " + NameOf(item.kind) + ", not text", "write one value per item"};
    } else if (const Read read = ReadText(item, *rule.form); !read) {
      fault = read.error();
    } else if (std::ranges::find(items, item.text) != items.end()) {
      fault = {QuoteForMessage(item.text) + " is here twice", "remove one of them"};
    }
    if (fault) {
      Report(item, path, std::move(*fault), problems);
      good = false;
    } else {
      items.push_back(item.text);
    }
  }
  return good ? std::optional(ConfigValue(std::move(items))) : std::nullopt;
}

std::optional<ConfigValue> ReadChoiceMap(const ConfigNode& node, const KeyRule& rule,
                                         const std::string& path, ConfigProblems& problems) {
  if (node.kind != ConfigNode::Kind::kMap) {
    return Report(node, path, {"is " + NameOf(node.kind) + ", not a map", "write {name: word}"},
                  problems);
  }
  std::map<std::string, std::string> choices;
  bool good = true;
  for (const ConfigEntry& entry : node.entries) {
    const ConfigNode& word = entry.value;
    std::optional<ConfigFault> fault;
    if (const Read read = ReadText(entry.key, *rule.form); !read) {
      fault = read.error();
    } else if (word.kind != ConfigNode::Kind::kScalar) {
      fault = {QuoteForMessage(entry.key.text) + " has " + NameOf(word.kind) + ", not one word",
               "write one of the words after the colon"};
    } else if (const Read choice = ReadChoice(word, rule); !choice) {
      fault = choice.error();
    }
    if (fault) {
      Report(word.kind == ConfigNode::Kind::kScalar ? word : entry.key, path, std::move(*fault),
             problems);
      good = false;
    } else {
      choices.emplace(entry.key.text, word.text);
    }
  }
  return good ? std::optional(ConfigValue(std::move(choices))) : std::nullopt;
}

std::optional<ConfigValue> ReadSecretList(const ConfigNode& node, const std::string& path,
                                          ConfigProblems& problems) {
  std::vector<SecretRef> refs;
  const bool one = node.kind == ConfigNode::Kind::kScalar;
  if (!one && (node.kind != ConfigNode::Kind::kList || node.items.empty())) {
    return Report(node, path,
                  {"is neither a reference to a secret nor a list of them",
                   "write credential:NAME, file:/path or env:NAME"},
                  problems);
  }
  for (const ConfigNode& item : one ? std::vector{node} : node.items) {
    Read read = ReadSecretRef(item);
    if (!read) return Report(item, path, std::move(read.error()), problems);
    refs.push_back(std::get<SecretRef>(*read));
  }
  return refs;
}

std::string QuotedYaml(const std::string& text) {
  std::string out = "\"";
  for (const char letter : text) {
    if (letter == '"' || letter == '\\') out += '\\';
    out += letter;
  }
  return out + '"';
}

std::string WriteNumber(double number) {
  char text[32];
  const auto end = std::to_chars(text, text + sizeof text, number).ptr;
  return {text, end};
}

/// `[closedwon, null]`.
std::string WriteList(const std::vector<std::string>& items) {
  std::string out = "[";
  for (const std::string& item : items) {
    out += (out.size() > 1 ? ", " : "") + (item.empty() ? "null" : YamlText(item));
  }
  return out + "]";
}

std::string WriteRefs(const std::vector<SecretRef>& refs) {
  if (refs.size() == 1) return YamlText(refs.front().Text());
  std::vector<std::string> texts;
  texts.reserve(refs.size());
  for (const SecretRef& ref : refs) texts.push_back(ref.Text());
  return WriteList(texts);
}

/// `{lead_score: ours}`.
std::string WriteChoices(const std::map<std::string, std::string>& choices) {
  std::string out = "{";
  for (const auto& [name, word] : choices) {
    out += (out.size() > 1 ? ", " : "") + YamlText(name) + ": " + YamlText(word);
  }
  return out + "}";
}

/// `[{name: won, batch: 100}]`.
std::string WriteMaps(const std::vector<ConfigMap>& maps) {
  std::string out = "[";
  for (const ConfigMap& map : maps) {
    out += out.size() > 1 ? ", {" : "{";
    for (const auto& [rule, value] : map.members) {
      if (!out.ends_with('{')) out += ", ";
      out += std::string(rule->path) + ": " + WriteValue(value, *rule);
    }
    out += "}";
  }
  return out + "]";
}

}  // namespace

const ConfigValue* ConfigMap::Find(const KeyRule& rule) const {
  const auto found = std::ranges::find(members, &rule, [](const auto& one) { return one.first; });
  return found == members.end() ? nullptr : &found->second;
}

std::optional<ConfigValue> ReadValue(const ConfigNode& node, const KeyRule& rule,
                                     const std::string& path, ConfigProblems& problems) {
  using Kind = ConfigNode::Kind;
  if (node.kind == Kind::kNothing) {
    return Report(node, path, {"has no value", "give one or remove the key"}, problems);
  }
  if (rule.type == KeyType::kSecretList) return ReadSecretList(node, path, problems);
  if (rule.type == KeyType::kTextList) return ReadTextList(node, rule, path, problems);
  if (rule.type == KeyType::kChoiceMap) return ReadChoiceMap(node, rule, path, problems);
  if (node.kind != Kind::kScalar) {
    const std::string next = "write one value after the colon";
    return Report(node, path, {"is " + NameOf(node.kind) + ", not a single value", next}, problems);
  }
  Read read = ReadScalar(node, rule);
  if (!read && rule.takes_auto) read.error().next += ", or auto";
  if (!read) return Report(node, path, std::move(read.error()), problems);
  if (auto fault = OutOfBounds(node, *read, rule)) {
    return Report(node, path, std::move(*fault), problems);
  }
  return std::move(*read);
}

ConfigValue ReadPreset(const KeyRule& rule, std::string_view preset) {
  // `quoted`: the table's words are meant; numbers must not be in quotes.
  const bool number = rule.type == KeyType::kWholeNumber || rule.type == KeyType::kNumber ||
                      rule.type == KeyType::kTruth;
  const Read read = ReadScalar(
      {.kind = ConfigNode::Kind::kScalar, .text = std::string(preset), .quoted = !number}, rule);
  CHECK_THAT(read);
  return *read;
}

std::string YamlText(const std::string& text) {
  const bool plain = !text.empty() && TextTrap(text).empty() && text != "null" &&
                     std::ranges::all_of(text,
                                         [](char letter) {
                                           return (letter >= 'a' && letter <= 'z') ||
                                                  (letter >= 'A' && letter <= 'Z') ||
                                                  (letter >= '0' && letter <= '9') ||
                                                  letter == '_' || letter == '/' || letter == '.' ||
                                                  letter == '-';
                                         }) &&
                     text[0] != '-';
  return plain ? text : QuotedYaml(text);
}

std::string WriteValue(const ConfigValue& value, const KeyRule& rule) {
  struct Writer {
    const KeyRule& rule;
    std::string operator()(std::monostate) const { return rule.takes_auto ? "auto" : ""; }
    std::string operator()(bool truth) const { return truth ? "true" : "false"; }
    std::string operator()(int64_t number) const {
      return rule.type == KeyType::kSize ? WriteByteSize(number) : std::to_string(number);
    }
    std::string operator()(double number) const { return WriteNumber(number); }
    std::string operator()(std::chrono::milliseconds duration) const {
      return WriteDuration(duration);
    }
    std::string operator()(const std::string& text) const { return YamlText(text); }
    std::string operator()(const std::vector<std::string>& items) const { return WriteList(items); }
    std::string operator()(const SecretRef& ref) const { return YamlText(ref.Text()); }
    std::string operator()(const std::vector<SecretRef>& refs) const {
      return refs.empty() ? "" : WriteRefs(refs);
    }
    std::string operator()(const std::vector<ConfigMap>& maps) const { return WriteMaps(maps); }
    std::string operator()(const std::map<std::string, std::string>& choices) const {
      return choices.empty() ? "" : WriteChoices(choices);
    }
  };
  return std::visit(Writer{rule}, value);
}

}  // namespace hubmirror
