#include "model/store/verify.h"

#include <array>
#include <utility>

#include "base/count_text.h"

namespace hubmirror {

std::string_view NameOf(VerifyFinding::Kind kind) {
  constexpr std::array<std::string_view, 4> kNames = {"missing", "extra", "different", "stale"};
  return kNames[static_cast<size_t>(kind)];
}

void VerifyReport::Add(const VerifyReport& other) {
  list_pages += other.list_pages;
  batch_reads += other.batch_reads;
  checked += other.checked;
  missing += other.missing;
  extra += other.extra;
  different += other.different;
  stale += other.stale;
  unstamped += other.unstamped;
  repaired += other.repaired;
  left += other.left;
  absent.insert(absent.end(), other.absent.begin(), other.absent.end());
  for (const VerifyFinding& finding : other.findings) {
    Note(finding.kind, finding.id, finding.properties);
  }
}

void VerifyReport::Note(VerifyFinding::Kind kind, RecordId id,
                        std::vector<std::string> properties) {
  if (findings.size() < kMostFindings) findings.push_back({id, kind, std::move(properties)});
}

std::string VerifyReport::Text() const {
  std::string text = CountWords(checked) + " checked, " + CountWords(missing) + " missing, " +
                     CountWords(extra) + " extra, " + CountWords(different) + " different, " +
                     CountWords(stale) + " stale; " + CountWords(repaired) + " repaired, " +
                     CountWords(left) + " left";
  for (const VerifyFinding& finding : findings) {
    text += "\n  " + std::string(NameOf(finding.kind)) + " " + std::to_string(finding.id.value);
    for (const std::string& property : finding.properties) {
      text += (&property == &finding.properties.front() ? ": " : ", ") + property;
    }
  }
  return text;
}

}  // namespace hubmirror
