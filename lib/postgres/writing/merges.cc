#include "postgres/writing/merges.h"

#include "postgres/schema/live_view.h"
#include "postgres/session/sql_text.h"

namespace hubmirror {

Merges::Outcome Merges::Mark(const SurvivorOf& survivor_of, Losers which) const {
  Outcome outcome;
  if (survivor_of.empty()) return outcome;
  ArrayText losers;
  ArrayText survivors;
  for (const auto& [loser, survivor] : survivor_of) {
    losers.Add(loser.value);
    survivors.Add(survivor.value);
  }
  const Params pairs = {losers.Take(), survivors.Take()};
  // Whom an unchanged survivor names may be live all the same: its list is wrong about that one.
  const bool all = which == Losers::kAll;
  const std::string theirs =
      all ? "" : " AND t.archived AND t.merged_into IS NULL AND t.erased_at IS NULL";
  const std::string passed_on = all ? ""
                                    : " AND NOT EXISTS (SELECT FROM " + table_ +
                                          " l WHERE l.id = p.loser AND " + IsLive("l") + ")";
  // A survivor that was merged itself passes its losers on. Once for the losers, once for those
  // that had been merged into them.
  for (const std::string& concerned :
       {"t.id = p.loser" + theirs, "t.merged_into = p.loser" + passed_on}) {
    const Rows rows =
        transaction_.Run("UPDATE " + table_ +
                             " t SET merged_into = p.survivor, erased_at = NULL,"
                             " purged_at = NULL, _synced_at = now() FROM"
                             " (SELECT q.loser, coalesce(w.merged_into, q.survivor) AS survivor"
                             "  FROM unnest($1::bigint[], $2::bigint[]) q(loser, survivor)"
                             "  LEFT JOIN " +
                             table_ + " w ON w.id = q.survivor) p, " + table_ +
                             " old"
                             " WHERE " +
                             concerned +
                             " AND t.id <> p.survivor AND old.id = t.id"
                             " AND t.merged_into IS DISTINCT FROM p.survivor"
                             " RETURNING old.merged_into IS NULL, " +
                             IsLive("old") + ", t.id, t.merged_into, " + pipeline_,
                         pairs);
    for (size_t i = 0; i < rows.size(); ++i) {
      outcome.marked.push_back({.loser = RecordId{rows.Int(i, 2)},
                                .survivor = RecordId{rows.Int(i, 3)},
                                .pipeline = {}});
      if (!rows.IsNull(i, 4)) outcome.marked.back().pipeline = rows.Text(i, 4);
      outcome.rows += rows.Bool(i, 0);
      outcome.was_live += rows.Bool(i, 1);
    }
  }
  return outcome;
}

}  // namespace hubmirror
