#pragma once

#include <optional>
#include <string>
#include <vector>

#include "model/store/link_sink.h"
#include "postgres/schema/portal_schema.h"
#include "postgres/session/transaction.h"
#include "postgres/writing/change_writer.h"

namespace hubmirror {

/// The tables `associations`, `association_labels` and `_due` of a portal, and the views over
/// links. A pair stands there in the order of PairOf, whichever side it is read from, so that it
/// looks the same to readers and moves no rows when that side changes. Thread-safe: keeps nothing;
/// every call works in the transaction it is given.
class LinkRows {
 public:
  explicit LinkRows(const PortalSchema& schema) : schema_(schema) {}

  std::vector<RecordId> LiveIds(Transaction& transaction, const std::string& object,
                                std::optional<RecordId> above, size_t limit) const;
  std::vector<DueRecord> Due(Transaction& transaction, const std::string& object,
                             size_t limit) const;
  void DropDue(Transaction& transaction, const std::string& object,
               const std::vector<DueRecord>& records) const;
  std::vector<RecordId> LinkedFrom(Transaction& transaction, const LinkPair& pair,
                                   const std::vector<RecordId>& to) const;
  std::vector<RecordId> Linked(Transaction& transaction, const LinkPair& pair,
                               const std::vector<RecordId>& from) const;

  /// Adds and changes what differs, marks what vanished. Equal links are not touched.
  /// What it did goes into `feed`; null: the portal has none.
  void Write(Transaction& transaction, const LinkCommit& commit,
             ChangeWriter* feed = nullptr) const;
  void SaveTypes(Transaction& transaction, const LinkPair& pair,
                 const std::vector<LinkType>& types) const;
  /// The views of the pair that are not there yet, both ways: `contact_companies` and
  /// `company_contacts`. False, and nothing, while one of the tables is missing.
  bool MakeViews(Transaction& transaction, const LinkPair& pair) const;

 private:
  bool Exists(Transaction& transaction, const std::string& relation) const;
  void AddLinks(Transaction& transaction, const LinkCommit& commit, ChangeWriter* feed) const;
  void MarkRemoved(Transaction& transaction, const LinkCommit& commit, ChangeWriter* feed) const;
  void MakeView(Transaction& transaction, const LinkPair& pair, bool ahead) const;
  /// Empty where there is none.
  std::string CommentOn(Transaction& transaction, const std::string& view) const;

  const PortalSchema& schema_;
};

}  // namespace hubmirror
