#include "daemon/cli/setup/authorize.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <memory>
#include <optional>
#include <stdexcept>
#include <thread>

#include "base/named_thread.h"
#include "control/control_socket.h"
#include "daemon/cli/hubspot.h"
#include "daemon/cli/settings.h"
#include "daemon/cli/text/words.h"
#include "hubspot/auth/authorization.h"
#include "hubspot/auth/redirect_listener.h"
#include "hubspot/auth/refresh_token_file.h"
#include "hubspot/auth/scopes.h"

namespace hubmirror {
namespace {

constexpr size_t kMaxPasteBytes = 16384;

using Code = Result<Secret, std::string>;

/// Waits for the code from whichever side it comes: the listener, on a thread of its own, or a line
/// on the standard input.
class CodeWait {
 public:
  /// `listener` may be null: then only the standard input counts.
  CodeWait(const CliContext& context, RedirectListener* listener, std::string state)
      : context_(context), state_(std::move(state)), arrived_(::eventfd(0, EFD_CLOEXEC)) {
    if (listener == nullptr) return;
    waiter_ = StartThread("code", [this, listener](const std::stop_token& stop) {
      redirected_ = listener->Wait(stop);
      const uint64_t one = 1;
      [[maybe_unused]] const ssize_t written = ::write(arrived_.number(), &one, sizeof(one));
    });
  }

  /// The code, or in words why there will be none.
  Code Take() {
    bool input_open = true;
    for (;;) {
      if (!input_open && !waiter_.joinable()) {
        return std::string("the standard input ended before a code was pasted");
      }
      std::array<pollfd, 2> polled{
          {{arrived_.number(), POLLIN, 0}, {input_open ? STDIN_FILENO : -1, POLLIN, 0}}};
      if (::poll(polled.data(), polled.size(), -1) < 0) continue;
      if (polled[0].revents != 0) {
        waiter_.join();
        return *redirected_;
      }
      if (polled[1].revents == 0) continue;
      input_open = ReadInput();
      if (std::optional<Code> code = Pasted()) return std::move(*code);
    }
  }

 private:
  // False at the end of the input.
  bool ReadInput() {
    std::array<char, 4096> piece;
    const ssize_t count = ::read(STDIN_FILENO, piece.data(), piece.size());
    if (count < 0) return errno == EINTR || errno == EAGAIN;
    input_.append(piece.data(), static_cast<size_t>(count));
    if (count == 0) input_ += '\n';  // The last line may lack its end.
    return count > 0 && input_.size() <= kMaxPasteBytes;
  }

  // The code in a line that was pasted; a line that holds none is said so and forgotten.
  std::optional<Code> Pasted() {
    const size_t end = input_.find('\n');
    if (end == std::string::npos) return std::nullopt;
    const std::string line = input_.substr(0, end);
    input_.erase(0, end + 1);
    if (line.find_first_not_of(" \t\r") == std::string::npos) return std::nullopt;
    Code code = CodeFromPaste(line, state_);
    if (code) return code;
    context_.err << Printable(code.error()) << std::endl;
    return std::nullopt;
  }

