#include "hubspot/read/page_reader.h"

#include <doctest/doctest.h>

#include "base/time_text.h"

namespace hubmirror {
namespace {

PropertySetPtr Set(std::vector<std::string> names) {
  return std::make_shared<const PropertySet>(std::move(names));
}

Page List(std::string body, PropertySetPtr properties = Set({"a", "b", "c"})) {
  auto page = ReadListPage(std::move(body), std::move(properties));
  REQUIRE_MESSAGE(bool(page), (page ? "" : page.error().message));
  return std::move(*page);
}

ApiErrorKind ListError(std::string body) {
  const auto page = ReadListPage(std::move(body), Set({"a"}));
  REQUIRE_FALSE(bool(page));
  return page.error().kind;
}

/// The page's values as `id:name=raw`, in order.
std::vector<std::string> Values(const Page& page) {
  std::vector<std::string> values;
  for (const Record& record : page.records) {
    for (const PropertyValue& value : record.values) {
      values.push_back(std::to_string(record.id.value) + ":" +
                       page.properties->names()[value.property] + "=" + std::string(value.raw));
    }
  }
  return values;
}

std::string WithProperty(const std::string& value) {
  return R"({"results":[{"id":"1","properties":{"a":)" + value + "}}]}";
}

TEST_CASE("page reader: a record's envelope and values are read as sent") {
  const Page page = List(
      R"({"results":[{"id":"512","properties":{"b":"two","a":"1"},
          "createdAt":"2026-01-01T00:00:00Z","updatedAt":"2026-02-01T10:00:00.123Z",
          "archived":true,"archivedAt":"2026-03-01T00:00:00.5Z"}]})");

  REQUIRE(page.records.size() == 1);
  const Record& record = page.records[0];
  CHECK(record.id == RecordId{512});
  CHECK(record.created_at == ParseRfc3339("2026-01-01T00:00:00Z"));
  CHECK(record.updated_at == ParseRfc3339("2026-02-01T10:00:00.123Z"));
  CHECK(record.archived);
  CHECK(record.archived_at == ParseRfc3339("2026-03-01T00:00:00.5Z"));
  CHECK(Values(page) == std::vector<std::string>{"512:a=1", "512:b=two"});
  CHECK_FALSE(page.next_after);
}

TEST_CASE("page reader: values are sorted by property, whatever the order they came in") {
  const Page page = List(
      R"({"results":[{"id":"1","properties":{"c":"3","a":"1","b":"2"}},
                     {"id":"2","properties":{"b":"5"}},
                     {"id":"3","properties":{}},
                     {"id":"4","properties":{"c":"6","b":"7"}}]})");

  CHECK(Values(page) ==
        std::vector<std::string>{"1:a=1", "1:b=2", "1:c=3", "2:b=5", "4:b=7", "4:c=6"});
  CHECK(page.records[2].values.empty());
}

TEST_CASE("page reader: absent, null and empty mean the same") {
  const Page page = List(R"({"results":[{"id":"1","properties":{"a":null,"b":""}}]})");

  CHECK(Values(page).empty());
}

TEST_CASE("page reader: properties that were not asked for are passed over") {
  const Page page =
      List(R"({"results":[{"id":"1","properties":{"a":"1","new":"x"},"url":"u","more":[{}]}]})");

  CHECK(Values(page) == std::vector<std::string>{"1:a=1"});
}

TEST_CASE("page reader: values that are no strings keep their spelling") {
  const Page page = List(
      R"({"results":[{"id":7,"properties":{"a":1.50,"b":true,"c":{"x":["y",-1.0e3,null],"z":null,"1":"2"}}}]})");

  CHECK(Values(page) ==
        std::vector<std::string>{"7:a=1.50", "7:b=true",
                                 R"(7:c={"x":["y",-1.0e3,null],"z":null,"1":"2"})"});
}

