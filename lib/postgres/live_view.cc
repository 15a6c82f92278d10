#include "postgres/live_view.h"

#include <array>

#include "postgres/sql_text.h"

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
    // Leaving it out would make the view anew, which views of others forbid.
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
    std::string value = Plain(column);
    const bool text = column.type == ColumnType::kText && !column.excluded;
    if (!text || !column.hashed_with.empty()) return value;
    const PropertyDefinition& definition = column.definition;
    if (definition.referenced_object_type == "OWNER" || definition.name == "hubspot_owner_id") {
      return "coalesce(" + OwnerOf(value) + ", " + value + ")";
    }
    if (definition.type != "enumeration") return value;
    if (definition.field_type == "checkbox") return LabelsOf(definition, value);
    return "coalesce(" + StageOf(definition, value) + LabelOf(definition, value) + ", " + value +
           ")";
  }

 private:
  std::string Table(const char* name) const { return QuoteName(schema_, name); }

  std::string OwnerOf(const std::string& value) const {
    return "(SELECT coalesce(nullif(concat_ws(' ', nullif(o.first_name, ''), nullif(o.last_name,"
           " '')), ''), o.email) FROM " +
           Table("owners") + " o WHERE o.id = CASE WHEN " + value + " ~ '^[0-9]{1,18}$' THEN (" +
           value + ")::bigint END)";
  }

  /// With a comma after it; empty for a property that names neither a stage nor a pipeline.
  std::string StageOf(const PropertyDefinition& definition, const std::string& value) const {
    for (const Staged& staged : kStaged) {
      if (definition.name == staged.pipeline) {
        return "(SELECT p.label FROM " + Table("pipelines") +
               " p WHERE p.object = " + QuoteLiteral(object_) + " AND p.id = " + value + "), ";
      }
      if (definition.name != staged.stage) continue;
      for (const MirrorColumn& column : columns_) {
        if (column.property() != staged.pipeline || column.excluded) continue;
        return "(SELECT s.label FROM " + Table("pipeline_stages") +
               " s WHERE s.object = " + QuoteLiteral(object_) +
               " AND s.pipeline_id = " + Plain(column) + " AND s.id = " + value + "), ";
      }
    }
    return "";
  }

  std::string LabelOf(const PropertyDefinition& definition, const std::string& value) const {
    return "(SELECT o.label FROM " + Table("property_options") +
           " o WHERE o.object = " + QuoteLiteral(object_) +
           " AND o.property = " + QuoteLiteral(definition.name) + " AND o.value = " + value +
           " LIMIT 1)";
  }

  /// Of several values, `a;b`.
  std::string LabelsOf(const PropertyDefinition& definition, const std::string& value) const {
    return "(SELECT string_agg(coalesce(" + LabelOf(definition, "u.value") +
           ", u.value), ';' ORDER BY u.place) FROM unnest(string_to_array(" + value +
           ", ';')) WITH ORDINALITY u(value, place))";
  }

  const std::string& schema_;
  const std::string& object_;
  const std::vector<MirrorColumn>& columns_;
  const std::set<std::string>& arriving_;
};

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
      view.query += " FROM " + QuoteName(schema, object) + " t WHERE " + IsLive("t");
      views.push_back(std::move(view));
    }
  }
  return views;
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
