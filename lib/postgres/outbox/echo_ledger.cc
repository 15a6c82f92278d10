#include "postgres/outbox/echo_ledger.h"

#include <algorithm>
#include <iterator>
#include <set>

#include "postgres/session/sql_text.h"

namespace hubmirror {
namespace {

constexpr const char* kUntil = "transaction_timestamp() + interval '24 hours'";

std::string ArrayOf(const std::vector<OutboxId>& ids) {
  ArrayText text;
  for (const OutboxId id : ids) text.Add(id.value);
  return text.Take();
}

/// Echoes of several rows as columns of a statement.
struct EchoLists {
  ArrayText rows, objects, ids, properties, values, names;

  void Add(OutboxId row, const std::vector<Echo>& echoes) {
    for (const Echo& echo : echoes) {
      rows.Add(row.value);
      objects.Add(echo.object);
      ids.Add(echo.id.value);
      properties.Add(echo.property);
      values.Add(echo.value);
      names.AddFlag(echo.names_record);
      empty = false;
    }
  }
  Params Take() {
    return {rows.Take(),       objects.Take(), ids.Take(),
            properties.Take(), values.Take(),  names.Take()};
  }
  bool empty = true;
};

constexpr const char* kGiven =
    "unnest($1::bigint[], $2::text[], $3::bigint[], $4::text[], $5::text[], $6::boolean[])"
    " e(outbox_id, object, id, property, value, names_record)";

}  // namespace

/// One row of the table.
struct EchoLedger::Known {
  std::string object;
  RecordId id;
  std::string property;
  int64_t hash = 0;
  OutboxId row;
  int64_t until = 0;
  bool names_record = false;
  bool unanswered = false;  ///< HubSpot has not said yet what it made of it
};

/// One thing that an entry says.
struct EchoLedger::Shown {
  std::string property;
  int64_t hash = 0;
  bool calculated = false;

