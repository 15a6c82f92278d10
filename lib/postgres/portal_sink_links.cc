// The side of PortalSink that keeps links; rows and streams are in portal_sink.cc.

#include "postgres/portal_writing.h"
#include "postgres/session/database_failure.h"

namespace hubmirror {

std::vector<RecordId> PortalSink::LiveIds(const ObjectType& object, std::optional<RecordId> above,
                                          size_t limit) {
  Transaction transaction(*pool_);
  auto ids = links_.LiveIds(transaction, object.name, above, limit);
  transaction.Commit();
  return ids;
}

std::vector<DueRecord> PortalSink::DueLinks(const ObjectType& object, size_t limit) {
  Transaction transaction(*pool_);
  auto due = links_.Due(transaction, object.name, limit);
  transaction.Commit();
  return due;
}

void PortalSink::DropDueLinks(const ObjectType& object, const std::vector<DueRecord>& records) {
  Writing writing(*this);
  links_.DropDue(*writing, object.name, records);
  writing->Commit();
}

std::vector<RecordId> PortalSink::LinkedFrom(const LinkPair& pair,
                                             const std::vector<RecordId>& to) {
  Transaction transaction(*pool_);
  auto ids = links_.LinkedFrom(transaction, pair, to);
  transaction.Commit();
  return ids;
}

std::vector<RecordId> PortalSink::Linked(const LinkPair& pair, const std::vector<RecordId>& from) {
  Transaction transaction(*pool_);
  auto ids = links_.Linked(transaction, pair, from);
  transaction.Commit();
  return ids;
}

void PortalSink::WriteLinks(const LinkCommit& commit) {
  Writing writing(*this);
  links_.Write(*writing, commit);
  if (commit.progress) {
    store_.SaveProgress(*writing, commit.pair.from.name, {{JobKind::kLinks, *commit.progress}});
  }
  if (!commit.budget.empty()) store_.SaveBudget(*writing, commit.budget);
  writing->Commit();
}

void PortalSink::SaveLinkTypes(const LinkPair& pair, const std::vector<LinkType>& types) {
  {
    Writing writing(*this);
    links_.SaveTypes(*writing, pair, types);
    writing->Commit();
  }
  try {
    Writing writing(*this);
    links_.MakeViews(*writing, pair);
    writing->Commit();
  } catch (const StatementError& error) {
    // Somebody holds one of the tables: made with the next reading of all links.
    if (!IsLockTimeout(error.sqlstate()) && error.sqlstate() != "40P01") throw;
  }
}

}  // namespace hubmirror
