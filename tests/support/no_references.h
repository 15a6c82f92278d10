#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "model/portal/custom_type.h"
#include "model/source/reference.h"

namespace hubmirror::testing {

/// Owners, lists and the like of a portal that has none.
class NoReferences final : public ReferenceSource, public ReferenceSink {
 public:
  std::map<ReferenceKind, int> asked;
  std::vector<CustomType> types;  ///< that HubSpot shows
  JobProgress progress;           ///< as stored of each

  Result<ReferencePage, ApiError> ReadReference(const ReferenceRequest& request) override {
    ++asked[request.kind];
    ReferencePage page;
    page.batches = {{request.kind, {}}};
    if (request.kind != ReferenceKind::kObjectTypes) return page;
    for (const CustomType& type : types) {
      ReferenceRow row;
      row.values.resize(TableOf(ReferenceKind::kObjectTypes).columns.size());
      row.values[0] = type.type_id;
      row.values[1] = "";
      row.values[2] = type.name;
      row.values[3] = type.full_name;
      page.batches[0].rows.push_back(std::move(row));
    }
    return page;
  }
  void WriteReference(const std::vector<ReferenceCommit>&, const std::string&, JobKind,
                      const std::optional<JobProgress>&, const std::string&) override {}
  JobProgress LoadReferenceProgress(const std::string&, JobKind) override { return progress; }
  std::map<std::string, std::string> LoadTypeTables() override { return {}; }
};

}  // namespace hubmirror::testing
