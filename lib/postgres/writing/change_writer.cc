#include "postgres/writing/change_writer.h"

#include <algorithm>
#include <iterator>
#include <tuple>

#include "base/json_fields.h"
#include "postgres/feed/feed_partitions.h"
#include "postgres/session/database_failure.h"
#include "postgres/session/sql_text.h"
#include "postgres/writing/change_numbers.h"

namespace hubmirror {
namespace {

/// Tables whose first load has ended.
std::vector<std::string> LoadedTables(Transaction& transaction, const PortalSchema& schema) {
  const Rows rows = transaction.Run(
      "SELECT DISTINCT CASE job WHEN 'links' THEN 'associations' ELSE object END FROM " +
      schema.Table("_stream_state") +
      " WHERE job IN ('sweep', 'links') AND last_complete_at IS NOT NULL ORDER BY 1");
  std::vector<std::string> tables;
  for (size_t i = 0; i < rows.size(); ++i) tables.emplace_back(rows.Text(i, 0));
  return tables;
}

EchoLedger::Seen SeenOf(const Change& change) {
  EchoLedger::Seen seen{.object = change.object, .id = change.id};
  if (change.op == "link" || change.op == "unlink" || change.op == "relabel") {
    const bool made = change.after.has_value();
    const auto said = JsonFields::Parse(*(made ? change.after : change.before));
    LinkType type;
    if (said) {
      type.category = said->Text("category");
      type.label = said->Text("label");
      type.type_id = std::stoll("0" + said->Text("type_id"));
    }
    // Another name for a label is nothing that rows ask for.
    if (change.op != "relabel") seen.link = LinkEcho(made, change.to_object, *change.to, type);
    return seen;
  }
  seen.fresh = change.op == "create" || change.op == "seen";
  seen.after = change.after;
  const bool gone = change.op == "archive" || change.op == "purge" || change.op == "erase";
  if (gone) seen.archived = "archived";
  return seen;
}

/// The rows of `outbox` that a change comes from; none: it comes from none.
Param RowsOf(const Change& change) {
  if (change.outbox_ids.empty()) return {};
  ArrayText ids;
  for (const OutboxId id : change.outbox_ids) ids.Add(id.value);
  return ids.Take();
}

}  // namespace

ChangeFeedError::ChangeFeedError(const DatabaseError& error)
    : DatabaseError(error.kind(), error.sqlstate(),
                    std::string("the change feed cannot be written: ") + error.what()) {}

Rows ChangeWriter::Run(Transaction& transaction, const std::string& sql, const Params& params) {
  try {
    return transaction.Run(sql, params);
  } catch (const StatementError& error) {
    throw ChangeFeedError(error);
  }
}

void ChangeWriter::AddRecord(Change change) {
  const Place place(change.object, change.id);
  records_.insert_or_assign(place, std::move(change));
}

void ChangeWriter::ForgetLoser(const Change& said) {
  if (!said.to) return;
  const auto [begin, end] = losers_.equal_range({said.object, *said.to});
  const auto stands =
      std::find_if(begin, end, [&](const auto& pair) { return pair.second == said.id; });
  if (stands != end) losers_.erase(stands);
}

void ChangeWriter::AddMark(Change change) {
  const auto [found, first] = records_.try_emplace({change.object, change.id}, change);
  Change& said = found->second;
  if (!first) {
    ForgetLoser(said);
    said.op = change.op;
    said.to_object = change.to_object;
    said.to = change.to;
  }
  if (said.to) losers_.emplace(Place(said.object, *said.to), said.id);
}

void ChangeWriter::AddErased(const std::string& object, const std::vector<RecordId>& ids,
                             const std::vector<RecordId>& marked) {
  for (const RecordId id : ids) records_.erase({object, id});
  std::erase_if(links_, [&](const Change& link) {
    return std::ranges::any_of(ids, [&](RecordId id) {
      return (link.object == object && link.id == id) ||
             (link.to_object == object && link.to == id);
    });
  });
  for (const RecordId id : marked) {
    AddRecord({.op = "erase",
               .object = object,
               .id = id,
               .cause = std::string(NameOf(ChangeCause::kResolve))});
  }
}

std::string ChangeWriter::LinkText(const std::string& alias) {
  return "jsonb_build_object('category', " + alias + ".category, 'type_id', " + alias +
         ".type_id::text, 'label', " + alias + ".label)::text";
}

void ChangeWriter::AddLinks(const Rows& rows, ChangeCause cause) {
  const auto text = [&](size_t row, size_t column) {
    return rows.IsNull(row, column) ? Param() : Param(rows.Text(row, column));
  };
  for (size_t i = 0; i < rows.size(); ++i) {
    const char* op = rows.IsNull(i, 4) ? "link" : rows.IsNull(i, 5) ? "unlink" : "relabel";
    links_.push_back({.op = op,
                      .object = std::string(rows.Text(i, 0)),
                      .id = RecordId{rows.Int(i, 1)},
                      .to_object = std::string(rows.Text(i, 2)),
                      .to = RecordId{rows.Int(i, 3)},
                      .before = text(i, 4),
                      .after = text(i, 5),
                      .cause = std::string(NameOf(cause))});
  }
}

void ChangeWriter::AddLoaded(const std::string& object,
                             const std::vector<std::string>& properties) {
  Change change{.op = "loaded", .object = object, .cause = std::string(NameOf(ChangeCause::kLoad))};
  if (!properties.empty()) {
    JsonFieldWriter fields;
    fields.Put("properties", properties);
    change.after = fields.Text();
  }
  loaded_.push_back(std::move(change));
}

int64_t ChangeWriter::BeginEpoch(int64_t highest) {
  epoch_ = Change{.op = "epoch"};
  JsonFieldWriter fields;
  fields.Put("follows", count_.last);
  epoch_->after = fields.Text();
  const int64_t number = NextFeedEpoch(std::max(highest, count_.last), count_.clock);
  count_.last = number - 1;
  return number;
}

ChangeWriter::Begun ChangeWriter::BeginFeed(Transaction& transaction, const PortalSchema& schema,
                                            Claimed claimed) {
  MakeFeedPartitions(transaction.connection(), schema.name(), FeedDayNow(transaction.connection()));
  const std::string portal = schema.Table("_portal");
  const Rows stands = transaction.Run(
      "SELECT " + EpochOf("clock_timestamp()") + ", greatest((SELECT max(seq) FROM " +
      schema.Table("changes") + "), f.dropped_to), (SELECT feed_claim FROM " + portal + ") FROM " +
      schema.Table("_feed") + " f");
  ChangeWriter feed(schema, {.last = stands.Int(0, 1), .clock = *stands.Time(0, 0)});
  // What is remembered from before a restart may lack the last numbers of its epoch.
  const int64_t number =
      feed.BeginEpoch(claimed.given_out > 0 ? claimed.given_out + kFeedEpoch : 0);
  // Where the clock was set back, its day may be another one than today.
  MakeFeedPartitions(transaction.connection(), schema.name(), FeedDayOf(number));
  if (stands.IsNull(0, 2) || stands.Int(0, 2) + 1 != claimed.claim) {
    // What happened while there was no feed nobody can tell.
    for (const std::string& table : LoadedTables(transaction, schema)) feed.AddLoaded(table);
  }
  transaction.Run("UPDATE " + portal + " SET feed_claim = $1", {std::to_string(claimed.claim)});
  return {.stood = stands.Int(0, 1), .written = feed.Write(transaction)};
}

void ChangeWriter::BeginDay(Transaction& transaction) {
  const FeedDay today = FeedDayAt(count_.clock);
  if (epoch_ || today <= FeedDayOf(count_.last)) return;
  // The clock is a floor only: a day begins when it has a partition.
  const Rows there =
      Run(transaction, "SELECT to_regclass($1) IS NOT NULL", {schema_.Table(FeedPartition(today))});
  if (there.Bool(0, 0)) BeginEpoch(count_.last);
}

void ChangeWriter::Forget(Transaction& transaction, const std::string& object,
                          const std::vector<RecordId>& ids) const {
  Run(transaction,
      "UPDATE " + schema_.Table("changes") +
          " SET before = NULL, after = NULL WHERE object = $1 AND id = ANY ($2::bigint[])"
          " AND (before IS NOT NULL OR after IS NOT NULL)",
      {object, IdArray(ids)});
}

void ChangeWriter::TakeWithMerged(const Place& place, std::vector<Change>& ordered) {
  auto found = records_.extract(place);
  std::vector<RecordId> losers;
  for (auto [at, end] = losers_.equal_range(place); at != end; ++at) losers.push_back(at->second);
  // Chains of merges may meet: nothing comes twice.
  losers_.erase(place);
  for (const RecordId loser : losers) TakeWithMerged({place.first, loser}, ordered);
  if (!found.empty()) ordered.push_back(std::move(found.mapped()));
}

std::vector<Change> ChangeWriter::InOrder() {
  std::vector<Change> ordered;
  if (epoch_) ordered.push_back(*std::exchange(epoch_, std::nullopt));
  while (!records_.empty()) TakeWithMerged(records_.begin()->first, ordered);
  std::ranges::stable_sort(links_, {}, [](const Change& link) {
    return std::tie(link.object, link.id, link.to_object, link.to);
  });
  for (std::vector<Change>* rest : {&links_, &loaded_}) {
    std::ranges::move(*rest, std::back_inserter(ordered));
    rest->clear();
  }
  losers_.clear();
  return ordered;
}

void ChangeWriter::FindOrigins(Transaction& transaction, std::vector<Change>& changes,
                               FeedWritten& written) {
  std::vector<EchoLedger::Seen> seen;
  std::vector<Change*> of_records;
  for (Change& change : changes) {
    if (change.id == RecordId{}) continue;
    change.origin = "hubspot";
    of_records.push_back(&change);
    seen.push_back(SeenOf(change));
  }
  if (!writes_back_ || seen.empty()) return;
  try {
    const auto origins = EchoLedger(schema_).Recognise(transaction, seen, written.echoes);
    for (size_t i = 0; i < origins.size(); ++i) {
      of_records[i]->origin = origins[i].name;
      of_records[i]->outbox_ids = origins[i].rows;
    }
  } catch (const StatementError& error) {
    throw ChangeFeedError(error);
  }
}

FeedWritten ChangeWriter::Write(Transaction& transaction) {
  FeedWritten written{.last = count_.last, .by_op = {}};
  if (records_.empty() && links_.empty() && loaded_.empty() && !epoch_) return written;
  BeginDay(transaction);
  std::vector<Change> changes = InOrder();
  FindOrigins(transaction, changes, written);
  ArrayText op, object, id, to_object, to, pipeline, changed_at, before, after, cause, origin, rows;
  for (const Change& change : changes) {
    const bool of_record = change.id != RecordId{};
    ++written.by_op[change.op];
    op.Add(change.op);
    object.AddParam(TextParam(change.object));
    id.AddParam(of_record ? Param(std::to_string(change.id.value)) : Param());
    to_object.AddParam(TextParam(change.to_object));
    to.AddParam(change.to ? Param(std::to_string(change.to->value)) : Param());
    pipeline.AddParam(change.pipeline);
    changed_at.AddParam(TimeParam(change.changed_at));
    before.AddParam(change.before);
    after.AddParam(change.after);
    cause.AddParam(TextParam(change.cause));
    origin.AddParam(TextParam(change.origin));
    rows.AddParam(RowsOf(change));
  }
  // Nobody else counts while we hold the lock; the look into the table is for what nobody thought
  // of.
  const std::string table = schema_.Table("changes");
  const Rows last = Run(
      transaction,
      "WITH stands AS (SELECT greatest($11::bigint, max(seq)) AS seq FROM " + table +
          " WHERE seq >= $11::bigint), written AS (INSERT INTO " + table +
          " (seq, tx, op, object, id, to_object, to_id, pipeline, changed_at, before, after, cause,"
          " origin, outbox_ids) SELECT stands.seq + c.place, stands.seq + 1, c.op, c.object, c.id, "
          "c.to_object,"
          " c.to_id, c.pipeline, c.changed_at, c.before, c.after, c.cause,"
          " c.origin, c.rows::bigint[] FROM stands, unnest($1::text[],"
          " $2::text[], $3::bigint[], $4::text[], $5::bigint[], $6::text[], $7::timestamptz[],"
          " $8::jsonb[], $9::jsonb[], $10::text[], $12::text[], $13::text[]) WITH ORDINALITY c(op,"
          " object, id, to_object, to_id, pipeline, changed_at, before, after, cause, origin, rows,"
          " place) RETURNING seq) SELECT max(seq) FROM written",
      {op.Take(), object.Take(), id.Take(), to_object.Take(), to.Take(), pipeline.Take(),
       changed_at.Take(), before.Take(), after.Take(), cause.Take(), std::to_string(count_.last),
       origin.Take(), rows.Take()});
  count_.last = last.Int(0, 0);
  written.last = count_.last;
  return written;
}

}  // namespace hubmirror
