#include "postgres/schema/layout_steps.h"

#include <array>

#include "model/store/database_error.h"
#include "postgres/schema/layout_step_analyst.h"
#include "postgres/schema/layout_step_labels.h"
#include "postgres/schema/layout_step_reference.h"
#include "postgres/schema/layout_step_schema_changes.h"
#include "postgres/schema/layout_step_selection.h"
#include "postgres/schema/layout_step_shown.h"
#include "postgres/session/sql_text.h"

namespace hubmirror {
namespace {

constexpr std::string_view kLinkTables = R"sql(
CREATE TABLE @schema@.associations (
  from_type text NOT NULL,
  from_id bigint NOT NULL,
  to_type text NOT NULL,
  to_id bigint NOT NULL,
  category text NOT NULL,
  type_id bigint NOT NULL,
  label text,
  first_seen_at timestamptz NOT NULL,
  removed_at timestamptz,
  PRIMARY KEY (from_type, from_id, to_type, to_id, category, type_id));
CREATE INDEX associations_to ON @schema@.associations (to_type, to_id, from_type);
COMMENT ON TABLE @schema@.associations IS
  'Which records are linked, read from the type with the lower objectTypeId; removed_at: the link is gone';

CREATE TABLE @schema@.association_labels (
  from_type text NOT NULL,
  to_type text NOT NULL,
  category text NOT NULL,
  type_id bigint NOT NULL,
  label text,
  PRIMARY KEY (from_type, to_type, category, type_id));
COMMENT ON TABLE @schema@.association_labels IS 'What links between two types there can be';

CREATE TABLE @schema@._due (
  object text NOT NULL,
  job text NOT NULL,
  id bigint NOT NULL,
  since timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (object, job, id));
COMMENT ON TABLE @schema@._due IS 'Records that a job is to look at soon, because they were written';
)sql";

// The comments of schema/descriptions.h are written after any step.
constexpr std::string_view kCommentsAnew = "SELECT";

constexpr std::array kPortalSteps = {LayoutStep{1, R"sql(
CREATE TABLE @schema@._portal (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  portal_id bigint NOT NULL,
  layout_version integer NOT NULL,
  budget jsonb);
COMMENT ON TABLE @schema@._portal IS 'Whose schema this is, and the requests it made today';

CREATE TABLE @schema@._owner (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  instance text NOT NULL,
  renewed_at timestamptz NOT NULL);
COMMENT ON TABLE @schema@._owner IS 'The daemon that writes here; another may take over after 60 s of silence';

CREATE TABLE @schema@._stream_state (
  object text NOT NULL,
  job text NOT NULL,
  state text,
  reason text,
  cursor jsonb,
  verified_until timestamptz,
  last_complete_at timestamptz,
  last_error text,
  last_error_at timestamptz,
  rows_done bigint NOT NULL DEFAULT 0,
  rows_expected bigint NOT NULL DEFAULT 0,
  PRIMARY KEY (object, job));
COMMENT ON TABLE @schema@._stream_state IS
  'How far each job of each object has come; the job ''stream'' is the object as a whole: its state, and its live rows as rows_done';

CREATE TABLE @schema@._pending (
  object text NOT NULL,
  id bigint NOT NULL,
  cause text NOT NULL,
  nominated timestamptz,
  absent_since timestamptz,
  attempts integer NOT NULL DEFAULT 0,
  not_before timestamptz,
  added_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (object, id));
COMMENT ON TABLE @schema@._pending IS 'Records to be looked at by themselves before the mirror is sure of them';

CREATE TABLE @schema@._quarantine (
  object text NOT NULL,
  id bigint NOT NULL,
  sqlstate text NOT NULL,
  reason text NOT NULL,
  record jsonb NOT NULL,
  added_at timestamptz NOT NULL DEFAULT now(),
  attempts integer NOT NULL DEFAULT 1,
  PRIMARY KEY (object, id));
COMMENT ON TABLE @schema@._quarantine IS 'Records the database refused, whole, with its reason';

CREATE TABLE @schema@._seen (
  object text NOT NULL,
  id bigint NOT NULL,
  noted_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (object, id));
COMMENT ON TABLE @schema@._seen IS 'Ids met by a walk whose order cannot be trusted';

CREATE TABLE @schema@.account (
  portal_id bigint PRIMARY KEY,
  account_type text,
  time_zone text,
  utc_offset_ms bigint,
  company_currency text,
  additional_currencies text[],
  ui_domain text,
  data_hosting_location text,
  _synced_at timestamptz NOT NULL DEFAULT now());
COMMENT ON TABLE @schema@.account IS 'The HubSpot account';

CREATE TABLE @schema@.properties (
  object text NOT NULL,
  name text NOT NULL,
  position integer NOT NULL,
  column_name text NOT NULL,
  storage text NOT NULL,
  column_type text NOT NULL,
  state text NOT NULL,
  blocked_by text,
  type text,
  field_type text,
  label text,
  group_name text,
  description text,
  data_sensitivity text,
  referenced_object_type text,
  calculated boolean NOT NULL,
  hubspot_defined boolean NOT NULL,
  external_options boolean NOT NULL,
  has_unique_value boolean NOT NULL,
  hidden boolean NOT NULL,
  archived boolean NOT NULL,
  PRIMARY KEY (object, name));
COMMENT ON TABLE @schema@.properties IS 'Every property and where its values are: a column of the table, or its _overflow';

CREATE TABLE @schema@.property_options (
  object text NOT NULL,
  property text NOT NULL,
  position integer NOT NULL,
  value text NOT NULL,
  label text,
  description text,
  display_order bigint NOT NULL,
  hidden boolean NOT NULL,
  PRIMARY KEY (object, property, position));
COMMENT ON TABLE @schema@.property_options IS 'The values an enumeration may have';

CREATE TABLE @schema@.property_groups (
  object text NOT NULL,
  name text NOT NULL,
  label text,
  display_order bigint NOT NULL,
  archived boolean NOT NULL,
  PRIMARY KEY (object, name));
COMMENT ON TABLE @schema@.property_groups IS 'The groups HubSpot shows properties in';
)sql"},
                                     LayoutStep{2, kLinkTables},
                                     LayoutStep{3, kSelectionStep},
                                     LayoutStep{4, kReferenceStep},
                                     LayoutStep{5, kObjectTypesStep},
                                     LayoutStep{6, kSchemaChangesStep},
                                     LayoutStep{7, kLabelsStep},
                                     LayoutStep{8, kCurrenciesStep},
                                     LayoutStep{9, kCommentsAnew},
                                     LayoutStep{10, kShownStep}};

// The view is made again with every column of today.
constexpr std::string_view kStatusAnew = "DROP VIEW IF EXISTS @schema@.status";

// Views of this schema are made again after any step. A view keeps the functions and operators that
// were found when it was made, and until then others could plant some in the search path.
constexpr std::string_view kViewsAnew = "SELECT";

constexpr std::array kCommonSteps = {LayoutStep{1, R"sql(
CREATE TABLE @schema@.layout (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  version integer NOT NULL);
COMMENT ON TABLE @schema@.layout IS 'The version of this schema''s own tables';
CREATE TABLE @schema@.portals (
  schema_name text PRIMARY KEY,
  portal text NOT NULL,
  portal_id bigint NOT NULL,
  joined_at timestamptz NOT NULL DEFAULT now());
COMMENT ON TABLE @schema@.portals IS 'The portals mirrored in this database';
)sql"},
                                     LayoutStep{2, kStatusAnew},
                                     LayoutStep{3, R"sql(
ALTER TABLE @schema@.portals ADD COLUMN unions text[] NOT NULL DEFAULT '{}';
COMMENT ON COLUMN @schema@.portals.unions IS
  'Objects whose view in this schema shows the portal beside others';
)sql"},
                                     LayoutStep{4, kViewsAnew},
                                     LayoutStep{5, kCommentsAnew},
                                     LayoutStep{6, kViewsAnew}};

std::string WithSchema(std::string_view sql, const std::string& schema) {
  constexpr std::string_view kMark = "@schema@";
  const std::string name = QuoteName(schema);
  std::string text;
  for (size_t at = 0; at < sql.size();) {
    const size_t mark = sql.find(kMark, at);
    text += sql.substr(at, mark - at);
    if (mark == std::string_view::npos) break;
    text += name;
    at = mark + kMark.size();
  }
  return text;
}

}  // namespace

std::span<const LayoutStep> PortalSteps() {
  return kPortalSteps;
}
std::span<const LayoutStep> CommonSteps() {
  return kCommonSteps;
}

int RunSteps(Transaction& transaction, const std::string& schema, int stored,
             std::span<const LayoutStep> steps) {
  const int newest = steps.back().version;
  if (stored > newest) {
    throw DatabaseError(DatabaseError::Kind::kForeign, "",
                        "schema " + QuoteName(schema) +
                            " was written by a newer hubmirror (layout " + std::to_string(stored) +
                            ", this one knows " + std::to_string(newest) +
                            "); install that version here too");
  }
  for (const LayoutStep& step : steps) {
    if (step.version > stored) transaction.Run(WithSchema(step.sql, schema));
  }
  return newest;
}

}  // namespace hubmirror
