#include "sync/cursor_text.h"

#include <rapidjson/document.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <utility>

namespace hubmirror {
namespace {

using Writer = rapidjson::Writer<rapidjson::StringBuffer>;

void Put(Writer& writer, const char* key, const std::string& value) {
  writer.Key(key);
  writer.String(value.data(), static_cast<rapidjson::SizeType>(value.size()));
}

void Put(Writer& writer, const char* key, int64_t value) {
  writer.Key(key);
  writer.Int64(value);
}

void Put(Writer& writer, const char* key, const std::optional<TimePoint>& value) {
  if (value) Put(writer, key, value->time_since_epoch().count());
}

void Put(Writer& writer, const char* key, const std::optional<RecordId>& value) {
  if (value) Put(writer, key, value->value);
}

/// A parsed object whose members read as optional values.
class Reader {
 public:
  explicit Reader(std::string_view text) { document_.Parse(text.data(), text.size()); }

  bool is_object() const { return !document_.HasParseError() && document_.IsObject(); }
  const rapidjson::Document& document() const { return document_; }

  static std::optional<int64_t> Number(const rapidjson::Value& object, const char* key) {
    const auto found = object.FindMember(key);
    if (found == object.MemberEnd() || !found->value.IsInt64()) return std::nullopt;
    return found->value.GetInt64();
  }
  static std::string Text(const rapidjson::Value& object, const char* key) {
    const auto found = object.FindMember(key);
    if (found == object.MemberEnd() || !found->value.IsString()) return {};
    return {found->value.GetString(), found->value.GetStringLength()};
  }
  static bool Flag(const rapidjson::Value& object, const char* key) {
    const auto found = object.FindMember(key);
    return found != object.MemberEnd() && found->value.IsBool() && found->value.GetBool();
  }
  std::optional<TimePoint> Time(const char* key) const {
    const auto number = Number(document_, key);
    if (!number) return std::nullopt;
    return TimePoint{std::chrono::milliseconds{*number}};
  }
  std::optional<RecordId> Id(const char* key) const {
    const auto number = Number(document_, key);
    if (!number) return std::nullopt;
    return RecordId{*number};
  }

