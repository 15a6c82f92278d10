#include "delivery/courier.h"

#include <algorithm>
#include <charconv>

#include "base/time_text.h"
#include "delivery/signature.h"

namespace hubmirror {
namespace {

using namespace std::chrono_literals;

constexpr int64_t kReadAtOnce = 500;
// Whoever mirrors the portal rings when there are entries; this is for what a ring cannot tell.
constexpr auto kLookAgain = 10s;
constexpr auto kNotOurs = 5s;
// Entries that nobody wants move the number so often.
constexpr auto kNotedEvery = 1min;

std::optional<std::chrono::seconds> RetryAfter(const ClientAnswer& answer, TimePoint now) {
  const std::string_view text = answer.Header("Retry-After");
  int64_t seconds = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (!text.empty() && read.ec == std::errc() && read.ptr == text.data() + text.size()) {
    return std::chrono::seconds(std::clamp<int64_t>(seconds, 0, 86'400));
  }
  const auto date = ParseHttpDate(text);
  if (!date || *date <= now) return std::nullopt;
  return std::chrono::ceil<std::chrono::seconds>(*date - now);
}

}  // namespace

WebhookAttempt PostBatch(HttpTransport& transport, const std::string& target, const std::string& id,
                         const std::string& body, const std::vector<Secret>& secrets,
                         TimePoint now) {
  const auto answer = transport.Send({.target = target,
                                      .content_type = "application/json",
                                      .body = body,
                                      .headers = SignedFields(id, now, body, secrets)});
  if (!answer) return {.status = answer.error().status, .trouble = answer.error().message};
  return {.status = answer->status, .retry_after = RetryAfter(*answer, now)};
}

Courier::Rest Courier::Turn() {
  if (unnoted_) {
    parts_.store->Note(name(), unnoted_->standing, unnoted_->dead);
    unnoted_.reset();
  }
  const WebhookLook look = parts_.store->Look(name(), above_, kReadAtOnce);
  if (!look.ours) return {.wait = kNotOurs};
  if (look.standing.moves != moves_) {
    // A person moved it: what was read belongs to where it was before.
    moves_ = look.standing.moves;
    above_ = 0;
    most_ = 0;
    return {};
  }
  if (look.standing.stopped || look.lost) return {.wait = kLookAgain};
  if (most_ == 0) most_ = static_cast<size_t>(options_.plan.batch);
  if (look.standing.refusals > 0) most_ = 1;

  BatchSender sender = options_.sender;
  sender.epoch = look.epoch;
  const EntryFilter filter{.rules = options_.plan.when, .own = options_.plan.own};
  const Batch batch = MakeBatch(sender, filter, look.entries, most_);
  return batch.entries == 0 ? Pass(look, batch) : Send(look, batch);
}

Courier::Rest Courier::Pass(const WebhookLook& look, const Batch& batch) {
  above_ = std::max({above_, batch.done_to, look.standing.seq});
  const Instant now = parts_.clock.Now();
  if (above_ > look.standing.seq && (!noted_at_ || now - *noted_at_ >= kNotedEvery)) {
    WebhookStanding standing = look.standing;
    standing.seq = above_;
    parts_.store->Note(name(), standing, std::nullopt);
    noted_at_ = now;
  }
  return look.more ? Rest{} : Rest{.wait = kLookAgain, .until_entries = true};
}

Courier::Rest Courier::Send(const WebhookLook& look, const Batch& batch) {
  const Instant began = parts_.clock.Now();
  const WebhookAttempt attempt = Ask(batch);
  const auto took =
      std::chrono::duration_cast<std::chrono::milliseconds>(parts_.clock.Now() - began);
  parts_.observer.OnWebhookRequest(options_.sender.portal, name(), NameOf(Judge(attempt)), took);

  Course course = CourseAfter(options_.plan, look.standing, batch, attempt, most_, look.now,
                              parts_.random.Fraction());
  Tell(look.standing, course.standing);
  most_ = course.most;
  above_ = std::max(above_, course.standing.seq);
  const Rest rest{.wait = course.wait};
  unnoted_ = std::move(course);
  parts_.store->Note(name(), unnoted_->standing, unnoted_->dead);
  unnoted_.reset();
  noted_at_ = parts_.clock.Now();
  return rest;
}

WebhookAttempt Courier::Ask(const Batch& batch) {
  const auto secrets = options_.secrets();
  if (!secrets) return {.trouble = "nothing is sent: " + secrets.error()};
  return PostBatch(*parts_.transport, options_.target, batch.Id(options_.sender), batch.body,
                   *secrets, parts_.clock.WallNow());
}

void Courier::Tell(const WebhookStanding& before, const WebhookStanding& after) const {
  const auto say = [&](LogLevel level, std::string_view event, const std::string& what) {
    parts_.log.Write({.level = level,
                      .event = event,
                      .message = "webhook " + name() + " " + what,
                      .fields = {{"PORTAL", options_.sender.portal}}});
  };
  if (after.stopped) {
    say(LogLevel::kErr, "webhook.stopped", "is stopped: " + after.reason);
  } else if (!after.reason.empty()) {
    say(LogLevel::kWarning, "webhook.failed", "is not taken: " + after.reason);
  } else if (!before.reason.empty()) {
    say(LogLevel::kNotice, "webhook.recovered", "is taken again");
  }
}

}  // namespace hubmirror
