#include <array>

#include "settings/keys/key_rows.h"

namespace hubmirror {
namespace {

using enum KeyType;

constexpr auto kWebhook = static_cast<unsigned>(Place::kWebhook);
constexpr auto kWebhookRule = static_cast<unsigned>(Place::kWebhookRule);

constexpr std::array kRows = {
    KeyRule{.path = "name",
            .places = kWebhook,
            .type = kText,
            .required = true,
            .form = &kWebhookName,
            .meaning = "What it is called here and in what is sent. A webhook of another name is "
                       "another one, which begins with what comes from then on.",
            .example = "won",
            .field = Field<WebhookSettings, &WebhookSettings::plan, &WebhookPlan::name>()},
    KeyRule{.path = "url",
            .places = kWebhook,
            .type = kText,
            .required = true,
            .form = &kReceiverUrl,
            .meaning = "Where it is sent. The certificate is checked, redirects are not followed; "
                       "`api.ca_file` and, except to loopback addresses, `api.proxy` apply.",
            .example = "https://hooks.example.com/hubspot",
            .field = Field<WebhookSettings, &WebhookSettings::plan, &WebhookPlan::url>()},
    KeyRule{.path = "secret",
            .places = kWebhook,
            .type = kSecretList,
            .required = true,
            .meaning = "Where the secret is kept that requests are signed with, as the Standard "
                       "Webhooks convention says; several while it is changed, which are all used.",
            .example = "credential:acme.hook",
            .field = Field<WebhookSettings, &WebhookSettings::secrets>()},
    KeyRule{.path = "when",
            .places = kWebhook,
            .type = kMapList,
            .items = Place::kWebhookRule,
            .meaning = "Which entries are sent: those that fit one of these rules, in all that it "
                       "says. Without it, every change.",
            .example = "[{object: deals, property: dealstage, to: [closedwon]}]",
            .field = Field<WebhookSettings, &WebhookSettings::plan, &WebhookPlan::when>()},
    KeyRule{.path = "own",
            .places = kWebhook,
            .type = kTruth,
            .preset = "true",
            .meaning = "`false` leaves out entries whose `origin` is `own`: what rows of `outbox` "
                       "wrote, and nobody else. So a receiver that writes is not told of itself.",
            .example = "false",
            .field = Field<WebhookSettings, &WebhookSettings::plan, &WebhookPlan::own>()},
    KeyRule{.path = "batch",
            .places = kWebhook,
            .type = kWholeNumber,
            .preset = "100",
            .least = "1",
            .most = "500",
            .meaning = "The most entries in one request; its body has at most 256 KiB besides.",
            .example = "20",
            .field = Field<WebhookSettings, &WebhookSettings::plan, &WebhookPlan::batch>()},
    KeyRule{.path = "stop_after",
            .places = kWebhook,
            .type = kDuration,
            .preset = "72h",
            .least = "1m",
            .meaning = "A receiver that has failed for so long is no longer asked. No entry is "
                       "lost by it while the feed keeps them.",
            .example = "24h",
            .field = Field<WebhookSettings, &WebhookSettings::plan, &WebhookPlan::stop_after>()},

    KeyRule{.path = "object",
            .places = kWebhookRule,
            .type = kText,
            .preset = "*",
            .form = &kObjectOrAll,
            .meaning = "The name of a table, or `*` for all.",
            .example = "deals",
            .field = Field<WebhookRule, &WebhookRule::object>()},
    KeyRule{.path = "op",
            .places = kWebhookRule,
            .type = kTextList,
            .form = &kFeedOp,
            .meaning = "What happened. Without it, anything but `epoch` and `loaded`, which are "
                       "sent only where they are named.",
            .example = "[merge, erase]",
            .field = Field<WebhookRule, &WebhookRule::op>()},
    KeyRule{.path = "changed",
            .places = kWebhookRule,
            .type = kTextList,
            .form = &kPropertyName,
            .meaning = "One of these properties changed. A record that is new here changes all "
                       "that it has.",
            .example = "[lifecyclestage, hubspot_owner_id]",
            .field = Field<WebhookRule, &WebhookRule::changed>()},
    KeyRule{.path = "property",
            .places = kWebhookRule,
            .type = kText,
            .form = &kPropertyName,
            .meaning = "This property changed, as `from` and `to` say.",
            .example = "dealstage",
            .field = Field<WebhookRule, &WebhookRule::property>()},
    KeyRule{.path = "from",
            .places = kWebhookRule,
            .type = kTextList,
            .form = &kAnyText,
            .takes_null = true,
            .meaning = "The value of `property` before was one of these; `null` for none.",
            .example = "[~, qualified]",
            .field = Field<WebhookRule, &WebhookRule::from>()},
    KeyRule{.path = "to",
            .places = kWebhookRule,
            .type = kTextList,
            .form = &kAnyText,
            .takes_null = true,
            .meaning = "The value of `property` is now one of these; `null` for none.",
            .example = "[closedwon, closedlost]",
            .field = Field<WebhookRule, &WebhookRule::to>()},
    KeyRule{.path = "pipeline",
            .places = kWebhookRule,
            .type = kText,
            .form = &kAnyText,
            .meaning = "The record is in the pipeline of this id.",
            .example = "default",
            .field = Field<WebhookRule, &WebhookRule::pipeline>()},
};

}  // namespace

std::span<const KeyRule> WebhookKeys() {
  return kRows;
}

}  // namespace hubmirror
