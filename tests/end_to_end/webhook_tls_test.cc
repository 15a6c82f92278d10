#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <vector>

#include "certificates.h"
#include "receiver.h"
#include "support/await.h"
#include "support/http_proxy.h"
#include "told.h"
#include "world.h"

namespace hubmirror::testing {
namespace {

using namespace std::chrono_literals;

/// A receiver behind a door that speaks TLS, with whichever certificate it was given last.
class TlsWorld {
 public:
  explicit TlsWorld(const std::string& ca_file)
      : door_(Door("right", 0)), port_(door_->port()), world_(Portal(), Settings(ca_file)) {
    door_->ForwardTo(receiver_.url());
  }

  World& world() { return world_; }
  const Certificates& certificates() const { return certificates_; }
  void ShowCertificate(const std::string& name) {
    door_.reset();
    door_ = Door(name, port_);
    door_->ForwardTo(receiver_.url());
  }
  void Change() {
    world_.portal.StartScript(R"({"events":40,"seconds":1,"seed":)" + std::to_string(++seed_) +
                              "}");
    world_.portal.AwaitScript(30s);
  }
  /// The webhook is failing, says why and what to do, and harms nobody.
  void ExpectRefused(const std::vector<std::string>& words) {
    const size_t taken = receiver_.Log("/ok").size();
    Change();
    std::string said;
    const auto all_said = [&] {
      said = world_.daemon.Cli({"feed", "consumers", "acme"}).output;
      return std::ranges::all_of(
          words, [&](const std::string& word) { return said.find(word) != std::string::npos; });
    };
    CHECK(Happens(30s, all_said));
    INFO(said);
    CHECK(said.find("failing") != std::string::npos);
    world_.ExpectEqual();
    CHECK(receiver_.Log("/ok").size() == taken);
    CHECK(!HasTold(world_, "safe"));
  }
  void ExpectAllTold() {
    // Only then is it known which entries there are.
    world_.ExpectEqual();
    Await("all to be told", 60s, [&] { return HasTold(world_, "safe"); });
    CheckTold(receiver_.Log("/ok"), from_, EntriesToTell(world_, from_), 0);
    CHECK(world_.Sql("SELECT state || coalesce(reason, '') FROM acme._webhook") == "on");
  }
  void Load() {
    world_.Load();
    Await("the webhook", 30s,
          [&] { return world_.Sql("SELECT count(*) FROM acme._webhook") == "1"; });
    from_ = std::stoll(world_.Sql("SELECT seq FROM acme._webhook"));
  }

 private:
  static PortalOptions Portal() { return {.seed = 57, .records = 100}; }
  std::unique_ptr<HttpProxy> Door(const std::string& name, int port) const {
    return std::make_unique<HttpProxy>(
        HttpProxy::Options{.tls = certificates_.Of(name), .port = port});
  }
  DaemonSettings Settings(const std::string& ca_file) const {
    DaemonSettings settings;
    settings.ca_file = ca_file.empty() ? "" : certificates_.authority();
    settings.defaults["feed"] =
        "{enabled: true, webhooks: [" + receiver_.WebhookAt(door_->url(), "safe", "/ok") + "]}";
    return settings;
  }

  const Certificates certificates_;
  const Receiver receiver_;
  std::unique_ptr<HttpProxy> door_;
  const int port_;
  World world_;
  int seed_ = 0;
  int64_t from_ = 0;
};

TEST_CASE("webhook TLS: a certificate that is not right is one state, and nothing is lost by it") {
  TlsWorld tls("ours");
  tls.Load();
  tls.Change();
  tls.ExpectAllTold();
  const std::vector<std::pair<const char*, std::vector<std::string>>> wrong = {
      {"other_host", {"it names another host", "correct the url"}},
      {"expired", {"certificate has expired", "have it renewed"}},
      {"self_signed", {"self-signed certificate", "set api.ca_file"}},
  };
  for (const auto& [name, words] : wrong) {
    CAPTURE(name);
    tls.ShowCertificate(name);
    tls.ExpectRefused(words);
    tls.ShowCertificate("right");
    tls.ExpectAllTold();
  }
}

TEST_CASE("webhook TLS: an authority that this machine trusts is enough") {
  TlsWorld tls("");
  tls.world().daemon.SetVariable("SSL_CERT_FILE", "/nonexistent");
  tls.Load();
  tls.ExpectRefused({"is not trusted", "set api.ca_file"});
  tls.world().daemon.Terminate();
  tls.world().daemon.SetVariable("SSL_CERT_FILE", tls.certificates().authority());
  tls.world().daemon.Start();
  tls.ExpectAllTold();
}

}  // namespace
}  // namespace hubmirror::testing
