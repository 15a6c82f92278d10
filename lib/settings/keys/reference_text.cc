#include "settings/keys/reference_text.h"

#include <string_view>

#include "settings/keys/key_table.h"

namespace hubmirror {
namespace {

constexpr std::string_view kIntroduction =
    "# Configuration\n"
    "\n"
    "`hubmirrord` and `hubmirror` read one YAML file, by default `/etc/hubmirror/hubmirror.yaml`.\n"
    "`hubmirror config check` lists everything that is wrong with it, with line and column;\n"
    "`hubmirror config show` prints the settings in effect. A reload takes a new file as a whole "
    "or not\n"
    "at all.\n"
    "\n"
    "- Unknown and repeated keys are errors, and so are values that YAML readers understand\n"
    "  differently (`no`, `1:30`, `017`). Anchors, aliases and tags are not used.\n"
    "- Durations need a unit: `250ms`, `30s`, `5m`, `1h`, `7d`. Sizes too: `512KiB`, `64MiB`,\n"
    "  `1GiB`.\n"
    "- Secrets never stand in the file, only where they are kept: `credential:NAME` (a file of\n"
    "  `$CREDENTIALS_DIRECTORY`, which systemd fills), `file:/path` (refused when its group may\n"
    "  write it or others may open it) or `env:NAME`. One trailing newline is trimmed.\n"
    "- An object's own settings override its portal's, which override `defaults`, which override\n"
    "  the defaults named here.\n";

std::string TypeText(const KeyRule& rule) {
  switch (rule.type) {
    case KeyType::kText:
      return std::string(rule.form->words);
    case KeyType::kWholeNumber:
      return "whole number";
    case KeyType::kNumber:
      return "number";
    case KeyType::kTruth:
      return "`true` or `false`";
    case KeyType::kDuration:
      return "duration";
    case KeyType::kSize:
      return "size";
    case KeyType::kTextList:
      return "list, each " + std::string(rule.form->words);
    case KeyType::kSecret:
      return "reference to a secret";
    case KeyType::kSecretList:
      return "reference to a secret, or a list of them";
    case KeyType::kMapList:
      return "list of maps";
    case KeyType::kPortals:
      return "map";
    case KeyType::kObjects:
      return rule.items ? "map" : "list or map";
    case KeyType::kSection:
      return "map";
    case KeyType::kChoice:
    case KeyType::kChoiceMap:
      break;
  }
  std::string words;
  if (rule.type == KeyType::kChoiceMap) {
    words = "map from " + std::string(rule.form->words) + " to ";
    for (const std::string_view choice : rule.choices) {
      words += (choice == rule.choices.front()  ? ""
                : choice == rule.choices.back() ? " or "
                                                : ", ") +
               ("`" + std::string(choice) + "`");
    }
    return words;
  }
  for (const std::string_view choice : rule.choices) {
    if (!words.empty()) words += choice == rule.choices.back() ? " or " : ", ";
    words += "`" + std::string(choice) + "`";
  }
  return words;
}

std::string Code(std::string_view text) {
  return "`" + std::string(text) + "`";
}

std::string BoundsText(const KeyRule& rule) {
  if (!rule.least.empty() && rule.least == rule.most) return ", always " + Code(rule.least);
  if (!rule.least.empty() && !rule.most.empty()) {
    return ", " + Code(rule.least) + " to " + Code(rule.most);
  }
  if (!rule.least.empty()) return ", at least " + Code(rule.least);
  return {};
}

/// What of a key's places the heading does not say.
std::string PlacesText(const KeyRule& rule) {
  std::string text;
  if (rule.StandsIn(Place::kObject) && rule.StandsIn(Place::kPortal)) {
    text = " Also in a portal and per object.";
  } else if (rule.StandsIn(Place::kDefaults) && rule.StandsIn(Place::kPortal)) {
    text = " Also in a portal.";
  }
  return text;
}

std::string EntryOf(const KeyRule& rule) {
  std::string text = "- **" + Code(rule.path) + "** (" + TypeText(rule);
  text += BoundsText(rule);
  if (rule.takes_auto) text += ", or `auto`";
  if (rule.required) text += "; required";
  if (!rule.preset.empty()) text += "; default " + Code(rule.preset);
  text += "): " + std::string(rule.meaning) + PlacesText(rule);
  if (rule.needs_restart && rule.path != "version") text += " A change needs a restart.";
  if (!rule.example.empty() && rule.HoldsValue()) {
    const std::string_view word = rule.path.substr(rule.path.rfind('.') + 1);
    text += " Example: " + Code(std::string(word) + ": " + std::string(rule.example));
  }
  return text + "\n";
}

/// The keys of `place` that no other of `before` has.
std::string Chapter(std::string_view title, std::string_view introduction, Place place,
                    unsigned before) {
  std::string text = "\n## " + std::string(title) + "\n\n" + std::string(introduction) + "\n\n";
  for (const KeyRule& rule : KeyTable()) {
    if (rule.StandsIn(place) && (rule.places & before) == 0) text += EntryOf(rule);
  }
  return text;
}

}  // namespace

std::string ReferenceText() {
  constexpr auto kTop = static_cast<unsigned>(Place::kTop);
  constexpr auto kDefaults = static_cast<unsigned>(Place::kDefaults);
  constexpr auto kPortal = static_cast<unsigned>(Place::kPortal);
  return std::string(kIntroduction) +
         Chapter("Top of the file",
                 "Keys of sections are written with dots: `web.listen` is "
                 "`listen` below `web`.",
                 Place::kTop, 0) +
         Chapter("Below `defaults`", "What every portal inherits.", Place::kDefaults, kTop) +
         Chapter("Below a portal",
                 "Beside the keys of `defaults` that a portal may have of its "
                 "own.",
                 Place::kPortal, kTop | kDefaults) +
         Chapter("Below an object",
                 "In a portal's map of `objects`, beside the keys of "
                 "`defaults` that an object may have of its own.",
                 Place::kObject, kTop | kDefaults | kPortal) +
         Chapter("Below an object in `write.objects`", "What of it may be written, and how.",
                 Place::kWriteObject, 0) +
         Chapter("Below an item of `feed.webhooks`", "What a receiver is sent, and how.",
                 Place::kWebhook, 0) +
         Chapter("Below an item of `when`", "A rule of a webhook. All that it says must hold.",
                 Place::kWebhookRule, 0);
}

}  // namespace hubmirror
