// The side of PortalSink that keeps owners, pipelines, lists and the like; rows and streams are in
// portal_sink.cc.

#include "postgres/portal_writing.h"
#include "postgres/writing/reference_writer.h"

namespace hubmirror {

void PortalSink::WriteReference(const std::vector<ReferenceCommit>& commits,
                                const std::string& stream, JobKind job,
                                const std::optional<JobProgress>& progress,
                                const std::string& budget) {
  const ReferenceWriter writer(schema_);
  Writing writing(*this);
  for (const ReferenceCommit& commit : commits) writer.Write(*writing, commit);
  if (progress) store_.SaveProgress(*writing, stream, {{job, *progress}});
  if (!budget.empty()) store_.SaveBudget(*writing, budget);
  writing->Commit();
}

std::map<std::string, std::string> PortalSink::LoadTypeTables() {
  Transaction transaction(*pool_);
  const Rows rows = transaction.Run("SELECT type_id, object FROM " + schema_.Table("object_types"));
  std::map<std::string, std::string> tables;
  for (size_t i = 0; i < rows.size(); ++i) tables.emplace(rows.Text(i, 0), rows.Text(i, 1));
  transaction.Commit();
  return tables;
}

JobProgress PortalSink::LoadReferenceProgress(const std::string& stream, JobKind job) {
  Transaction transaction(*pool_);
  const auto all = store_.LoadProgress(transaction, stream);
  transaction.Commit();
  const auto found = all.find(job);
  return found == all.end() ? JobProgress{} : found->second;
}

}  // namespace hubmirror