TEST_CASE("page reader: escapes are undone and characters of all sizes survive") {
  const Page page = List(WithProperty(R"("q\" \\ \n é \u00e9 \ud83d\ude00 😀 \u0000.")"));

  CHECK(Values(page) == std::vector<std::string>{"1:a=q\" \\ \n é é 😀 😀 \xEF\xBF\xBD."});
  CHECK(page.values_replaced == 1);
}

TEST_CASE("page reader: unpaired surrogates become U+FFFD and are counted") {
  const Page page = List(WithProperty(R"("\ud83d x \uDE00 \ud83d\ud83d\ude00 \\ud83d")"));

  CHECK(Values(page) == std::vector<std::string>{"1:a=\uFFFD x \uFFFD \uFFFD😀 \\ud83d"});
  CHECK(page.values_replaced == 3);
}

TEST_CASE("page reader: surrogates encoded as UTF-8 become U+FFFD and are counted") {
  const Page page = List(WithProperty("\"x\xED\xA0\xBDy\""));

  CHECK(Values(page) == std::vector<std::string>{"1:a=x\uFFFDy"});
  CHECK(page.values_replaced == 1);
}

TEST_CASE("page reader: what must be mended is found wherever it stands in a text") {
  // The parser and what goes before it look at whole blocks of a text at a time.
  for (size_t before = 0; before < 70; ++before) {
    CAPTURE(before);
    const std::string plain(before, 'x');
    const std::string long_tail(64, 'y');

    const Page page = List(WithProperty('"' + plain + R"(\\ud83d\ud83d é\n\"😀)" + long_tail + '"'));

    CHECK(Values(page) ==
          std::vector<std::string>{"1:a=" + plain + "\\ud83d\uFFFD é\n\"😀" + long_tail});
    CHECK(page.values_replaced == 1);
    CHECK(ListError(WithProperty('"' + plain + "\xE2\x82" + long_tail + '"')) ==
          ApiErrorKind::kDecode);
  }
}

TEST_CASE("page reader: bytes that are not UTF-8 are an error") {
  CHECK(ListError(WithProperty("\"\xFF\"")) == ApiErrorKind::kDecode);
  CHECK(ListError(WithProperty("\"\xC0\x80\"")) == ApiErrorKind::kDecode);
  CHECK(ListError(WithProperty("\"\xE2\x82\"")) == ApiErrorKind::kDecode);
  CHECK(ListError(WithProperty("\"\xF4\x90\x80\x80\"")) == ApiErrorKind::kDecode);
}

TEST_CASE("page reader: a truncated or malformed body is an error at every byte") {
  const std::string body =
      R"({"results":[{"id":"1","properties":{"a":"x"}}],"paging":{"next":{"after":"2"}}})";

  for (size_t size = 0; size < body.size(); ++size) {
    CHECK(ListError(body.substr(0, size)) == ApiErrorKind::kDecode);
  }
  CHECK(ListError(body + "x") == ApiErrorKind::kDecode);
  CHECK(ListError(body + '\0') == ApiErrorKind::kDecode);
  CHECK(ListError(std::string(100'000, '[')) == ApiErrorKind::kDecode);
}

TEST_CASE("page reader: results that are no records are an error") {
  CHECK(ListError("[]") == ApiErrorKind::kDecode);
  CHECK(ListError("{}") == ApiErrorKind::kDecode);
  CHECK(ListError(R"({"results":{}})") == ApiErrorKind::kDecode);
  CHECK(ListError(R"({"results":["1"]})") == ApiErrorKind::kDecode);
  CHECK(ListError(R"({"results":[{"properties":{}}]})") == ApiErrorKind::kDecode);
  CHECK(ListError(R"({"results":[{"id":"1"}]})") == ApiErrorKind::kDecode);
  for (const char* const id :
       {R"("")", R"("0")", R"("-1")", R"("12x")", "1.5", "null", R"("99999999999999999999")"}) {
    CHECK(ListError(std::string(R"({"results":[{"id":)") + id + R"(,"properties":{}}]})") ==
          ApiErrorKind::kDecode);
  }
}

TEST_CASE("page reader: errors never repeat the body") {
  const auto page = ReadListPage(R"({"results":[{"id":"secret","properties":{}}]})", Set({"a"}));

  CHECK(page.error().message == "the answer cannot be read: no valid id in result 0");
}

TEST_CASE("page reader: a next page is told by paging alone, also on a short or empty page") {
  CHECK(List(R"({"results":[],"paging":{"next":{"after":"77","link":"x"}}})").next_after == "77");
  CHECK(List(R"({"results":[],"paging":{"next":{"after":77}}})").next_after == "77");
  CHECK_FALSE(List(R"({"results":[],"paging":null})").next_after);
  CHECK_FALSE(List(R"({"results":[],"paging":{"prev":{"before":"1"}}})").next_after);
  CHECK(ListError(R"({"results":[],"paging":{"next":{"link":"x"}}})") == ApiErrorKind::kDecode);
}

Result<Page, ApiError> Batch(std::string body) {
  return ReadBatchPage(std::move(body), Set({"a"}));
}

TEST_CASE("page reader: a batch names the ids it does not know") {
  const auto page = Batch(
      R"({"status":"COMPLETE","results":[{"id":"5","properties":{"a":"x"}}],"numErrors":1,
          "errors":[{"status":"error","category":"OBJECT_NOT_FOUND","context":{"ids":["1","2"]}}]})");

  REQUIRE(bool(page));
  CHECK(page->not_found == std::vector<RecordId>{{1}, {2}});
  CHECK(Values(*page) == std::vector<std::string>{"5:a=x"});
}

TEST_CASE("page reader: a batch that failed otherwise proves nothing") {
  const auto other = Batch(R"({"status":"COMPLETE","results":[],"errors":[{"category":"X"}]})");
  const auto unfinished = Batch(R"({"status":"PROCESSING","results":[]})");

  CHECK(other.error().kind == ApiErrorKind::kServer);
  CHECK(unfinished.error().kind == ApiErrorKind::kServer);
}

TEST_CASE("page reader: a batch shows each id once") {
  const auto page =
      Batch(R"({"results":[{"id":"5","properties":{"a":"x"}},{"id":"5","properties":{"a":"x"}}]})");

  CHECK(Values(*page) == std::vector<std::string>{"5:a=x"});
}

TEST_CASE("page reader: records outlive the reader and a moved page") {
  Page first = List(R"({"results":[{"id":"1","properties":{"a":"value"}}]})");
  const Page second = std::move(first);

  CHECK(Values(second) == std::vector<std::string>{"1:a=value"});
}

}  // namespace
}  // namespace hubmirror
