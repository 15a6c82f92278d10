#include "postgres/outbox/outbox_loops.h"

#include <algorithm>

#include "base/count_text.h"
#include "postgres/session/sql_text.h"

namespace hubmirror {

void StopLoops(Transaction& transaction, const PortalSchema& schema, const std::string& object,
               TimePoint sent_at, std::vector<OutboxClaim>& claims) {
  ArrayText ids;
  for (const OutboxClaim& claim : claims) {
    if (claim.attempts == 0) ids.Add(claim.id.value);
  }
  if (std::ranges::none_of(claims, [](const OutboxClaim& one) { return one.attempts == 0; }))
    return;
  const int64_t most = schema.plan().write.brakes.per_record;
  const std::string outbox = schema.Table("outbox");
  // The one that was sent so many rows ago tells how often the record was written since.
  const Rows rows = transaction.Run(
      "WITH busy AS MATERIALIZED (SELECT a.id FROM " + outbox +
          " a WHERE a.id = ANY ($2::bigint[]) AND a.op IN ('update', 'upsert') AND a.record_id > 0"
          " AND (SELECT s.sent_at FROM " +
          outbox +
          " s WHERE s.object = $1 AND s.record_id = a.record_id AND s.op IN ('update', 'upsert')"
          " AND s.state IN ('done', 'written', 'sending', 'unknown') AND s.sent_at IS NOT NULL"
          " ORDER BY s.turn DESC OFFSET $4::bigint - 1 LIMIT 1) > greatest($3::timestamptz"
          " - interval '1 hour', (SELECT r.sent_at FROM " +
          schema.Table("_write_released") +
          " r WHERE r.object = $1 AND r.record_id = a.record_id))),"
          " taken AS MATERIALIZED (SELECT o.id FROM busy JOIN " +
          outbox +
          " o ON o.id = busy.id WHERE o.state = 'queued' FOR NO KEY UPDATE OF o SKIP LOCKED),"
          " stopped AS (UPDATE " +
          outbox +
          " SET reason = 'loop', message = $5 WHERE id IN (SELECT id FROM taken))"
          " SELECT id FROM busy",
      {object, ids.Take(), TimeParam(sent_at), std::to_string(most),
       "the record was written " + CountWords(most) +
           " times within an hour (write.brakes.per_record): see what inserts these rows, then "
           "`hubmirror write release`"});
  for (size_t i = 0; i < rows.size(); ++i) {
    std::erase_if(claims,
                  [&](const OutboxClaim& claim) { return claim.id.value == rows.Int(i, 0); });
  }
}

int64_t ReleaseLoops(Connection& connection, const std::string& schema,
                     const std::optional<std::string>& object, std::optional<RecordId> record) {
  const std::string outbox = QuoteName(schema, "outbox");
  return connection
      .Run("WITH loops AS MATERIALIZED (SELECT o.id, o.object, o.record_id FROM " + outbox +
               " o WHERE o.state = 'queued' AND o.reason = 'loop'"
               " AND ($1::text IS NULL OR o.object = $1)"
               " AND ($2::bigint IS NULL OR o.record_id = $2) FOR NO KEY UPDATE),"
               " noted AS (INSERT INTO " +
               QuoteName(schema, "_write_released") +
               " AS r (object, record_id, sent_at) SELECT l.object, l.record_id, max(s.sent_at)"
               " FROM (SELECT DISTINCT object, record_id FROM loops) l JOIN " +
               outbox +
               " s ON s.object = l.object AND s.record_id = l.record_id"
               " WHERE s.sent_at IS NOT NULL GROUP BY 1, 2 ON CONFLICT (object, record_id)"
               " DO UPDATE SET sent_at = excluded.sent_at, at = excluded.at),"
               " freed AS (UPDATE " +
               outbox +
               " o SET reason = NULL, message = NULL FROM loops WHERE o.id = loops.id"
               " RETURNING o.id) SELECT count(*) FROM freed",
           {object, record ? Param(std::to_string(record->value)) : Param()})
      .Int(0, 0);
}

}  // namespace hubmirror