  const CliContext& context_;
  const std::string state_;
  const OwnedDescriptor arrived_;
  std::optional<Code> redirected_;  // written by the waiter before it rings, read after
  std::jthread waiter_;
  std::string input_;
};

Result<PortalSettings, int> FindOAuthPortal(const CliContext& context, const Settings& settings,
                                            const PortalKey& key) {
  for (const PortalSettings& portal : settings.portals) {
    if (portal.plan.key != key) continue;
    if (portal.oauth) return portal;
    return Fail(context, kExitConfiguration,
                key + " has a fixed token, which needs no authorization",
                "to use an OAuth app, replace `token` by `oauth` in the configuration");
  }
  return Fail(context, kExitUsage, "no portal is called " + key,
              "`hubmirror portal list` shows the portals of the configuration");
}

// Null, after saying why, when the port is taken.
std::unique_ptr<RedirectListener> Listen(const CliContext& context, int port,
                                         const std::string& state) {
  try {
    return std::make_unique<RedirectListener>(port, state);
  } catch (const std::runtime_error& error) {
    Fail(context, kExitUnavailable, error.what(),
         "name a free port with --port, and register its address with the app");
    return nullptr;
  }
}

std::vector<ScopeNeed> NeedsOf(const PortalPlan& plan, const std::vector<std::string>& also) {
  std::vector<ScopeNeed> needs = ScopesFor(ObjectsOf(plan), WrittenOf(plan));
  for (const std::string& scope : also) {
    needs.push_back({.scope = scope, .without = "a table stays empty without it"});
  }
  return needs;
}

void Explain(const CliContext& context, const AuthorizationRequest& request, bool listening) {
  context.out << "The app asks for these scopes:\n";
  for (const ScopeNeed& need : request.scopes) {
    context.out << "  " << Padded(need.scope, 30) << " without it: " << need.without << "\n";
  }
  context.out << "\nOpen this address in a browser, as someone who may install apps in portal "
              << request.portal_id.value << ":\n\n  " << AuthorizeUrl(request) << "\n\n";
  if (listening) {
    context.out
        << "Waiting for the browser to return to " << request.redirect_uri
        << ".\n"
           "If it runs on another machine, paste the address that it ends up at, or the code:"
        << std::endl;
  } else {
    context.out << "Then paste the address that the browser ends up at, or the code:" << std::endl;
  }
}

int Report(const CliContext& context, const PortalKey& key, const RefreshTokenFile& file,
           const Authorized& authorized) {
  context.out << key << " is authorized; its refresh token is kept in " << file.path() << "\n";
  if (authorized.missing.empty()) {
    context.out << "A running daemon uses it from its next request.\n";
    return kExitOk;
  }
  for (const ScopeNeed& need : authorized.missing) {
    context.out << "  not granted: " << Padded(need.scope, 30) << " missing now: " << need.without
                << "\n";
  }
  return Fail(context, kExitProblem, "some scopes were not granted",
              "allow them in the app's settings in HubSpot, then authorize again; meanwhile, what "
              "does not need them is mirrored");
}

// What comes before the next try.
std::string StepBefore(const ApiError& error) {
  switch (error.kind) {
    case ApiErrorKind::kWrongPortal:
      return "choose the account with the configured portal_id in the browser";
    case ApiErrorKind::kGrantRevoked:
      return "use a fresh code";  // Each is good for one use and some minutes.
    case ApiErrorKind::kSecret:
      return "let this user read and write the file named";
    case ApiErrorKind::kDecode:
      return "check the app's page in HubSpot and api.base_url";
    default:
      return AdviceOn(error).next;
  }
}

int CodeOf(const ApiError& error) {
  switch (error.kind) {
    case ApiErrorKind::kSecret:
      return kExitPermission;
    case ApiErrorKind::kAppConfig:
      return kExitConfiguration;
    case ApiErrorKind::kConnect:
    case ApiErrorKind::kTimeout:
    case ApiErrorKind::kServer:
      return kExitUnavailable;
    default:
      return kExitProblem;
  }
}

int Authorize(const CliContext& context, const CommandLine& line, const Settings& settings,
              const PortalSettings& portal) {
  const SecretSource secrets(context.environment);
  const auto access = HubSpotAccess::Open(settings, secrets, context.clock);
  if (!access) {
    return Fail(context, kExitConfiguration, access.error(), "correct api.ca_file");
  }
  const auto configured = (*access)->ConfiguredRefreshToken(portal);
  if (!configured) {
    return Fail(context, kExitPermission, configured.error(),
                "make it readable, or remove oauth.refresh_token: this command replaces it");
  }
  AuthorizationRequest request{.app_url = settings.api.app_url,
                               .client_id = portal.oauth->client_id,
                               .redirect_uri = line.redirect_uri,
                               .scopes = NeedsOf(portal.plan, line.also),
                               .state = NewState(),
                               .portal_id = portal.plan.portal_id};
  std::unique_ptr<RedirectListener> listener;
  if (request.redirect_uri.empty()) {
    listener = Listen(context, line.redirect_port, request.state);
    if (!listener) return kExitUnavailable;
    request.redirect_uri = listener->redirect_uri();
  }
  Explain(context, request, listener != nullptr);
  const Code code = CodeWait(context, listener.get(), request.state).Take();
  if (!code) {
    return Fail(context, kExitProblem, code.error(),
                "hubmirror portal authorize " + portal.plan.key);
  }
  const RefreshTokenFile file(settings.state_dir, portal.plan.key);
  const auto authorized =
      FinishAuthorization((*access)->App(portal), file, request, *configured, *code);
  if (authorized) return Report(context, portal.plan.key, file, *authorized);
  return Fail(context, CodeOf(authorized.error()), authorized.error().message,
              StepBefore(authorized.error()) + ", then `hubmirror portal authorize " +
                  portal.plan.key + "`");
}

}  // namespace

int RunPortalAuthorize(const CliContext& context, const CommandLine& line) {
  const auto settings = LoadSettings(context, line);
  if (!settings) return settings.error();
  const auto portal = FindOAuthPortal(context, *settings, line.target.portal);
  return portal ? Authorize(context, line, *settings, *portal) : portal.error();
}

}  // namespace hubmirror
