#include "postgres/writing/link_rows.h"

#include "postgres/schema/live_view.h"
#include "postgres/session/sql_text.h"

namespace hubmirror {
namespace {

std::vector<RecordId> IdsOf(const Rows& rows) {
  std::vector<RecordId> ids;
  for (size_t i = 0; i < rows.size(); ++i) ids.push_back(RecordId{rows.Int(i, 0)});
  return ids;
}

/// How a pair stands in the tables.
struct StoredPair {
  explicit StoredPair(const LinkPair& read) : pair(PairOf(read.from, read.to)) {
    if (pair.from != read.from) std::swap(near, far);
  }
  LinkPair pair;
  const char* near = "from_id";  ///< the end it was read from
  const char* far = "to_id";
};

/// `$1` to `$7` of the statements below.
Params LinkParams(const LinkCommit& commit) {
  const LinkPair stored = PairOf(commit.pair.from, commit.pair.to);
  const bool turned = stored.from != commit.pair.from;
  ArrayText from;
  ArrayText to;
  ArrayText category;
  ArrayText type_id;
  ArrayText label;
  for (const Link& link : commit.links) {
    from.Add(turned ? link.to.value : link.from.value);
    to.Add(turned ? link.from.value : link.to.value);
    category.Add(link.type.category);
    type_id.Add(link.type.type_id);
    label.AddParam(TextParam(link.type.label));
  }
  return {stored.from.name, stored.to.name, from.Take(), to.Take(),
          category.Take(),  type_id.Take(), label.Take()};
}

// An answer may name a link twice, as two pages of it may.
constexpr const char* kLinks =
    "(SELECT DISTINCT ON (from_id, to_id, category, type_id) * FROM unnest($3::bigint[],"
    " $4::bigint[], $5::text[], $6::bigint[], $7::text[]) u(from_id, to_id, category, type_id,"
    " label)) l";

}  // namespace

bool LinkRows::Exists(Transaction& transaction, const std::string& relation) const {
  return !transaction.Run("SELECT to_regclass($1)::text", {schema_.Table(relation)}).IsNull(0, 0);
}

std::vector<RecordId> LinkRows::LiveIds(Transaction& transaction, const std::string& object,
                                        std::optional<RecordId> above, size_t limit) const {
  return IdsOf(transaction.Run("SELECT t.id FROM " + schema_.Table(object) + " t WHERE " +
                                   IsLive("t") + " AND ($1::bigint IS NULL OR t.id > $1::bigint)" +
                                   " ORDER BY t.id LIMIT " + std::to_string(limit),
                               {above ? Param(std::to_string(above->value)) : Param()}));
}

std::vector<DueRecord> LinkRows::Due(Transaction& transaction, const std::string& object,
                                     size_t limit) const {
  const Rows rows = transaction.Run(
      "SELECT id, to_char(since AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US') FROM " +
          schema_.Table("_due") + " WHERE object = $1 AND job = 'links' ORDER BY since, id LIMIT " +
          std::to_string(limit),
      {object});
  std::vector<DueRecord> records;
  for (size_t i = 0; i < rows.size(); ++i) {
    records.push_back({RecordId{rows.Int(i, 0)}, std::string(rows.Text(i, 1))});
  }
  return records;
}

void LinkRows::DropDue(Transaction& transaction, const std::string& object,
                       const std::vector<DueRecord>& records) const {
  ArrayText ids;
  ArrayText since;
  for (const DueRecord& record : records) {
    ids.Add(record.id.value);
    since.Add(record.since);
  }
  transaction.Run("DELETE FROM " + schema_.Table("_due") +
                      " d USING unnest($2::bigint[], $3::timestamp[]) r(id, since)"
                      " WHERE d.object = $1 AND d.job = 'links' AND d.id = r.id"
                      " AND d.since = r.since AT TIME ZONE 'UTC'",
                  {object, ids.Take(), since.Take()});
}

std::vector<RecordId> LinkRows::LinkedFrom(Transaction& transaction, const LinkPair& pair,
                                           const std::vector<RecordId>& to) const {
  const StoredPair stored(pair);
  return IdsOf(transaction.Run("SELECT DISTINCT " + std::string(stored.near) + " FROM " +
                                   schema_.Table("associations") +
                                   " WHERE from_type = $1 AND to_type = $2 AND " + stored.far +
                                   " = ANY ($3::bigint[]) AND removed_at IS NULL",
                               {stored.pair.from.name, stored.pair.to.name, IdArray(to)}));
}

std::vector<RecordId> LinkRows::Linked(Transaction& transaction, const LinkPair& pair,
                                       const std::vector<RecordId>& from) const {
  const StoredPair stored(pair);
  return IdsOf(transaction.Run("SELECT DISTINCT " + std::string(stored.near) + " FROM " +
                                   schema_.Table("associations") +
                                   " WHERE from_type = $1 AND to_type = $2 AND " + stored.near +
                                   " = ANY ($3::bigint[]) AND removed_at IS NULL",
                               {stored.pair.from.name, stored.pair.to.name, IdArray(from)}));
}

void LinkRows::Write(Transaction& transaction, const LinkCommit& commit, ChangeWriter* feed) const {
  // Links that were there before anybody looked are no changes.
  if (feed != nullptr && commit.loads && !feed->plan().everything) feed = nullptr;
  if (!commit.links.empty()) AddLinks(transaction, commit, feed);
  if (!commit.read.empty()) MarkRemoved(transaction, commit, feed);
}

void LinkRows::AddLinks(Transaction& transaction, const LinkCommit& commit,
                        ChangeWriter* feed) const {
  Params params = LinkParams(commit);
  params.push_back(TimeParam(commit.at));
  const std::string table = schema_.Table("associations");
  // Equal links are left out before the insert: an upsert that changes nothing still locks and
  // logs every row.
  const std::string changed =
      " FROM " + std::string(kLinks) + " LEFT JOIN " + table +
      " o ON o.from_type = $1 AND o.from_id = l.from_id AND o.to_type = $2"
      " AND o.to_id = l.to_id AND o.category = l.category AND o.type_id = l.type_id"
      " WHERE o.from_id IS NULL OR o.label IS DISTINCT FROM l.label"
      " OR o.removed_at <= $8::timestamptz";
  const std::string insert =
      "INSERT INTO " + table +
      " AS a (from_type, from_id, to_type, to_id, category, type_id, label, first_seen_at)"
      " SELECT $1, l.from_id, $2, l.to_id, l.category, l.type_id, l.label, $8::timestamptz";
  const std::string otherwise =
      " ON CONFLICT (from_type, from_id, to_type, to_id, category, type_id)"
      " DO UPDATE SET label = excluded.label, removed_at = NULL";
  if (feed == nullptr) {
    transaction.Run(insert + changed + otherwise, params);
    return;
  }
  // RETURNING shows what a link has become, not what it was.
  const Rows rows = transaction.Run(
      "WITH l AS MATERIALIZED (SELECT l.*, o.from_id IS NOT NULL AND o.removed_at IS NULL AS stood,"
      " o.label AS was" +
          changed + "), written AS (" + insert + " FROM l" + otherwise +
          ") SELECT $1, l.from_id, $2, l.to_id, CASE WHEN l.stood THEN " +
          ChangeWriter::LinkText("w") + " END, " + ChangeWriter::LinkText("l") +
          " FROM l, LATERAL (SELECT l.category, l.type_id, l.was AS label) w",
      params);
  feed->AddLinks(rows, commit.loads ? ChangeCause::kLoad : ChangeCause::kLinks);
}

void LinkRows::MarkRemoved(Transaction& transaction, const LinkCommit& commit,
                           ChangeWriter* feed) const {
  const StoredPair stored(commit.pair);
  Params params = LinkParams(commit);
  params.push_back(TimeParam(commit.at));
  params.push_back(IdArray(commit.read));
  std::string sql = "UPDATE " + schema_.Table("associations") +
                    " a SET removed_at = $8::timestamptz WHERE a.from_type = $1 AND a.to_type = $2"
                    " AND a." +
                    stored.near +
                    " = ANY ($9::bigint[])"
                    " AND a.removed_at IS NULL AND a.first_seen_at < $8::timestamptz"
                    " AND NOT EXISTS (SELECT FROM " +
                    kLinks +
                    " WHERE l.from_id = a.from_id AND l.to_id = a.to_id AND l.category = a.category"
                    " AND l.type_id = a.type_id)";
  // HubSpot shows no link of an archived record, and shows them again after a restore. An end that
  // is not in its table, such as one that was dropped and is loaded again, protects none.
  for (const auto& [end, id] :
       {std::pair(&stored.pair.from, "a.from_id"), std::pair(&stored.pair.to, "a.to_id")}) {
    if (!Exists(transaction, end->name)) continue;
    sql += " AND NOT EXISTS (SELECT FROM " + schema_.Table(end->name) + " r WHERE r.id = " + id +
           " AND NOT (" + IsLive("r") + "))";
  }
  if (feed != nullptr) {
    sql += " RETURNING a.from_type, a.from_id, a.to_type, a.to_id, " + ChangeWriter::LinkText("a") +
           ", NULL";
  }
  const Rows rows = transaction.Run(sql, params);
  if (feed != nullptr) {
    feed->AddLinks(rows, commit.loads ? ChangeCause::kLoad : ChangeCause::kLinks);
  }
}

void LinkRows::SaveTypes(Transaction& transaction, const LinkPair& pair,
                         const std::vector<LinkType>& types) const {
  ArrayText category;
  ArrayText type_id;
  ArrayText label;
  for (const LinkType& type : types) {
    category.Add(type.category);
    type_id.Add(type.type_id);
    label.AddParam(TextParam(type.label));
  }
  const LinkPair stored = PairOf(pair.from, pair.to);
  const Params params = {stored.from.name, stored.to.name, category.Take(), type_id.Take(),
                         label.Take()};
  const std::string table = schema_.Table("association_labels");
  const std::string given =
      "(SELECT DISTINCT ON (category, type_id) * FROM unnest($3::text[], $4::bigint[], $5::text[])"
      " u(category, type_id, label)) l";
  transaction.Run("DELETE FROM " + table +
                      " a WHERE a.from_type = $1 AND a.to_type = $2 AND NOT EXISTS (SELECT FROM " +
                      given +
                      " WHERE l.category = a.category AND l.type_id = a.type_id AND l.label IS NOT"
                      " DISTINCT FROM a.label)",
                  params);
  transaction.Run("INSERT INTO " + table +
                      " (from_type, to_type, category, type_id, label)"
                      " SELECT $1, $2, l.category, l.type_id, l.label FROM " +
                      given + " ON CONFLICT DO NOTHING",
                  params);
}

bool LinkRows::MakeViews(Transaction& transaction, const LinkPair& read) const {
  const LinkPair pair = PairOf(read.from, read.to);
  for (const ObjectType* end : {&pair.from, &pair.to}) {
    if (!Exists(transaction, end->name)) return false;
  }
  MakeView(transaction, pair, true);
  if (pair.from != pair.to) MakeView(transaction, pair, false);
  return true;
}

void LinkRows::MakeView(Transaction& transaction, const LinkPair& pair, bool ahead) const {
  const ObjectType& one = ahead ? pair.from : pair.to;
  const ObjectType& other = ahead ? pair.to : pair.from;
  const std::string name = one.singular + "_" + other.name;
  const std::string words = "Live " + one.name + " and the live " + other.name;
  const std::string comment =
      words + " they are linked with: a link with a label has an unlabelled row too";
  const std::string standing = CommentOn(transaction, name);
  // One of an older version is replaced; something that is not ours stays.
  if (standing == comment || (Exists(transaction, name) && !standing.starts_with(words))) return;
  const bool same = pair.from == pair.to;
  const std::string first = QuoteName(one.singular + "_id");
  const std::string second = QuoteName((same ? "other_" : "") + other.singular + "_id");
  const std::string from = "a.from_id AS " + (ahead ? first : second);
  const std::string to = "a.to_id AS " + (ahead ? second : first);
  const std::string view = schema_.Table(name);
  std::string sql =
      "SET LOCAL lock_timeout = 200; CREATE OR REPLACE VIEW " + view + " AS SELECT " +
      (ahead ? from + ", " + to : to + ", " + from) +
      ", a.label, a.category, a.type_id, a.first_seen_at FROM " + schema_.Table("associations") +
      " a JOIN " + schema_.Table(pair.from.name) + " f ON f.id = a.from_id AND " + IsLive("f") +
      " JOIN " + schema_.Table(pair.to.name) + " t ON t.id = a.to_id AND " + IsLive("t") +
      " WHERE a.from_type = " + QuoteLiteral(pair.from.name) +
      " AND a.to_type = " + QuoteLiteral(pair.to.name) + " AND a.removed_at IS NULL; COMMENT ON" +
      " VIEW " + view + " IS " + QuoteLiteral(comment);
  const auto explain = [&](const std::string& column, const std::string& text) {
    sql += "; COMMENT ON COLUMN " + view + "." + column + " IS " + QuoteLiteral(text);
  };
  explain(first, "id of " + one.name);
  explain(second, "id of " + other.name);
  explain("label", "What people call the link; NULL: the link as such");
  explain("category", "HUBSPOT_DEFINED, USER_DEFINED or INTEGRATOR_DEFINED");
  explain("type_id", "HubSpot's id of the label, see association_labels");
  explain("first_seen_at", "When the link was first seen here");
  transaction.Run(sql);
  schema_.GrantReaders(transaction);
}

std::string LinkRows::CommentOn(Transaction& transaction, const std::string& view) const {
  const Rows rows = transaction.Run(
      "SELECT coalesce(obj_description(to_regclass($1), 'pg_class'), '')", {schema_.Table(view)});
  return std::string(rows.Text(0, 0));
}

}  // namespace hubmirror
