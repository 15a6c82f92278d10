#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "jobs/write/create_plan.h"
#include "jobs/write/write_job.h"
#include "support/memory_outbox.h"
#include "support/stream_fixture.h"

namespace hubmirror::testing {

/// A loaded stream of companies, of which rows in memory are to make new ones. `key` is the
/// property by which HubSpot and the row know each other, `code` one that others write, too.
struct CreateFixture : StreamFixture {
  MemoryOutbox outbox;
  FakeRecordTarget target{hubspot};
  LinkPartners partners;
  LinkTurns turns;
  std::shared_ptr<WriteJob> write;
  WriteJob::Terms terms{
      .update = {"name", "score"}, .key_property = "key", .create = true, .archive = true};

  CreateFixture() {
    sink.on_outbox = [this](const std::vector<OutboxChange>& ended) {
      outbox.Change(context->object(), ended);
    };
    target.unique = "key";
    for (const char* const name : {"key", "code"}) {
      hubspot.definitions.push_back(Defined(name, "string"));
      hubspot.definitions.back().has_unique_value = true;
    }
    hubspot.Put(1, {{"name", "old"}});
    Load();
    clock.Advance(std::chrono::seconds(1));
    Rise();
  }

  /// Forgets everything but the databases: what a kill does.
  void Rise() {
    write = std::make_shared<WriteJob>(context, WriteJob::Shared{target, outbox, partners, turns},
                                       terms);
    write->Load(sink.Load(context->object()));
  }
  void Ask(int64_t row, const std::string& name, std::optional<std::string> code = {}) {
    OutboxRow asked{.id = {row},
                    .op = WriteOp::kCreate,
                    .values = {{.property = "name", .value = name}},
                    .guard = "row/" + std::to_string(row)};
    if (code) asked.values.push_back({.property = "code", .value = *code});
    outbox.Put(std::move(asked));
  }
  void Work(int rounds = 1) {
    for (int i = 0; i < rounds; ++i) {
      Run(*write);
      if (rounds > 1) Pass(std::chrono::seconds(2));
    }
  }
  /// The records that have a name.
  int64_t Named(const std::string& name) const {
    return std::ranges::count_if(hubspot.records, [&](const auto& record) {
      const auto value = record.second.values.find("name");
      return value != record.second.values.end() && value->second == name;
    });
  }
  void Unguarded() {
    terms.key_property.clear();
    terms.unguarded = true;
    target.unique.clear();
    Rise();
  }
  void ByCode() {
    terms.key_property.clear();
    target.unique = "code";
    Rise();
  }
};

}  // namespace hubmirror::testing
