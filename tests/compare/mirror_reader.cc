#include "compare/mirror_reader.h"

#include <algorithm>
#include <pqxx/pqxx>
#include <stdexcept>
#include <utility>

namespace hubmirror::compare {
namespace {

constexpr int kRowsAPage = 1000;

std::optional<std::string> CellOf(const pqxx::field& field) {
  if (field.is_null()) return std::nullopt;
  return std::string(field.c_str(), field.size());
}

std::string TextOf(const pqxx::field& field) {
  return CellOf(field).value_or("");
}

bool IsLiveView(const std::string& name, const std::string& object) {
  const std::string base = object + "_live";
  if (!name.starts_with(base)) return false;
  const std::string_view rest = std::string_view(name).substr(base.size());
  return rest.empty() || (rest.size() > 1 && rest[0] == '_' &&
                          rest.find_first_not_of("0123456789", 1) == rest.npos);
}

size_t IdColumnOf(const Relation& relation) {
  const auto at = relation.Find("id");
  if (!at) throw std::runtime_error(relation.name + " has no column id");
  return *at;
}

}  // namespace

class MirrorReader::Connection {
 public:
  explicit Connection(const std::string& dsn) : connection_(dsn) {
    // One way to show a value, whatever the server is set to.
    Query("SET TimeZone = 'UTC'");
    Query("SET DateStyle = 'ISO, YMD'");
  }

  pqxx::result Query(const std::string& sql) {
    pqxx::nontransaction work(connection_);
    return work.exec(sql);
  }

  std::string Name(const std::string& name) { return connection_.quote_name(name); }
  std::string Literal(const std::string& text) { return connection_.quote(text); }

