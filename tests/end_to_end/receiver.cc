#include "receiver.h"

#include "support/await.h"
#include "support/http_json.h"

namespace hubmirror::testing {

using namespace std::chrono_literals;

Receiver::Receiver()
    : secret_file_(directory_.Write("hook", "the secret")),
      process_({.command = {NODE, RECEIVER, "the secret", directory_.path() / "address"},
                .log = directory_.path() / "log"}) {
  Await("the receiver", 20s,
        [&] { return std::filesystem::exists(directory_.path() / "address"); });
  url_ = ReadFile(directory_.path() / "address");
}

std::string Receiver::WebhookAt(const std::string& url, const std::string& name,
                                const std::string& path, const std::string& more) const {
  return "{name: " + name + ", url: \"" + url + path +
         "\", secret: \"file:" + secret_file_.string() + "\"" + more + "}";
}

std::vector<Told> Receiver::Log(const std::string& path) const {
  std::vector<Told> log;
  const auto json = JsonOf(HttpGet(url_, "/log?path=" + path), "the log");
  for (const auto& entry : json.AsArray()) {
    Told told{.status = static_cast<int>(entry["status"].AsInteger()),
              .good = entry.Flag("good"),
              .late = entry["late"].AsInteger()};
    for (const auto& seq : entry["seqs"].AsArray()) told.seqs.push_back(seq.AsInteger());
    log.push_back(std::move(told));
  }
  return log;
}

}  // namespace hubmirror::testing
