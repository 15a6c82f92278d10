#pragma once

#include <string>
#include <vector>

#include "postgres/session/transaction.h"

namespace hubmirror {

/// The comments on indexes that are ours to drop and make again: on those that the configuration
/// asks for, and on those that every mirror has.
inline constexpr const char* kAskedIndex = "Made because the configuration names it in `indexes`";
inline constexpr const char* kBuiltInIndex = "Made by hubmirror for whoever reads the table";

/// What others built on a column of ours or on the views named, in words (`view
/// reports.funnel`, `index contacts_email_idx`); empty when nothing. Our views do not count.
std::vector<std::string> DependentsOf(Connection& connection, const std::string& schema,
                                      const std::string& table, const std::string& column,
                                      const std::vector<std::string>& our_views);

/// GRANT statements that give again the rights others have on a relation, or on one column of it.
std::vector<std::string> GrantsOf(Transaction& transaction, const std::string& schema,
                                  const std::string& relation, const std::string& column = "");

}  // namespace hubmirror
