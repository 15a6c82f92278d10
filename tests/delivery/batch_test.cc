#include "delivery/batch.h"

#include <doctest/doctest.h>
#include <rapidjson/document.h>

namespace hubmirror {
namespace {

const BatchSender kSender{.portal = "acme",
                          .webhook = "won",
                          .epoch = 3,
                          .url_of = [](const std::string& object, const std::string& id) {
                            return "https://app.hubspot.com/" + object + "/" + id;
                          }};

WebhookEntry Entry(int64_t seq, std::string after = R"({"a":"1"})") {
  return {.seq = seq,
          .at = "2026-09-01T00:00:00.000Z",
          .object = "deals",
          .id = std::to_string(9'007'199'254'740'993 + seq),
          .op = "update",
          .before = R"({"a":null})",
          .after = std::move(after)};
}

rapidjson::Document Parsed(const Batch& batch) {
  rapidjson::Document document;
  document.Parse(batch.body);
  REQUIRE_FALSE(document.HasParseError());
  return document;
}

TEST_CASE("batch: entries as they stand, ids as texts, what is not there as null") {
  const Batch batch = MakeBatch(kSender, {}, {Entry(100), Entry(101)}, 100);

  CHECK(batch.Id(kSender) == "acme-won-100-101");
  CHECK(batch.done_to == 101);
  const auto json = Parsed(batch);
  CHECK(std::string(json["portal"].GetString()) == "acme");
  CHECK(std::string(json["webhook"].GetString()) == "won");
  CHECK(json["epoch"].GetInt64() == 3);
  const auto& entry = json["entries"][0];
  CHECK(entry["seq"].GetInt64() == 100);
  CHECK(std::string(entry["id"].GetString()) == "9007199254741093");
  CHECK(std::string(entry["after"]["a"].GetString()) == "1");
  CHECK(entry["before"]["a"].IsNull());
  CHECK(entry["to_id"].IsNull());
  CHECK(std::string(entry["url"].GetString()) == "https://app.hubspot.com/deals/9007199254741093");
}

TEST_CASE("batch: it ends at its most, before the next one that is wanted") {
  std::vector<WebhookEntry> entries = {Entry(1), Entry(2), Entry(3), Entry(4), Entry(5)};
  entries[0].object = entries[2].object = entries[4].object = "tickets";
  const std::vector<WebhookRule> deals = {{.object = "deals"}};

  const Batch one = MakeBatch(kSender, {.rules = deals}, entries, 1);
  CHECK(one.entries == 1);
  CHECK(one.first == 2);
  CHECK(one.last == 2);
  CHECK(one.done_to == 3);

  const Batch both = MakeBatch(kSender, {.rules = deals}, entries, 100);
  CHECK(both.Id(kSender) == "acme-won-2-4");
  CHECK(both.done_to == 5);
}

TEST_CASE("batch: where nobody wants any it says how far") {
  const Batch none =
      MakeBatch(kSender, {.rules = {{.object = "contacts"}}}, {Entry(1), Entry(2)}, 100);
  CHECK(none.entries == 0);
  CHECK(none.done_to == 2);
  CHECK(MakeBatch(kSender, {}, {}, 100).done_to == 0);
}

TEST_CASE("batch: it stays within its bytes") {
  std::vector<WebhookEntry> entries;
  for (int i = 1; i <= 100; ++i) {
    entries.push_back(Entry(i, R"({"a":")" + std::string(8'000, 'x') + R"("})"));
  }
  const Batch batch = MakeBatch(kSender, {}, entries, 100);
  CHECK(batch.body.size() <= kMostBatchBytes);
  CHECK(batch.entries > 25);
  CHECK(batch.entries < 40);
  CHECK(batch.done_to == batch.last);
  CHECK(Parsed(batch)["entries"].Size() == batch.entries);
}

TEST_CASE("batch: an entry that alone is too large has its longest values cut") {
  std::string after = R"({"small":"kept")";
  for (int i = 0; i < 300; ++i) {
    after += R"(,"p)" + std::to_string(i) + R"(":")" + std::string(4'000, 'y') + '"';
  }
  const Batch batch = MakeBatch(kSender, {}, {Entry(1, after + "}"), Entry(2)}, 100);
  CHECK(batch.body.size() <= kMostBatchBytes);
  const auto json = Parsed(batch);
  const auto& values = json["entries"][0]["after"];
  CHECK(std::string(values["small"].GetString()) == "kept");
  CHECK(values["p0"]["cut"].GetBool());
  CHECK(values["p0"]["bytes"].GetInt() == 4'000);
  CHECK(values["p0"]["sha256"].GetStringLength() == 64);
}

TEST_CASE("batch: a ping has no entry") {
  const auto json = Parsed(MakePing(kSender));
  CHECK(std::string(json["type"].GetString()) == "ping");
  CHECK(json["entries"].Empty());
}

}  // namespace
}  // namespace hubmirror
