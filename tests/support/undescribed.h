#pragma once

namespace hubmirror::testing {

/// SQL: the names of all tables, views, columns and functions in schemas of ours that have no
/// comment, one text; NULL where there is none such.
inline constexpr const char* kUndescribed = R"sql(
SELECT string_agg(name, ', ' ORDER BY name) FROM (
  SELECT n.nspname || '.' || c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND obj_description(c.oid, 'pg_class') IS NULL
    AND (n.nspname = 'hubmirror' OR to_regclass(quote_ident(n.nspname) || '._portal') IS NOT NULL)
  UNION ALL
  SELECT n.nspname || '.' || c.relname || '.' || a.attname FROM pg_attribute a
  JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND a.attnum > 0 AND NOT a.attisdropped
    AND col_description(c.oid, a.attnum) IS NULL
    AND (n.nspname = 'hubmirror' OR to_regclass(quote_ident(n.nspname) || '._portal') IS NOT NULL)
  UNION ALL
  SELECT n.nspname || '.' || p.proname FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
  WHERE obj_description(p.oid, 'pg_proc') IS NULL
    AND (n.nspname = 'hubmirror' OR to_regclass(quote_ident(n.nspname) || '._portal') IS NOT NULL)
) undescribed(name))sql";

}  // namespace hubmirror::testing
