#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "compare/history_check.h"
#include "compare/json.h"
#include "compare/truth.h"
#include "compare/truth_link.h"

namespace hubmirror::compare {

/// Reads what a simulated portal says of itself on its control endpoint. Every failure throws
/// std::runtime_error. Owned by one thread.
class TruthReader {
 public:
  /// `base_url` is `http://127.0.0.1:PORT`.
  TruthReader(std::string base_url, int64_t portal_id);
  ~TruthReader();

  std::vector<Definition> Definitions(const std::string& object);

  /// What live records of one type are linked with in another, seen from `from`.
  std::vector<TruthLink> Links(const std::string& from, const std::string& to);

  /// Of every record, gone ones too.
  std::vector<TruthHistory> Histories(const std::string& object,
                                      const std::vector<std::string>& properties);

  /// What the portal has beside records, one JSON object each: "owners", "lists", ...
  std::vector<Json> Reference(const std::string& kind);

  /// Starts over with one object type.
  void Begin(const std::string& object);
  /// The next record ascending by id; nothing at the end.
  std::optional<TruthRecord> Next();

 private:
  struct Answer;
  Answer Get(const std::string& path);
  void ReadPage();

  class Connection;
  const std::unique_ptr<Connection> connection_;
  const std::string portal_;
  std::string object_;
  std::string after_;
  bool more_ = false;
  std::deque<TruthRecord> page_;
};

}  // namespace hubmirror::compare
