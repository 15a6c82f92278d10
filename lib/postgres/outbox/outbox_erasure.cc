#include "postgres/outbox/outbox_erasure.h"

#include "postgres/session/sql_text.h"

namespace hubmirror {
namespace {

constexpr const char* kMostRecords = "10000";
constexpr const char* kHasValues = "(o.properties <> '{}' OR o.associations IS NOT NULL)";
constexpr const char* kEnded = "o.state IN ('done', 'rejected', 'cancelled')";
/// How `_due` names rows of the outbox: no type is called so.
constexpr const char* kDueFor = "'outbox', 'erasure'";
constexpr const char* kIsDue = "d.object = 'outbox' AND d.job = 'erasure'";

std::string IdsOf(const Rows& rows) {
  ArrayText ids;
  for (size_t i = 0; i < rows.size(); ++i) ids.Add(rows.Int(i, 0));
  return ids.Take();
}

}  // namespace

void OutboxErasure::Erase(Transaction& transaction, const std::string& object,
                          const std::vector<RecordId>& records,
                          const std::vector<PropertyText>& known_by) const {
  if (records.empty()) return;
  ArrayText properties, values;
  for (const PropertyText& known : known_by) {
    properties.Add(known.property);
    values.Add(known.value);
  }
  const std::string from = " FROM " + Table("outbox") + " o WHERE o.object = $1 AND ";
  const std::string about = from + "o.record_id = ANY ($2::bigint[])";
  const std::string made = from + "o.record_id IS NULL AND o.result_id = ANY ($2::bigint[])";
  const std::string named = " AND o.match_value IS NOT NULL";
  const std::string match = "SELECT o.match_property, lower(o.match_value)";
  const Rows rows = transaction.Run(
      "WITH known AS MATERIALIZED (SELECT n.property, lower(n.value) AS value"
      " FROM unnest($3::text[], $4::text[]) n(property, value)"
      " UNION " +
          match + about + named + " UNION " + match + made + named +
          "), theirs AS MATERIALIZED (SELECT o.id" + about + " UNION ALL SELECT o.id" + made +
          " UNION ALL SELECT o.id" + from +
          "o.record_id IS NULL AND o.result_id IS NULL AND EXISTS (SELECT FROM known k"
          "  WHERE k.property = o.match_property AND k.value = lower(o.match_value)"
          "  OR k.value = lower(" +
          Table("_outbox_text") +
          "(o.properties -> k.property))))"
          " SELECT id FROM theirs UNION SELECT o.id FROM theirs t JOIN " +
          Table("outbox") + " o ON o.object = $1 AND o.record_id = -t.id",
      {object, IdArray(records), properties.Take(), values.Take()});
  if (!rows.empty()) Blank(transaction, IdsOf(rows));
}

void OutboxErasure::Blank(Transaction& transaction, const std::string& ids) const {
  transaction.Run(
      "WITH about AS MATERIALIZED (SELECT o.id FROM " + Table("outbox") +
          " o WHERE o.id = ANY ($1::bigint[]) AND o.state NOT IN ('sending', 'written') AND " +
          kHasValues + " FOR NO KEY UPDATE SKIP LOCKED), blank AS (UPDATE " + Table("outbox") +
          " o SET key = 'erased:' || encode(sha256(convert_to(o.key, 'UTF8')), 'hex'),"
          " match_value = NULL, properties = '{}', associations = NULL,"
          " base = NULL, sent = NULL, answered = NULL, differs = NULL, message = NULL,"
          " reason = CASE WHEN " +
          kEnded +
          " THEN o.reason ELSE 'gone' END,"
          " done_at = coalesce(o.done_at, clock_timestamp()),"
          " state = CASE WHEN " +
          kEnded +
          " THEN o.state ELSE 'cancelled' END FROM about WHERE o.id = about.id RETURNING o.id),"
          " unsaid AS (UPDATE " +
          Table("outbox_log") +
          " l SET before = NULL, sent = NULL FROM blank WHERE l.outbox_id = blank.id),"
          " unheard AS (DELETE FROM " +
          Table("_echo") +
          " e USING blank WHERE e.outbox_id = blank.id),"
          " settled AS (DELETE FROM " +
          Table("_due") + " d WHERE " + kIsDue +
          " AND d.id = ANY ($1::bigint[]) AND d.id NOT IN (SELECT o.id FROM " + Table("outbox") +
          " o WHERE o.id = ANY ($1::bigint[]) AND " + kHasValues +
          " AND o.id NOT IN (SELECT id FROM about)))"
          " INSERT INTO " +
          Table("_due") + " (object, job, id) SELECT " + kDueFor + ", o.id FROM " +
          Table("outbox") + " o WHERE o.id = ANY ($1::bigint[]) AND " + kHasValues +
          " AND o.id NOT IN (SELECT id FROM about) ON CONFLICT DO NOTHING",
      {ids});
}

void OutboxErasure::EraseLate(Transaction& transaction) const {
  const Rows due = transaction.Run("SELECT d.id FROM " + Table("_due") + " d WHERE " + kIsDue +
                                   " ORDER BY d.since LIMIT " + kMostRecords);
  if (!due.empty()) Blank(transaction, IdsOf(due));
  // From one object to the next by the index, as millions of rows have a few.
  const Rows objects =
      transaction.Run("WITH RECURSIVE one(object) AS (SELECT min(object) FROM " + Table("outbox") +
                          " UNION ALL SELECT (SELECT min(o.object) FROM " + Table("outbox") +
                          " o WHERE o.object > one.object) FROM one WHERE one.object IS NOT NULL)"
                          " SELECT object FROM one WHERE to_regclass(quote_ident($1) || '.' ||"
                          " quote_ident(object)) IS NOT NULL",
                      {schema_.name()});
  for (size_t i = 0; i < objects.size(); ++i) {
    const std::string object(objects.Text(i, 0));
    const Rows erased = transaction.Run(
        "SELECT DISTINCT t.id FROM " + Table("outbox") + " o JOIN " + schema_.Table(object) +
            " t ON t.id = coalesce(o.record_id, o.result_id)"
            " WHERE o.object = $1 AND t.erased_at IS NOT NULL AND " +
            kHasValues + " AND o.state NOT IN ('sending', 'written') LIMIT " + kMostRecords,
        {object});
    std::vector<RecordId> records;
    for (size_t row = 0; row < erased.size(); ++row)
      records.push_back(RecordId{erased.Int(row, 0)});
    Erase(transaction, object, records, {});
  }
}

}  // namespace hubmirror