 private:
  rapidjson::Document document_;
};

constexpr std::pair<const char*, int64_t VerifyReport::*> kVerifyCounts[] = {
    {"checked", &VerifyReport::checked},   {"missing", &VerifyReport::missing},
    {"extra", &VerifyReport::extra},       {"different", &VerifyReport::different},
    {"stale", &VerifyReport::stale},       {"unstamped", &VerifyReport::unstamped},
    {"repaired", &VerifyReport::repaired}, {"left", &VerifyReport::left}};

}  // namespace

std::string ToText(const WalkCursor& cursor) {
  rapidjson::StringBuffer buffer;
  Writer writer(buffer);
  writer.StartObject();
  writer.Key("ranges");
  writer.StartArray();
  for (const WalkRange& range : cursor.ranges) {
    writer.StartObject();
    Put(writer, "next", range.next);
    if (range.end) Put(writer, "end", *range.end);
    Put(writer, "after", range.after);
    writer.EndObject();
  }
  writer.EndArray();
  Put(writer, "highest_id", cursor.highest_id);
  Put(writer, "records_done", cursor.records_done);
  Put(writer, "records_expected", cursor.records_expected);
  writer.Key("ordered");
  writer.Bool(cursor.ordered);
  writer.EndObject();
  return buffer.GetString();
}

std::optional<WalkCursor> ParseWalkCursor(std::string_view text) {
  const Reader reader(text);
  if (!reader.is_object()) return std::nullopt;
  const auto ranges = reader.document().FindMember("ranges");
  if (ranges == reader.document().MemberEnd() || !ranges->value.IsArray()) return std::nullopt;
  WalkCursor cursor;
  for (const auto& item : ranges->value.GetArray()) {
    if (!item.IsObject()) return std::nullopt;
    const auto next = Reader::Number(item, "next");
    if (!next) return std::nullopt;
    cursor.ranges.push_back(
        {.next = *next, .end = Reader::Number(item, "end"), .after = Reader::Text(item, "after")});
  }
  cursor.highest_id = Reader::Number(reader.document(), "highest_id").value_or(0);
  cursor.records_done = Reader::Number(reader.document(), "records_done").value_or(0);
  cursor.records_expected = Reader::Number(reader.document(), "records_expected").value_or(0);
  cursor.ordered = Reader::Flag(reader.document(), "ordered");
  return cursor;
}

std::string ToText(const ChangesCursor& cursor) {
  rapidjson::StringBuffer buffer;
  Writer writer(buffer);
  writer.StartObject();
  Put(writer, "followed_to", cursor.followed_to.time_since_epoch().count());
  Put(writer, "until", cursor.until);
  Put(writer, "from", cursor.from);
  Put(writer, "goal", cursor.goal);
  Put(writer, "last", cursor.last);
  Put(writer, "looked_deep", cursor.looked_deep);
  writer.EndObject();
  return buffer.GetString();
}

std::optional<ChangesCursor> ParseChangesCursor(std::string_view text) {
  const Reader reader(text);
  if (!reader.is_object()) return std::nullopt;
  const auto followed_to = reader.Time("followed_to");
  if (!followed_to) return std::nullopt;
  return ChangesCursor{.followed_to = *followed_to,
                       .until = reader.Time("until"),
                       .from = reader.Time("from"),
                       .goal = reader.Time("goal"),
                       .last = reader.Id("last"),
                       .looked_deep = reader.Time("looked_deep")};
}

std::string ToText(const FillCursor& cursor) {
  rapidjson::StringBuffer buffer;
  Writer writer(buffer);
  writer.StartObject();
  Put(writer, "property", cursor.property);
  Put(writer, "last", cursor.last);
  writer.EndObject();
  return buffer.GetString();
}

std::optional<FillCursor> ParseFillCursor(std::string_view text) {
  const Reader reader(text);
  if (!reader.is_object()) return std::nullopt;
  return FillCursor{.property = Reader::Text(reader.document(), "property"),
                    .last = reader.Id("last")};
}

std::string ToText(const LinksCursor& cursor) {
  rapidjson::StringBuffer buffer;
  Writer writer(buffer);
  writer.StartObject();
  Put(writer, "other", cursor.other);
  Put(writer, "last", cursor.last);
  writer.EndObject();
  return buffer.GetString();
}

std::optional<LinksCursor> ParseLinksCursor(std::string_view text) {
  const Reader reader(text);
  if (!reader.is_object()) return std::nullopt;
  return LinksCursor{.other = Reader::Text(reader.document(), "other"), .last = reader.Id("last")};
}

std::string ToText(const MembersCursor& cursor) {
  rapidjson::StringBuffer buffer;
  Writer writer(buffer);
  writer.StartObject();
  Put(writer, "list", cursor.list);
  Put(writer, "after", cursor.after);
  if (cursor.above) Put(writer, "above", *cursor.above);
  writer.EndObject();
  return buffer.GetString();
}

std::optional<MembersCursor> ParseMembersCursor(std::string_view text) {
  const Reader reader(text);
  if (!reader.is_object()) return std::nullopt;
  return MembersCursor{.list = Reader::Number(reader.document(), "list").value_or(0),
                       .after = Reader::Text(reader.document(), "after"),
                       .above = Reader::Number(reader.document(), "above")};
}

std::string ToText(const VerifyCursor& cursor) {
  rapidjson::StringBuffer buffer;
  Writer writer(buffer);
  writer.StartObject();
  // A text in a text: it is read by those who wrote it.
  Put(writer, "walk", ToText(cursor.walk));
  Put(writer, "pages", cursor.pages);
  writer.Key("repair");
  writer.Bool(cursor.repair);
  for (const auto& [name, count] : kVerifyCounts) Put(writer, name, cursor.report.*count);
  writer.Key("absent");
  writer.StartArray();
  for (const RecordId id : cursor.report.absent) writer.Int64(id.value);
  writer.EndArray();
  writer.EndObject();
  return buffer.GetString();
}

std::optional<VerifyCursor> ParseVerifyCursor(std::string_view text) {
  const Reader reader(text);
  if (!reader.is_object()) return std::nullopt;
  const rapidjson::Document& object = reader.document();
  auto walk = ParseWalkCursor(Reader::Text(object, "walk"));
  const auto absent = object.FindMember("absent");
  if (!walk || absent == object.MemberEnd() || !absent->value.IsArray()) return std::nullopt;
  VerifyCursor cursor{.walk = std::move(*walk),
                      .report = {},
                      .repair = Reader::Flag(object, "repair"),
                      .pages = Reader::Number(object, "pages").value_or(0)};
  for (const auto& [name, count] : kVerifyCounts) {
    cursor.report.*count = Reader::Number(object, name).value_or(0);
  }
  for (const auto& id : absent->value.GetArray()) {
    if (!id.IsInt64()) return std::nullopt;
    cursor.report.absent.push_back(RecordId{id.GetInt64()});
  }
  return cursor;
}

std::string ToText(const ResolveCursor& cursor) {
  rapidjson::StringBuffer buffer;
  Writer writer(buffer);
  writer.StartObject();
  Put(writer, "sweep", cursor.sweep);
  Put(writer, "marked_gone", cursor.marked_gone);
  writer.Key("accepted");
  writer.Bool(cursor.accepted);
  writer.EndObject();
  return buffer.GetString();
}

std::optional<ResolveCursor> ParseResolveCursor(std::string_view text) {
  const Reader reader(text);
  if (!reader.is_object()) return std::nullopt;
  return ResolveCursor{.sweep = Reader::Text(reader.document(), "sweep"),
                       .marked_gone = Reader::Number(reader.document(), "marked_gone").value_or(0),
                       .accepted = Reader::Flag(reader.document(), "accepted")};
}

std::string ToText(const DailyQuota::Saved& budget) {
  rapidjson::StringBuffer buffer;
  Writer writer(buffer);
  writer.StartObject();
  Put(writer, "day", budget.day);
  Put(writer, "requests", budget.requests);
  writer.EndObject();
  return buffer.GetString();
}

std::optional<DailyQuota::Saved> ParseBudget(std::string_view text) {
  const Reader reader(text);
  if (!reader.is_object()) return std::nullopt;
  const auto day = Reader::Number(reader.document(), "day");
  const auto requests = Reader::Number(reader.document(), "requests");
  if (!day || !requests) return std::nullopt;
  return DailyQuota::Saved{*day, *requests};
}

}  // namespace hubmirror