 private:
  pqxx::connection connection_;
};

MirrorReader::MirrorReader(const std::string& dsn, std::string schema)
    : connection_(std::make_unique<Connection>(dsn)), schema_(std::move(schema)) {}

MirrorReader::~MirrorReader() = default;

ObjectLayout MirrorReader::Layout(const std::string& object) {
  ObjectLayout layout;
  layout.object = object;
  layout.table = {.name = object, .columns = Columns(object)};
  const pqxx::result views = connection_->Query(
      "SELECT viewname FROM pg_views WHERE schemaname = " + connection_->Literal(schema_) +
      " ORDER BY length(viewname), viewname");
  for (const auto& row : views) {
    const std::string name = TextOf(row[0]);
    if (IsLiveView(name, object)) layout.views.push_back({.name = name, .columns = Columns(name)});
  }
  if (!layout.table.columns.empty()) layout.properties = Properties(object);
  return layout;
}

std::vector<Column> MirrorReader::Columns(const std::string& relation) {
  const pqxx::result found = connection_->Query(
      "SELECT a.attname, format_type(a.atttypid, a.atttypmod) FROM pg_attribute a"
      " JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace"
      " WHERE n.nspname = " +
      connection_->Literal(schema_) + " AND c.relname = " + connection_->Literal(relation) +
      " AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum");
  std::vector<Column> columns;
  for (const auto& row : found) columns.push_back({TextOf(row[0]), TextOf(row[1])});
  return columns;
}

std::vector<MirrorProperty> MirrorReader::Properties(const std::string& object) {
  const pqxx::result found = connection_->Query(
      "SELECT name, column_name, storage, type, label, group_name, description, archived, state,"
      " blocked_by, excluded, hashed_with, concat_ws('|', display_order,"
      " coalesce(currency_property_name, ''), show_currency_symbol, coalesce(number_display_hint,"
      " ''), coalesce(text_display_hint, ''), coalesce(date_display_hint, '')) FROM " +
      connection_->Name(schema_) + ".properties WHERE object = " + connection_->Literal(object) +
      " ORDER BY name");
  std::vector<MirrorProperty> properties;
  for (const auto& row : found) {
    properties.push_back({.name = TextOf(row[0]),
                          .column_name = TextOf(row[1]),
                          .storage = TextOf(row[2]),
                          .type = TextOf(row[3]),
                          .label = TextOf(row[4]),
                          .group = TextOf(row[5]),
                          .description = TextOf(row[6]),
                          .archived = TextOf(row[7]) == "t",
                          .state = TextOf(row[8]),
                          .blocked_by = TextOf(row[9]),
                          .excluded = TextOf(row[10]) == "t",
                          .hashed_with = TextOf(row[11]),
                          .shown = TextOf(row[12])});
  }
  return properties;
}

std::vector<LinkLine> MirrorReader::Links(const std::string& from, const std::string& to) {
  const std::string schema = connection_->Name(schema_) + ".";
  const auto live = [](const std::string& row) {
    return "NOT " + row + ".archived AND coalesce(" + row + ".merged_into::text, " + row +
           ".erased_at::text, " + row + ".purged_at::text) IS NULL";
  };
  const pqxx::result found = connection_->Query(
      "SELECT a.from_id, a.to_id, a.category, a.type_id, coalesce(a.label, '') FROM " + schema +
      "associations a JOIN " + schema + connection_->Name(from) + " f ON f.id = a.from_id AND " +
      live("f") + " JOIN " + schema + connection_->Name(to) + " t ON t.id = a.to_id AND " +
      live("t") + " WHERE a.removed_at IS NULL AND a.from_type = " + connection_->Literal(from) +
      " AND a.to_type = " + connection_->Literal(to));
  std::vector<LinkLine> lines;
  for (const auto& row : found) {
    lines.push_back({row[0].as<RecordId>(), row[1].as<RecordId>(), TextOf(row[2]), TextOf(row[3]),
                     TextOf(row[4])});
  }
  return lines;
}

std::vector<std::vector<std::optional<std::string>>> MirrorReader::Cells(
    const std::string& table, const std::vector<std::string>& columns) {
  std::string names;
  for (const std::string& column : columns) {
    names += (names.empty() ? "" : ", ") + connection_->Name(column);
  }
  const pqxx::result found = connection_->Query(
      "SELECT " + names + " FROM " + connection_->Name(schema_) + "." + connection_->Name(table));
  std::vector<std::vector<std::optional<std::string>>> rows;
  for (const auto& row : found) {
    std::vector<std::optional<std::string>>& cells = rows.emplace_back();
    for (const auto& field : row) {
      cells.push_back(field.is_null() ? std::nullopt : std::optional(TextOf(field)));
    }
  }
  return rows;
}

HistoryRows MirrorReader::Histories(const std::string& object,
                                    const std::vector<std::string>& properties) {
  std::string names;
  for (const std::string& property : properties) {
    names += (names.empty() ? "" : ", ") + connection_->Literal(property);
  }
  const pqxx::result found = connection_->Query(
      "SELECT id, property, changed_at, value, source_type, source_id, updated_by FROM " +
      connection_->Name(schema_) + "." + connection_->Name(object + "_history") +
      " WHERE property IN (" + names + ")");
  HistoryRows rows;
  for (const auto& row : found) {
    const auto since = ParsePostgresInstant(TextOf(row[2]));
    if (!since) throw std::runtime_error("no instant: " + TextOf(row[2]));
    rows[row[0].as<RecordId>()].emplace_back(TextOf(row[1]), *since, TextOf(row[3]), TextOf(row[4]),
                                             TextOf(row[5]), TextOf(row[6]));
  }
  return rows;
}

void MirrorReader::ReportLeftovers(const std::string& object, const DifferenceSink& sink) {
  for (const std::string table : {"_pending", "_quarantine"}) {
    const pqxx::result found = connection_->Query(
        "SELECT id, to_jsonb(t)::text FROM " + connection_->Name(schema_) + "." + table +
        " t WHERE object = " + connection_->Literal(object) + " ORDER BY id");
    for (const auto& row : found) {
      sink({.object = object,
            .id = row[0].as<RecordId>(),
            .column = table,
            .expected = "none",
            .found = TextOf(row[1])});
    }
  }
}

MirrorReader::Rows::Rows(MirrorReader& reader, Relation relation)
    : reader_(reader), relation_(std::move(relation)), id_column_(IdColumnOf(relation_)) {}

std::optional<MirrorRow> MirrorReader::Rows::Next() {
  if (page_.empty() && more_) ReadPage();
  if (page_.empty()) return std::nullopt;
  MirrorRow row = std::move(page_.front());
  page_.pop_front();
  return row;
}

void MirrorReader::Rows::ReadPage() {
  Connection& connection = *reader_.connection_;
  std::string sql = "SELECT ";
  for (const Column& column : relation_.columns) {
    if (!sql.ends_with("SELECT ")) sql += ", ";
    sql += connection.Name(column.name);
  }
  sql += " FROM " + connection.Name(reader_.schema_) + "." + connection.Name(relation_.name);
  if (last_) sql += " WHERE id > " + std::to_string(*last_);
  sql += " ORDER BY id LIMIT " + std::to_string(kRowsAPage);
  const pqxx::result found = connection.Query(sql);
  for (const auto& line : found) {
    MirrorRow row{.id = line[static_cast<int>(id_column_)].as<RecordId>(), .cells = {}};
    row.cells.reserve(relation_.columns.size());
    for (const auto& field : line) row.cells.push_back(CellOf(field));
    page_.push_back(std::move(row));
  }
  more_ = page_.size() == kRowsAPage;
  if (!page_.empty()) last_ = page_.back().id;
}

}  // namespace hubmirror::compare
