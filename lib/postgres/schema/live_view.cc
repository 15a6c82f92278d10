#include "postgres/schema/live_view.h"

#include <array>

#include "model/store/row_sink.h"
#include "postgres/session/sql_text.h"

namespace hubmirror {
namespace {

/// Which property names the pipeline that another one's stages belong to.
struct Staged {
  std::string_view stage;
  std::string_view pipeline;
};
constexpr std::array kStaged = {Staged{"dealstage", "pipeline"},
                                Staged{"hs_pipeline_stage", "hs_pipeline"}};

/// Writes the value of one property of a row `t` as SQL, without its name.
class ValueText {
 public:
  ValueText(const std::string& schema, const std::string& object,
            const std::vector<MirrorColumn>& columns, const std::set<std::string>& arriving)
      : schema_(schema), object_(object), columns_(columns), arriving_(arriving) {}

  std::string Plain(const MirrorColumn& column) const {
    // To leave it out, the view would have to be dropped, which views of others prevent.
    if (column.excluded) return "NULL::" + std::string(SqlName(column.type));
    std::string value = "t." + QuoteName(column.column_name);
    if (column.storage == Storage::kColumn) return value;
    std::string spilled = "(t._overflow->>" + QuoteLiteral(column.property()) +
                          ")::" + std::string(SqlName(column.type));
    if (!arriving_.contains(column.column_name)) return spilled;
    return "coalesce(" + value + ", " + spilled + ")";
  }

  /// A label where there is one, else the plain value.
  std::string Readable(const MirrorColumn& column) const {
    std::string plain = Plain(column);
    const PropertyDefinition& definition = column.definition;
    const bool owner = NamesOwner(definition);
    if (column.excluded || !column.hashed_with.empty()) return AsText(column, plain);
    if (!owner && (column.type != ColumnType::kText || definition.type != "enumeration")) {
      return plain;
    }
    const std::string map = owner ? OwnerNames() : OptionLabels(definition);
    const std::string value = AsText(column, plain);
    if (definition.field_type == "checkbox") {
      return QuoteName(schema_, "_labels_of") + "(" + map + ", " + value + ")";
    }
    return "coalesce(" + (owner ? "" : StageLabel(definition, value)) + map + " ->> " + value +
           ", " + value + ")";
  }

 private:
  // A map from values to labels is a query that does not look at the row: the server runs it once,
  // and only where its column is asked for. One that looks is planned and run for every row; a
  // hundred of them cost enough for PostgreSQL to compile them first, which takes half a minute.

  std::string Table(const char* name) const { return QuoteName(schema_, name); }

  /// Owners are shown by name, so the column of the view is text whatever the table's is.
  static std::string AsText(const MirrorColumn& column, const std::string& value) {
    return column.type == ColumnType::kInteger ? "(" + value + ")::text" : value;
  }

  std::string OwnerNames() const {
    return "(SELECT jsonb_object_agg(o.id, coalesce(nullif(concat_ws(' ', nullif(o.first_name,"
           " ''), nullif(o.last_name, '')), ''), o.email)) FROM " +
           Table("owners") + " o)";
  }

  std::string OptionLabels(const PropertyDefinition& definition) const {
    return "(SELECT jsonb_object_agg(o.value, o.label ORDER BY o.position DESC) FROM " +
           Table("property_options") + " o WHERE o.object = " + QuoteLiteral(object_) +
           " AND o.property = " + QuoteLiteral(definition.name) + ")";
  }

  /// With a comma after it; empty for a property that names neither a stage nor a pipeline.
  std::string StageLabel(const PropertyDefinition& definition, const std::string& value) const {
    for (const Staged& staged : kStaged) {
      if (definition.name == staged.pipeline) {
        return "(SELECT jsonb_object_agg(p.id, p.label) FROM " + Table("pipelines") +
               " p WHERE p.object = " + QuoteLiteral(object_) + ") ->> " + value + ", ";
      }
      if (definition.name != staged.stage) continue;
      for (const MirrorColumn& column : columns_) {
        if (column.property() != staged.pipeline || column.excluded) continue;
        return "(SELECT jsonb_object_agg(s.pipeline_id || E'\\n' || s.id, s.label) FROM " +
               Table("pipeline_stages") + " s WHERE s.object = " + QuoteLiteral(object_) +
               ") ->> (" + Plain(column) + " || E'\\n' || " + value + "), ";
      }
    }
    return "";
  }

  const std::string& schema_;
  const std::string& object_;
  const std::vector<MirrorColumn>& columns_;
  const std::set<std::string>& arriving_;
};

std::string LiveRowsOf(const std::string& schema, const std::string& object) {
  return " FROM " + QuoteName(schema, object) + " t WHERE " + IsLive("t") +
         " AND NOT EXISTS (SELECT FROM " + QuoteName(schema, "_pending") +
         " p WHERE p.object = " + QuoteLiteral(object) + " AND p.id = t.id AND p.cause = " +
         QuoteLiteral(std::string(NameOf(PendingCause::kUnproved))) + ")";
}

}  // namespace

std::vector<LiveView> LiveViewsOf(const std::string& schema, const std::string& object,
                                  const std::vector<MirrorColumn>& columns,
                                  const std::set<std::string>& arriving) {
  const ValueText values(schema, object, columns, arriving);
  std::vector<LiveView> views;
  for (const bool readable : {false, true}) {
    size_t number = 1;
    for (size_t begin = 0; begin == 0 || begin < columns.size(); begin += kLiveViewProperties) {
      LiveView view;
      view.name = object + (readable ? "_readable" : "_live");
      if (number > 1) view.name += "_" + std::to_string(number);
      ++number;
      view.query = begin == 0 ? "SELECT t.id, t.created_at, t.updated_at" : "SELECT t.id";
      for (size_t i = begin; i < columns.size() && i < begin + kLiveViewProperties; ++i) {
        const MirrorColumn& column = columns[i];
        view.query += ", " + (readable ? values.Readable(column) : values.Plain(column)) + " AS " +
                      QuoteName(column.column_name);
        view.columns.push_back(&column);
      }
      view.query += LiveRowsOf(schema, object);
      views.push_back(std::move(view));
    }
  }
  return views;
}

std::string WriteViewQuery(const std::string& schema, const std::string& object,
                           const std::vector<MirrorColumn>& shown,
                           const std::set<std::string>& arriving) {
  const ValueText values(schema, object, shown, arriving);
  std::string query = "SELECT t.id";
  for (const MirrorColumn& column : shown) {
    query += ", " + values.Plain(column) + " AS " + QuoteName(column.column_name);
  }
  return query + LiveRowsOf(schema, object);
}

std::vector<std::string> LiveViewNames(const std::string& schema, const std::string& object,
                                       const std::vector<MirrorColumn>& columns) {
  std::vector<std::string> names;
  for (const LiveView& view : LiveViewsOf(schema, object, columns, {})) names.push_back(view.name);
  return names;
}

std::string IsLive(const std::string& alias) {
  return "NOT " + alias + ".archived AND " + alias + ".merged_into IS NULL AND " + alias +
         ".erased_at IS NULL AND " + alias + ".purged_at IS NULL";
}

}  // namespace hubmirror
