#include "daemon/cli/portal/verify_report.h"

#include <rapidjson/document.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <algorithm>
#include <vector>

#include "base/digest.h"
#include "base/time_text.h"

namespace hubmirror {
namespace {

using Writer = rapidjson::Writer<rapidjson::StringBuffer>;

constexpr int kFormat = 1;
constexpr const char* kReads[] = {
    "list: every live record with every mirrored property, page by page, from HubSpot's store and "
    "not from its search index",
    "batch read: by their ids, archived and live, the records that the mirror holds and the list "
    "did not show"};
constexpr const char* kCompared =
    "each record, its envelope and each property with its column, the ids on each page with the "
    "ids of the mirror in the same range";
constexpr const char* kNotCounted =
    "records that changed, were archived, restored or merged too lately for the mirror to know; "
    "calculated values, which move no stamp (unstamped)";

/// The canonical form: members in the order of their names' bytes, no white space, UTF-8. All
/// numbers in it are whole ones.
void WriteCanonical(const rapidjson::Value& value, Writer& out) {
  if (value.IsArray()) {
    out.StartArray();
    for (const rapidjson::Value& one : value.GetArray()) WriteCanonical(one, out);
    out.EndArray();
    return;
  }
  if (!value.IsObject()) {
    value.Accept(out);
    return;
  }
  std::vector<std::pair<std::string_view, const rapidjson::Value*>> members;
  for (const auto& member : value.GetObject()) {
    members.emplace_back(std::string_view(member.name.GetString(), member.name.GetStringLength()),
                         &member.value);
  }
  std::sort(members.begin(), members.end());
  out.StartObject();
  for (const auto& [name, member] : members) {
    out.Key(name.data(), static_cast<rapidjson::SizeType>(name.size()));
    WriteCanonical(*member, out);
  }
  out.EndObject();
}

}  // namespace

std::optional<std::string> VerifyReportText(const VerifyAsked& asked, std::string_view answer) {
  rapidjson::Document report;
  report.Parse(answer.data(), answer.size());
  if (report.HasParseError() || !report.IsObject() || !report.HasMember("verified")) {
    return std::nullopt;
  }
  auto& memory = report.GetAllocator();
  const auto put = [&](const char* name, rapidjson::Value value) {
    report.AddMember(rapidjson::StringRef(name), value, memory);
  };
  const auto text = [&](std::string_view words) {
    return rapidjson::Value(words.data(), static_cast<rapidjson::SizeType>(words.size()), memory);
  };
  // Of the answer, what the daemon found; its words for people say the same.
  rapidjson::Value verified(report["verified"], memory);
  report.SetObject();
  int64_t found = 0;
  for (const auto& object : verified.GetObject()) {
    for (const char* kind : {"missing", "extra", "different", "stale"}) {
      const auto count = object.value.FindMember(kind);
      if (count != object.value.MemberEnd() && count->value.IsInt64()) {
        found += count->value.GetInt64();
      }
    }
  }
  put("kind", text("hubmirror verify"));
  put("format", rapidjson::Value(kFormat));
  put("program", text(asked.program));
  put("target", text(asked.target));
  put("repair", rapidjson::Value(asked.repair));
  put("asked_at", text(FormatRfc3339(asked.asked_at)));
  put("answered_at", text(FormatRfc3339(asked.answered_at)));
  put("compared", text(kCompared));
  put("not_counted", text(kNotCounted));
  rapidjson::Value reads(rapidjson::kArrayType);
  for (const char* read : kReads) reads.PushBack(text(read), memory);
  put("reads", std::move(reads));
  put("equal", rapidjson::Value(found == 0));
  put("objects", std::move(verified));

  rapidjson::StringBuffer canonical;
  Writer writer(canonical);
  WriteCanonical(report, writer);
  const std::string form(canonical.GetString(), canonical.GetSize());
  return "{\"digest\":{\"algorithm\":\"SHA-256\",\"of\":\"report: members sorted by name, no white "
         "space, UTF-8\",\"hex\":\"" +
         Sha256Hex(form) + "\"},\n\"report\":" + form + "}\n";
}

}  // namespace hubmirror
