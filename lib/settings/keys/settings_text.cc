#include "settings/keys/settings_text.h"

#include <rapidjson/prettywriter.h>
#include <rapidjson/stringbuffer.h>

#include <variant>

#include "settings/keys/key_table.h"

namespace hubmirror {
namespace {

template <class Owner>
void Write(const Owner& owner, Place place, const std::string& prefix,
           std::vector<WrittenSetting>& out) {
  for (const KeyRule& rule : KeyTable()) {
    const auto* field = std::get_if<FieldOf<Owner>>(&rule.field);
    if (field == nullptr || !rule.StandsIn(place)) continue;
    ConfigValue value = field->get(owner);
    std::string text = WriteValue(value, rule);
    if (!text.empty()) {
      out.push_back(
          {prefix + std::string(rule.path), std::move(text), std::move(value), rule.needs_restart});
    }
  }
}

std::vector<std::string> WordsOf(const std::string& path) {
  std::vector<std::string> words;
  size_t begin = 0;
  for (size_t dot = path.find('.'); dot != std::string::npos; dot = path.find('.', begin)) {
    words.push_back(path.substr(begin, dot - begin));
    begin = dot + 1;
  }
  words.push_back(path.substr(begin));
  return words;
}

/// Writes paths and values as nested maps; those of one section must come together.
class YamlWriter {
 public:
  void Add(const std::string& path, const std::string& text) {
    const std::vector<std::string> words = WordsOf(path);
    size_t same = 0;
    while (same + 1 < words.size() && same < open_.size() && open_[same] == words[same]) ++same;
    for (size_t level = same; level + 1 < words.size(); ++level) {
      out_ += Indent(level) + YamlText(words[level]) + ":\n";
    }
    out_ += Indent(words.size() - 1) + YamlText(words.back()) + ": " + text + "\n";
    open_.assign(words.begin(), words.end() - 1);
  }
  std::string Take() { return std::move(out_); }

 private:
  static std::string Indent(size_t level) { return std::string(2 * level, ' '); }

  std::string out_;
  std::vector<std::string> open_;
};

/// The same as JSON.
class JsonWriter {
 public:
  JsonWriter() : json_(buffer_) {
    json_.SetIndent(' ', 2);
    json_.StartObject();
  }

  void Add(const std::string& path, const WrittenSetting& setting) {
    const std::vector<std::string> words = WordsOf(path);
    size_t same = 0;
    while (same + 1 < words.size() && same < open_.size() && open_[same] == words[same]) ++same;
    for (; open_.size() > same; open_.pop_back()) json_.EndObject();
    for (size_t level = same; level + 1 < words.size(); ++level) {
      json_.Key(words[level]);
      json_.StartObject();
      open_.push_back(words[level]);
    }
    json_.Key(words.back());
    Value(setting.value, setting.text);
  }
  std::string Take() {
    for (; !open_.empty(); open_.pop_back()) json_.EndObject();
    json_.EndObject();
    return std::string(buffer_.GetString(), buffer_.GetSize()) + "\n";
  }

 private:
  void Value(const ConfigValue& value, const std::string& written) {
    if (const auto* list = std::get_if<std::vector<std::string>>(&value)) {
      json_.StartArray();
      for (const std::string& item : *list) item.empty() ? json_.Null() : json_.String(item);
      json_.EndArray();
    } else if (const auto* text = std::get_if<std::string>(&value)) {
      json_.String(*text);
    } else if (const auto* secret = std::get_if<SecretRef>(&value)) {
      json_.String(secret->Text());
    } else if (const auto* refs = std::get_if<std::vector<SecretRef>>(&value)) {
      json_.StartArray();
      for (const SecretRef& ref : *refs) json_.String(ref.Text());
      json_.EndArray();
    } else if (const auto* maps = std::get_if<std::vector<ConfigMap>>(&value)) {
      json_.StartArray();
      for (const ConfigMap& map : *maps) Map(map);
      json_.EndArray();
    } else if (const auto* words = std::get_if<std::map<std::string, std::string>>(&value)) {
      json_.StartObject();
      for (const auto& [name, word] : *words) {
        json_.Key(name);
        json_.String(word);
      }
      json_.EndObject();
    } else if (const bool number = std::holds_alternative<bool>(value) ||
                                   written.find_first_not_of("0123456789.") == std::string::npos;
               number) {
      json_.RawValue(written.data(), written.size(), rapidjson::kNumberType);
    } else {
      json_.String(written);
    }
  }

  void Map(const ConfigMap& map) {
    json_.StartObject();
    for (const auto& [rule, value] : map.members) {
      json_.Key(std::string(rule->path));
      Value(value, WriteValue(value, *rule));
    }
    json_.EndObject();
  }

  rapidjson::StringBuffer buffer_;
  rapidjson::PrettyWriter<rapidjson::StringBuffer> json_;
  std::vector<std::string> open_;
};

}  // namespace

std::vector<WrittenSetting> WriteTop(const Settings& settings) {
  std::vector<WrittenSetting> out;
  Write(settings, Place::kTop, "", out);
  return out;
}

std::vector<WrittenSetting> WritePortal(const PortalSettings& portal) {
  std::vector<WrittenSetting> out;
  Write(portal, Place::kPortal, "", out);
  for (const StreamPlan& stream : portal.plan.streams) {
    if (!stream.write.any()) continue;
    Write(stream, Place::kWriteObject, "write.objects." + stream.object.name + ".", out);
  }
  for (const StreamPlan& stream : portal.plan.streams) {
    Write(stream, Place::kObject, "objects." + stream.object.name + ".", out);
  }
  return out;
}

std::string ShowSettings(const Settings& settings) {
  YamlWriter writer;
  for (const WrittenSetting& setting : WriteTop(settings)) writer.Add(setting.path, setting.text);
  for (const PortalSettings& portal : settings.portals) {
    for (const WrittenSetting& setting : WritePortal(portal)) {
      writer.Add("portals." + portal.plan.key + "." + setting.path, setting.text);
    }
  }
  return "# The settings in effect, defaults filled in; secrets are shown as their references.\n" +
         writer.Take();
}

std::string ShowSettingsJson(const Settings& settings) {
  JsonWriter writer;
  for (const WrittenSetting& setting : WriteTop(settings)) writer.Add(setting.path, setting);
  for (const PortalSettings& portal : settings.portals) {
    for (const WrittenSetting& setting : WritePortal(portal)) {
      writer.Add("portals." + portal.plan.key + "." + setting.path, setting);
    }
  }
  return writer.Take();
}

}  // namespace hubmirror
