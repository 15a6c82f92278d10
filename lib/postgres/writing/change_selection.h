#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "model/portal/portal_plan.h"
#include "model/store/mirror_table.h"

namespace hubmirror {

/// Which properties of one table the change feed may speak of (rules F3, F5, F10), and the SQL that
/// shows their values as it prints them: text, or a digest of what is too long. Immutable.
class ChangeSelection {
 public:
  /// `quarantine`: quoted with its schema; empty: nothing is in it.
  ChangeSelection(const FeedPlan& feed, const MirrorTable& table, std::string quarantine);

  /// Left out are: what the operator excludes, the modified property, hs_object_id, and properties
  /// whose first values are still being read, unless the feed is to say everything.
  bool Has(const std::string& property) const { return !left_out_.contains(property); }
  /// The property that names a record's pipeline; empty: records have none, or it is left out.
  const std::string& pipeline() const { return pipeline_; }

  /// The pipeline of a stored row; `alias` names the table, `overflow` the row's `_overflow`.
  std::string PipelineOf(const std::string& alias, const std::string& overflow) const;
  /// What a stored row is: `live`, `archived`, `merged`, `purged` or `erased`.
  static std::string StateOf(const std::string& alias);
  /// The key of a jsonb is one of Has().
  std::string HasKey(const std::string& key) const;
  /// Where the mirror has no value of the property `name`, HubSpot had none either. Not so of a
  /// property that is still being filled, nor of a record that was not live, whose values are
  /// filled late or never, nor of one that could not be stored. `was`: what the row was, see
  /// StateOf.
  std::string KnowsNone(const std::string& name, const std::string& id,
                        const std::string& was) const;
  /// A text as jsonb, or its length and digest.
  std::string Shown(const std::string& text) const;

  /// Rows of (id, created_at, state, pipeline, all values as jsonb) of the records `$1`. `table`
  /// quoted with its schema.
  std::string Standing(const std::string& table) const;

 private:
  const MirrorTable& table_;
  const std::string value_max_;
  const std::string quarantine_;
  std::set<std::string> left_out_;
  std::vector<std::string> filling_;  ///< those that are not left out
  std::string pipeline_;
};

}  // namespace hubmirror
