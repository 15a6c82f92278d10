#include "support/http_json.h"

#include <httplib.h>

#include <stdexcept>

namespace hubmirror::testing {
namespace {

httplib::Client ClientFor(const std::string& base_url) {
  httplib::Client client(base_url);
  client.set_connection_timeout(5);
  client.set_read_timeout(30);
  return client;
}

HttpAnswer AnswerOf(const httplib::Result& result) {
  if (!result) return {};
  return {.status = result->status, .body = result->body};
}

}  // namespace

HttpAnswer HttpGet(const std::string& base_url, const std::string& path) {
  return AnswerOf(ClientFor(base_url).Get(path));
}

HttpAnswer HttpPost(const std::string& base_url, const std::string& path, const std::string& json) {
  return AnswerOf(ClientFor(base_url).Post(path, json, "application/json"));
}

compare::Json JsonOf(const HttpAnswer& answer, const std::string& asked) {
  if (answer.status != 200) {
    throw std::runtime_error(asked + " answered " + std::to_string(answer.status) + ": " +
                             answer.body);
  }
  return compare::Json::Parse(answer.body);
}

}  // namespace hubmirror::testing
