#include "postgres/mirror_fixture.h"

#include <atomic>

#include "base/digest.h"
#include "base/time_text.h"

namespace hubmirror::testing {
namespace {

using namespace std::chrono_literals;

std::string NewDatabase() {
  static std::atomic<int> count = 0;
  const std::string name = "test" + std::to_string(++count);
  SharedServer().CreateDatabase(name);
  return name;
}

std::string Escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '\\':
        out += "\\\\";
        break;
      case '\t':
        out += "\\t";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string JsonOf(const std::map<std::string, std::string>& members) {
  if (members.empty()) return "\\N";
  std::string json = "{";
  for (const auto& [name, value] : members) {
    if (json.size() > 1) json += ",";
    json += "\"" + name + "\":\"" + value + "\"";
  }
  return Escaped(json + "}");
}

std::string TimeField(std::optional<TimePoint> time) {
  return time ? FormatRfc3339(*time) : "\\N";
}

std::string LineOf(const RowShape& shape, const Told& told, int64_t hash) {
  std::map<std::string, std::string> overflow;
  for (const std::string& name : shape.overflow) {
    if (const auto found = told.values.find(name); found != told.values.end()) {
      overflow.insert(*found);
    }
  }
  std::string line = std::to_string(told.id) + "\t" + TimeField(Second(1'500'000'000)) + "\t" +
                     TimeField(told.modified) + "\t" + (told.archived ? "t" : "f") + "\t" +
                     (told.archived ? TimeField(Second(1'650'000'000)) : "\\N") + "\t" +
                     (shape.whole ? std::to_string(hash) : "\\N") + "\t" + JsonOf(told.rejected) +
                     "\t" + JsonOf(overflow);
  for (const size_t index : shape.columns) {
    const std::string& name = shape.table->columns[index].property();
    line += "\t";
    const auto found = told.values.find(name);
    if (name == shape.table->object.modified_property) {
      line += TimeField(told.modified);
    } else {
      line += found == told.values.end() ? "\\N" : Escaped(found->second);
    }
  }
  return line + "\n";
}

int64_t HashOf(const Told& told) {
  std::string content = TimeField(told.modified) + (told.archived ? "a" : "l");
  for (const auto& [name, value] : told.values) content += "\n" + name + "=" + value;
  for (const auto& [name, value] : told.rejected) content += "\n" + name + "?" + value;
  for (const int64_t id : told.merged_ids) content += "\nm" + std::to_string(id);
  return static_cast<int64_t>(Hash64(content));
}

}  // namespace

TempPostgres& SharedServer() {
  static TempPostgres server;
  return server;
}

TimePoint Second(int64_t second) {
  return TimePoint(std::chrono::seconds(second));
}

MirrorColumn Property(const std::string& name, ColumnType type, Storage storage) {
  MirrorColumn column;
  column.definition.Edit().name = name;
  column.definition.Edit().label = "Label of " + name;
  column.definition.Edit().type = "string";
  column.column_name = name;
  column.type = type;
  column.storage = storage;
  return column;
}

MirrorFixture::MirrorFixture()
    : database_(NewDatabase()), dsn_(SharedServer().Dsn("postgres", database_)) {
  PortalPlan plan;
  plan.key = "acme";
  plan.portal_id = PortalId{4711};
  plan.schema = "acme";
  Open(std::move(plan), dsn_);
}

void MirrorFixture::Open(PortalPlan plan, const std::string& dsn) {
  sink_.reset();
  ConnectionPool::Options options;
  options.target.dsn = dsn;
  options.size = 3;
  options.lock_timeout = 2s;
  pool_ = std::make_shared<ConnectionPool>(options, clock_, observer_);
  plan_ = std::move(plan);
  sink_ = SinkFor(plan_);
}

std::unique_ptr<PortalSink> MirrorFixture::SinkFor(PortalPlan plan, const std::string& instance) {
  return std::make_unique<PortalSink>(
      pool_, PortalSink::Options{.plan = std::move(plan), .instance = instance}, clock_, observer_);
}

std::unique_ptr<PortalSink> MirrorFixture::AnotherSink(const std::string& instance) {
  return SinkFor(plan_, instance);
}

std::string MirrorFixture::List(const std::string& columns,
                                const std::string& from_where_order) const {
  return Value("SELECT string_agg(line, ';') FROM (SELECT concat_ws('|', " + columns +
               ") AS line " + from_where_order + ") listed");
}

MirrorTablePtr MirrorFixture::MakeContacts(const std::vector<MirrorColumn>& properties) {
  sink_->Claim();
  MirrorTable wanted;
  wanted.object = *FindObjectType("contacts");
  wanted.columns.push_back(Property("lastmodifieddate", ColumnType::kTimestamp));
  wanted.columns.insert(wanted.columns.end(), properties.begin(), properties.end());
  // First the table, then what goes with it.
  sink_->ApplyLayout(wanted);
  contacts_ = sink_->ApplyLayout(wanted);
  return contacts_;
}

RowBatch MirrorFixture::BatchOf(const MirrorTablePtr& table, const std::vector<std::string>& asked,
                                bool whole, const std::vector<Told>& records, Instant sent_at) {
  auto shape = std::make_shared<RowShape>();
  shape->table = table;
  shape->whole = whole;
  shape->asked = asked;
  for (size_t i = 0; i < table->columns.size(); ++i) {
    const MirrorColumn& column = table->columns[i];
    if (std::find(asked.begin(), asked.end(), column.property()) == asked.end()) continue;
    if (column.storage == Storage::kColumn) {
      shape->columns.push_back(i);
    } else {
      shape->overflow.push_back(column.property());
    }
  }
  RowBatch batch;
  batch.shape = shape;
  for (const Told& told : records) {
    Row row;
    row.id = RecordId{told.id};
    row.hash = HashOf(told);
    row.modified = told.modified;
    row.archived = told.archived;
    row.sent_at = sent_at;
    for (const int64_t id : told.merged_ids) row.merged_ids.push_back(RecordId{id});
    row.offset = batch.copy_text.size();
    batch.copy_text += LineOf(*shape, told, row.hash);
    row.length = batch.copy_text.size() - row.offset;
    batch.rows.push_back(std::move(row));
  }
  return batch;
}

RowBatch MirrorFixture::Batch(const std::vector<Told>& records, Instant sent_at) {
  std::vector<std::string> asked;
  for (const MirrorColumn& column : contacts_->columns) {
    if (!column.definition->archived) asked.push_back(column.property());
  }
  return BatchOf(contacts_, asked, true, records, sent_at);
}

RowBatch MirrorFixture::PartialBatch(const std::vector<std::string>& asked,
                                     const std::vector<Told>& records) {
  return BatchOf(contacts_, asked, false, records, clock_.Now());
}

CommitOutcome MirrorFixture::Write(RowBatch batch) {
  Commit commit = NewCommit();
  commit.rows.push_back(std::move(batch));
  CommitOutcome outcome = sink_->Write(commit);
  // A request that leaves after this one is a later one.
  clock_.Advance(1s);
  return outcome;
}

CommitOutcome MirrorFixture::Write(const std::vector<Told>& records) {
  return Write(Batch(records));
}

}  // namespace hubmirror::testing