  bool IsProperty() const { return !property.starts_with('.'); }
};

void EchoLedger::Claim(Transaction& transaction, const std::vector<OutboxClaim>& claims,
                       const std::vector<OutboxId>& rows) const {
  EchoLists lists;
  for (const OutboxClaim& claim : claims) {
    if (std::ranges::find(rows, claim.id) != rows.end()) lists.Add(claim.id, claim.echoes);
  }
  if (lists.empty) return;
  transaction.Run("INSERT INTO " + Table() +
                      " (object, id, property, value_hash, outbox_id, until, names_record)"
                      " SELECT h.object, h.id, h.property, h.hash, h.outbox_id, " +
                      kUntil + ", bool_or(h.names_record) FROM (SELECT e.*, " +
                      schema_.Table("_echo_hash") +
                      "(e.object, e.property, to_jsonb(e.value)) AS hash FROM " + kGiven +
                      ") h GROUP BY 1, 2, 3, 4, 5"
                      " ON CONFLICT (object, id, property, value_hash, outbox_id)"
                      " DO UPDATE SET until = excluded.until",
                  lists.Take());
}

void EchoLedger::Change(Transaction& transaction, const std::vector<OutboxChange>& changes) const {
  EchoLists lists;
  ArrayText written, records;
  std::vector<OutboxId> over;
  bool any = false;
  for (const OutboxChange& change : changes) {
    if (change.echo_over) over.push_back(change.id);
    if (change.state != OutboxState::kWritten || change.record.value == 0) continue;
    any = true;
    written.Add(change.id.value);
    records.Add(change.record.value);
    lists.Add(change.id, change.echoes);
  }
  if (!over.empty()) Forget(transaction, over);
  if (!any) return;
  Params params = lists.Take();
  params.push_back(written.Take());
  params.push_back(records.Take());
  // It was not known which record it would be, or that one has been merged.
  transaction.Run(
      "WITH moved AS (DELETE FROM " + Table() +
          " e USING unnest($7::bigint[], $8::bigint[]) w(outbox_id, record)"
          " WHERE e.outbox_id = w.outbox_id AND e.id <> w.record AND e.property <> " +
          QuoteLiteral(kEchoOfLink) +
          " RETURNING e.object, w.record, e.property, e.value_hash, e.outbox_id, e.until)"
          " INSERT INTO " +
          Table() +
          " (object, id, property, value_hash, outbox_id, until) SELECT * FROM moved UNION ALL"
          " SELECT e.object, e.id, e.property, " +
          schema_.Table("_echo_hash") + "(e.object, e.property, to_jsonb(e.value)), e.outbox_id, " +
          kUntil + " FROM " + kGiven + " ON CONFLICT DO NOTHING",
      params);
}

void EchoLedger::Forget(Transaction& transaction, const std::vector<OutboxId>& rows) const {
  if (rows.empty()) return;
  transaction.Run("DELETE FROM " + Table() + " WHERE outbox_id = ANY ($1::bigint[])",
                  {ArrayOf(rows)});
}

void EchoLedger::ForgetValues(Transaction& transaction, const std::string& object,
                              const std::vector<RecordId>& records) const {
  if (records.empty()) return;
  transaction.Run("DELETE FROM " + Table() +
                      " WHERE object = $1 AND id = ANY ($2::bigint[]) AND property <> " +
                      QuoteLiteral(kEchoOfArchive),
                  {object, IdArray(records)});
}

int64_t EchoLedger::Expire(Transaction& transaction) const {
  return transaction.Run("DELETE FROM " + Table() + " WHERE until < clock_timestamp()").affected();
}

std::map<std::optional<size_t>, std::vector<EchoLedger::Known>> EchoLedger::Look(
    Transaction& transaction, const std::vector<Seen>& seen) const {
  ArrayText places, objects, ids;
  std::set<std::string> fresh;
  for (size_t i = 0; i < seen.size(); ++i) {
    places.Add(static_cast<int64_t>(i));
    objects.Add(seen[i].object);
    ids.Add(seen[i].id.value);
    if (seen[i].fresh) fresh.insert(seen[i].object);
  }
  const std::string columns =
      ", e.object, e.id, e.property, e.value_hash, e.outbox_id,"
      " (1000000 * extract(epoch FROM e.until))::bigint, e.names_record,"
      " coalesce(o.state IN ('sending', 'unknown'), false) FROM ";
  const std::string row = " LEFT JOIN " + schema_.Table("outbox") + " o ON o.id = e.outbox_id";
  std::string sql = "SELECT c.place" + columns +
                    "unnest($1::integer[], $2::text[], $3::bigint[]) c(place, object, id) JOIN " +
                    Table() + " e ON e.object = c.object AND e.id = c.id" + row +
                    " WHERE e.until > clock_timestamp()";
  Params params = {places.Take(), objects.Take(), ids.Take()};
  if (!fresh.empty()) {
    sql += " UNION ALL SELECT NULL" + columns + Table() + " e" + row +
           " WHERE e.object = ANY ($4::text[]) AND e.id = 0 AND e.until > clock_timestamp()";
    params.push_back(NameArray({fresh.begin(), fresh.end()}));
  }
  const Rows rows = transaction.Run(sql, params);
  std::map<std::optional<size_t>, std::vector<Known>> known;
  for (size_t i = 0; i < rows.size(); ++i) {
    std::optional<size_t> place;
    if (!rows.IsNull(i, 0)) place = static_cast<size_t>(rows.Int(i, 0));
    known[place].push_back({.object = std::string(rows.Text(i, 1)),
                            .id = RecordId{rows.Int(i, 2)},
                            .property = std::string(rows.Text(i, 3)),
                            .hash = rows.Int(i, 4),
                            .row = OutboxId{rows.Int(i, 5)},
                            .until = rows.Int(i, 6),
                            .names_record = rows.Bool(i, 7),
                            .unanswered = rows.Bool(i, 8)});
  }
  return known;
}

std::map<size_t, std::vector<EchoLedger::Shown>> EchoLedger::Hash(
    Transaction& transaction, const std::vector<Seen>& seen,
    const std::vector<size_t>& places) const {
  ArrayText numbers, objects, after, archived, link;
  for (const size_t place : places) {
    numbers.Add(static_cast<int64_t>(place));
    objects.Add(seen[place].object);
    after.AddParam(seen[place].after);
    archived.AddParam(seen[place].archived);
    link.AddParam(seen[place].link);
  }
  const Rows rows = transaction.Run(
      "SELECT c.place, v.property, " + schema_.Table("_echo_hash") +
          "(c.object, v.property, v.value), coalesce(p.calculated, false) FROM"
          " unnest($1::integer[], $2::text[], $3::jsonb[], $4::text[], $5::text[])"
          " c(place, object, after, archived, link) CROSS JOIN LATERAL"
          " (SELECT key, value FROM jsonb_each(c.after) UNION ALL SELECT " +
          QuoteLiteral(kEchoOfArchive) +
          ", to_jsonb(c.archived) WHERE c.archived IS NOT NULL UNION ALL SELECT " +
          QuoteLiteral(kEchoOfLink) +
          ", to_jsonb(c.link) WHERE c.link IS NOT NULL) v(property, value) LEFT JOIN " +
          schema_.Table("properties") + " p ON p.object = c.object AND p.name = v.property",
      {numbers.Take(), objects.Take(), after.Take(), archived.Take(), link.Take()});
  std::map<size_t, std::vector<Shown>> shown;
  for (size_t i = 0; i < rows.size(); ++i) {
    shown[static_cast<size_t>(rows.Int(i, 0))].push_back({.property = std::string(rows.Text(i, 1)),
                                                          .hash = rows.Int(i, 2),
                                                          .calculated = rows.Bool(i, 3)});
  }
  return shown;
}

std::vector<EchoLedger::Origin> EchoLedger::Recognise(
    Transaction& transaction, const std::vector<Seen>& seen,
    std::map<std::string, int64_t>& counts) const {
  std::vector<Origin> origins(seen.size());
  if (seen.empty()) return origins;
  auto known = Look(transaction, seen);
  if (known.empty()) return origins;
  const std::vector<Known> being_made = std::move(known[std::nullopt]);
  known.erase(std::nullopt);
  std::vector<size_t> places;
  for (size_t i = 0; i < seen.size(); ++i) {
    if (known.contains(i) || (seen[i].fresh && !being_made.empty())) places.push_back(i);
  }
  std::vector<Known> used;
  for (const auto& [place, shown] : Hash(transaction, seen, places)) {
    std::vector<Known>& ours = known[place];
    const auto says = [&values = shown](const Known& one) {
      return std::ranges::any_of(values, [&](const Shown& value) {
        return value.property == one.property && value.hash == one.hash;
      });
    };
    for (const Known& name : being_made) {
      if (!seen[place].fresh || name.object != seen[place].object) continue;
      if (!name.names_record || !says(name)) continue;
      std::ranges::copy_if(being_made, std::back_inserter(ours),
                           [&](const Known& one) { return one.row == name.row; });
    }
    std::set<OutboxId> rows;
    bool all = true;
    for (const Shown& value : shown) {
      const Known* newest = nullptr;
      bool unanswered = false;
      for (const Known& one : ours) {
        if (one.property != value.property) continue;
        unanswered = unanswered || one.unanswered;
        if (one.hash != value.hash) continue;
        if (newest == nullptr || newest->until < one.until) newest = &one;
      }
      if (newest == nullptr) {
        // What HubSpot calculates comes with a new record, whoever makes it.
        if (!seen[place].fresh || !value.calculated) all = false;
        if (unanswered && value.IsProperty()) ++counts["near_miss"];
        continue;
      }
      ++counts["own"];
      rows.insert(newest->row);
      // A property that had another of our values before will not show that any more. Links are
      // many, each for itself.
      std::ranges::copy_if(ours, std::back_inserter(used), [&](const Known& one) {
        if (one.property != value.property) return false;
        if (one.hash == value.hash) return true;
        return value.IsProperty() && (one.row == newest->row || one.until <= newest->until);
      });
    }
    if (rows.empty()) continue;
    origins[place] = {.name = all ? "own" : "mixed", .rows = {rows.begin(), rows.end()}};
  }
  UseUp(transaction, used);
  return origins;
}

void EchoLedger::UseUp(Transaction& transaction, const std::vector<Known>& used) const {
  if (used.empty()) return;
  ArrayText objects, ids, properties, hashes, rows;
  for (const Known& one : used) {
    objects.Add(one.object);
    ids.Add(one.id.value);
    properties.Add(one.property);
    hashes.Add(one.hash);
    rows.Add(one.row.value);
  }
  transaction.Run("DELETE FROM " + Table() +
                      " e USING unnest($1::text[], $2::bigint[], $3::text[], $4::bigint[],"
                      " $5::bigint[]) u(object, id, property, value_hash, outbox_id)"
                      " WHERE e.object = u.object AND e.id = u.id AND e.property = u.property"
                      " AND e.value_hash = u.value_hash AND e.outbox_id = u.outbox_id",
                  {objects.Take(), ids.Take(), properties.Take(), hashes.Take(), rows.Take()});
}

}  // namespace hubmirror
