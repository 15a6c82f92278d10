#include "compare/truth_reader.h"

#include <httplib.h>

#include <stdexcept>
#include <string_view>
#include <utility>

namespace hubmirror::compare {
namespace {

constexpr int kRecordsAPage = 1000;
constexpr time_t kAnswerLimitSeconds = 60;

}  // namespace

class TruthReader::Connection {
 public:
  explicit Connection(const std::string& base_url) : client_(base_url) {
    client_.set_connection_timeout(5);
    client_.set_read_timeout(kAnswerLimitSeconds);
    client_.set_keep_alive(true);
  }

  httplib::Result Get(const std::string& path) { return client_.Get(path); }

 private:
  httplib::Client client_;
};

struct TruthReader::Answer {
  std::string body;
  std::string next_after;
};

TruthReader::TruthReader(std::string base_url, int64_t portal_id)
    : connection_(std::make_unique<Connection>(base_url)), portal_(std::to_string(portal_id)) {}

TruthReader::~TruthReader() = default;

TruthReader::Answer TruthReader::Get(const std::string& path) {
  const httplib::Result result = connection_->Get(path);
  if (!result) {
    throw std::runtime_error("no answer to " + path + ": " + httplib::to_string(result.error()));
  }
  if (result->status != 200) {
    throw std::runtime_error("answer " + std::to_string(result->status) + " to " + path + ": " +
                             result->body);
  }
  return {.body = result->body, .next_after = result->get_header_value("X-Next-After")};
}

std::vector<Definition> TruthReader::Definitions(const std::string& object) {
  return ParseDefinitions(Get("/_control/properties/" + portal_ + "/" + object).body);
}

std::vector<TruthLink> TruthReader::Links(const std::string& from, const std::string& to) {
  const Answer answer = Get("/_control/links/" + portal_ + "/" + from + "/" + to);
  std::vector<TruthLink> links;
  std::string_view lines = answer.body;
  while (!lines.empty()) {
    const size_t end = std::min(lines.find('\n'), lines.size());
    if (end > 0) links.push_back(ParseTruthLink(lines.substr(0, end)));
    lines.remove_prefix(std::min(end + 1, lines.size()));
  }
  return links;
}

std::vector<Json> TruthReader::Reference(const std::string& kind) {
  const Answer answer = Get("/_control/reference/" + portal_ + "/" + kind);
  std::vector<Json> things;
  std::string_view lines = answer.body;
  while (!lines.empty()) {
    const size_t end = std::min(lines.find('\n'), lines.size());
    if (end > 0) things.push_back(Json::Parse(lines.substr(0, end)));
    lines.remove_prefix(std::min(end + 1, lines.size()));
  }
  return things;
}

std::vector<TruthHistory> TruthReader::Histories(const std::string& object,
                                                 const std::vector<std::string>& properties) {
  std::string names;
  for (const std::string& property : properties) names += (names.empty() ? "" : ",") + property;
  const Answer answer = Get("/_control/history/" + portal_ + "/" + object + "?properties=" + names);
  std::vector<TruthHistory> histories;
  std::string_view lines = answer.body;
  while (!lines.empty()) {
    const size_t end = std::min(lines.find('\n'), lines.size());
    if (end > 0) histories.push_back(ParseHistoryLine(lines.substr(0, end)));
    lines.remove_prefix(std::min(end + 1, lines.size()));
  }
  return histories;
}

void TruthReader::Begin(const std::string& object) {
  object_ = object;
  after_.clear();
  more_ = true;
  page_.clear();
}

std::optional<TruthRecord> TruthReader::Next() {
  while (page_.empty() && more_) ReadPage();
  if (page_.empty()) return std::nullopt;
  TruthRecord record = std::move(page_.front());
  page_.pop_front();
  return record;
}

void TruthReader::ReadPage() {
  std::string path =
      "/_control/truth/" + portal_ + "/" + object_ + "?limit=" + std::to_string(kRecordsAPage);
  if (!after_.empty()) path += "&after=" + after_;
  const Answer answer = Get(path);
  std::string_view lines = answer.body;
  while (!lines.empty()) {
    const size_t end = std::min(lines.find('\n'), lines.size());
    if (end > 0) page_.push_back(ParseTruthLine(lines.substr(0, end)));
    lines.remove_prefix(std::min(end + 1, lines.size()));
  }
  after_ = answer.next_after;
  more_ = !after_.empty();
}

}  // namespace hubmirror::compare
