#include <array>

#include "settings/keys/key_rows.h"

namespace hubmirror {
namespace {

using enum KeyType;

constexpr auto kPortal = static_cast<unsigned>(Place::kPortal);
constexpr auto kObject = static_cast<unsigned>(Place::kObject);
constexpr auto kPortalWide = kPortal | static_cast<unsigned>(Place::kDefaults);
constexpr auto kEverywhere = kPortalWide | kObject;

/// The way to a member of a portal's OAuth settings, which come to be with the first of them.
template <auto member>
constexpr FieldOf<PortalSettings> OAuthField() {
  return {[](const PortalSettings& portal) {
            return portal.oauth ? ToValue((*portal.oauth).*member) : ConfigValue();
          },
          [](PortalSettings& portal, const ConfigValue& value) {
            if (!portal.oauth) portal.oauth.emplace();
            FromValue(value, (*portal.oauth).*member);
          }};
}

/// A list that is not given stands for all, which no list could say.
constexpr FieldOf<StreamPlan> IncludeField() {
  return {
      [](const StreamPlan& plan) {
        const auto& patterns = plan.selection.include;
        return patterns.empty() ? ConfigValue() : ToValue(patterns);
      },
      [](StreamPlan& plan, const ConfigValue& value) { FromValue(value, plan.selection.include); }};
}

constexpr std::array kPortalRows = {
    KeyRule{
        .path = "portal_id",
        .places = kPortal,
        .type = kWholeNumber,
        .least = "1",
        .required = true,
        .meaning =
            "The id of the HubSpot account. The token must belong to it, or nothing is written.",
        .example = "1234567",
        .field = Field<PortalSettings, &PortalSettings::plan, &PortalPlan::portal_id>()},
    KeyRule{.path = "token",
            .places = kPortal,
            .type = kSecret,
            .meaning =
                "Where the private app token or service key is kept. Set either this or `oauth`.",
            .example = "credential:hubspot.acme",
            .field = Field<PortalSettings, &PortalSettings::token>()},
    KeyRule{.path = "oauth",
            .places = kPortal,
            .type = kSection,
            .meaning = "An OAuth app instead of a token."},
    KeyRule{.path = "oauth.client_id",
            .places = kPortal,
            .type = kText,
            .required = true,
            .form = &kAnyText,
            .meaning = "The client id of the app; it is not a secret.",
            .example = "3e2d3a1b-7b47-4b5b-9b0e-0d6a5c1d2f10",
            .field = OAuthField<&OAuthSettings::client_id>()},
    KeyRule{.path = "oauth.client_secret",
            .places = kPortal,
            .type = kSecret,
            .required = true,
            .meaning = "Where the client secret of the app is kept.",
            .example = "credential:hubspot.client_secret",
            .field = OAuthField<&OAuthSettings::client_secret>()},
    KeyRule{.path = "oauth.refresh_token",
            .places = kPortal,
            .type = kSecret,
            .meaning =
                "Where the first refresh token is kept; newer ones are stored in `state_dir`. "
                "Not needed if you obtain it with `hubmirror portal authorize`.",
            .example = "credential:hubspot.acme.refresh",
            .field = OAuthField<&OAuthSettings::refresh_token>()},
    KeyRule{.path = "hash_key",
            .places = kPortal,
            .type = kSecret,
            .meaning = "Where the key for hashing values (`properties.hash`) is kept; at least 16 "
                       "bytes, for example from `openssl rand -hex 32`. A new key means new "
                       "hashes: all hashed values are read and written again.",
            .example = "credential:hubspot.acme.hash",
            .field = Field<PortalSettings, &PortalSettings::hash_key>()},
    KeyRule{.path = "enabled",
            .places = kPortal,
            .type = kTruth,
            .preset = "true",
            .meaning = "`false` leaves the portal alone; what has been mirrored stays.",
            .example = "false",
            .field = Field<PortalSettings, &PortalSettings::enabled>()},
    KeyRule{
        .path = "schema",
        .places = kPortal,
        .type = kText,
        .form = &kSchemaName,
        .meaning =
            "The database schema for this portal alone; the portal's key by default. `hubmirror`, "
            "`public`, `information_schema` and names that begin with `pg_` are refused.",
        .example = "crm_acme",
        .field = Field<PortalSettings, &PortalSettings::plan, &PortalPlan::schema>()},
    KeyRule{
        .path = "readers",
        .places = kPortal,
        .type = kTextList,
        .form = &kRoleName,
        .meaning =
            "Database roles that are granted select on the portal's tables and views, but for "
            "the daemon's own book-keeping and what is to be written back (`outbox`). "
            "If one does not exist, the daemon warns, and grants it the right once it does. One "
            "that is taken out keeps what it has until you revoke it.",
        .example = "[analyst]",
        .field = Field<PortalSettings, &PortalSettings::plan, &PortalPlan::readers>()},

    KeyRule{.path = "quota_share",
            .places = kPortalWide,
            .type = kNumber,
            .preset = "0.5",
            .least = "0.01",
            .most = "1",
            .meaning = "The part of the account's daily quota that hubmirror may use.",
            .example = "0.25",
            .field = Field<PortalSettings, &PortalSettings::plan, &PortalPlan::quota_share>()},
    KeyRule{.path = "daily",
            .places = kPortalWide,
            .type = kWholeNumber,
            .least = "1",
            .most = "1000000000",
            .meaning = "The daily quota of the account, for when HubSpot's answers do not contain "
                       "it (OAuth apps).",
            .example = "500000",
            .field = Field<PortalSettings, &PortalSettings::plan, &PortalPlan::daily>()},
    KeyRule{.path = "burst",
            .places = kPortalWide,
            .type = kWholeNumber,
            .preset = "auto",
            .least = "1",
            .most = "10000",
            .takes_auto = true,
            .meaning = "Requests per 10 seconds. `auto` starts with the smallest tier and learns "
                       "from HubSpot's answers.",
            .example = "190",
            .field = Field<PortalSettings, &PortalSettings::plan, &PortalPlan::burst>()},

    KeyRule{.path = "interval",
            .places = kEverywhere,
            .type = kDuration,
            .preset = "1m",
            .least = "100ms",
            .meaning =
                "Time between two polls for changes. Where nothing has changed for an hour it "
                "is three fifths of `freshness_target`, if that is longer, until something "
                "changes.",
            .example = "30s",
            .field = Field<StreamPlan, &StreamPlan::interval>()},
    KeyRule{.path = "freshness_target",
            .places = kEverywhere,
            .type = kDuration,
            .preset = "5m",
            .least = "200ms",
            .meaning = "How old the mirror may be before status, metrics and readiness call it "
                       "late; at least two intervals.",
            .example = "15m",
            .field = Field<StreamPlan, &StreamPlan::freshness_target>()},
    KeyRule{.path = "overlap",
            .places = kEverywhere,
            .type = kDuration,
            .preset = "1m",
            .least = "1s",
            .meaning = "How far each poll looks back, because HubSpot's search shows changes late.",
            .example = "2m",
            .field = Field<StreamPlan, &StreamPlan::overlap>()},
    KeyRule{.path = "deep_overlap",
            .places = kEverywhere,
            .type = kDuration,
            .preset = "1h",
            .least = "1s",
            .meaning = "How far a poll looks back every ten minutes; at least `overlap`.",
            .example = "2h",
            .field = Field<StreamPlan, &StreamPlan::deep_overlap>()},
    KeyRule{.path = "confirm_after",
            .places = kEverywhere,
            .type = kDuration,
            .preset = "10m",
            .least = "1s",
            .meaning = "A record that has vanished is looked for twice, this long apart, before "
                       "its row is marked.",
            .example = "10m",
            .field = Field<StreamPlan, &StreamPlan::confirm_after>()},
    KeyRule{.path = "sweep",
            .places = kEverywhere,
            .type = kSection,
            .meaning = "The reading of all live records; the first sweep is the first load."},
    KeyRule{.path = "sweep.every",
            .places = kEverywhere,
            .type = kDuration,
            .preset = "24h",
            .least = "1s",
            .meaning = "How often the whole live list is read, on spare budget.",
            .example = "12h",
            .field = Field<StreamPlan, &StreamPlan::sweep_every>()},
    KeyRule{.path = "archived",
            .places = kEverywhere,
            .type = kSection,
            .meaning = "The reading of all archived records."},
    KeyRule{.path = "archived.every",
            .places = kEverywhere,
            .type = kDuration,
            .preset = "15m",
            .least = "1s",
            .meaning = "How often the archived list is read; less often if that would take more "
                       "than a tenth of the daily share.",
            .example = "1h",
            .field = Field<StreamPlan, &StreamPlan::archived_every>()},
    KeyRule{.path = "catalog",
            .places = kEverywhere,
            .type = kSection,
            .meaning = "The reading of property definitions."},
    KeyRule{.path = "catalog.every",
            .places = kEverywhere,
            .type = kDuration,
            .preset = "5m",
            .least = "1s",
            .meaning = "How often new, changed and archived properties are looked for.",
            .example = "15m",
            .field = Field<StreamPlan, &StreamPlan::catalog_every>()},
    KeyRule{.path = "links",
            .places = kEverywhere,
            .type = kSection,
            .meaning = "The reading of associations between records."},
    KeyRule{.path = "links.every",
            .places = kEverywhere,
            .type = kDuration,
            .preset = "6h",
            .least = "1s",
            .meaning = "How often the associations of all records are read. Those of changed "
                       "records are read again with their next poll.",
            .example = "1h",
            .field = Field<StreamPlan, &StreamPlan::links_every>()},

    KeyRule{.path = "verify",
            .places = kEverywhere,
            .type = kSection,
            .meaning = "The comparison of the mirror with the portal, column by column."},
    KeyRule{.path = "verify.every",
            .places = kEverywhere,
            .type = kDuration,
            .preset = "24h",
            .least = "1s",
            .meaning = "How often all live records are read and compared, on spare budget; less "
                       "often if that would take more than a tenth of the daily share.",
            .example = "7d",
            .field = Field<StreamPlan, &StreamPlan::verify_every>()},
    KeyRule{.path = "verify.repair",
            .places = kEverywhere,
            .type = kTruth,
            .preset = "true",
            .meaning = "`false` reports differences without repairing them; `hubmirror verify "
                       "--repair` repairs them.",
            .example = "false",
            .field = Field<StreamPlan, &StreamPlan::verify_repair>()},
    KeyRule{.path = "lists",
            .places = kPortalWide,
            .type = kSection,
            .meaning = "The reading of lists, their members and marketing events."},
    KeyRule{.path = "lists.every",
            .places = kPortalWide,
            .type = kDuration,
            .preset = "1h",
            .least = "1s",
            .meaning = "How often they are read; less often if that would take more than a tenth "
                       "of the daily share.",
            .example = "6h",
            .field = Field<PortalSettings, &PortalSettings::plan, &PortalPlan::lists_every>()},
    KeyRule{.path = "lists.memberships",
            .places = kPortalWide,
            .type = kTruth,
            .preset = "true",
            .meaning = "`false` leaves out the members of lists, which cost a request for every "
                       "250 members of every list, each time.",
            .example = "false",
            .field = Field<PortalSettings, &PortalSettings::plan, &PortalPlan::list_memberships>()},

    KeyRule{.path = "feed",
            .places = kPortalWide,
            .type = kSection,
            .meaning = "The change feed: what changed in the portal, in order, to be read by SQL."},
    KeyRule{
        .path = "feed.enabled",
        .places = kPortalWide,
        .type = kTruth,
        .preset = "false",
        .meaning = "`true` notes every change of a record or link in the table `changes`.",
        .example = "true",
        .field =
            Field<PortalSettings, &PortalSettings::plan, &PortalPlan::feed, &FeedPlan::enabled>()},
    KeyRule{.path = "feed.everything",
            .places = kPortalWide,
            .type = kTruth,
            .preset = "false",
            .meaning = "`true` also notes changes that nothing in HubSpot caused: the first load, "
                       "values of a property that is new here, columns of another type, repaired "
                       "rows. For those who replay the feed into a copy.",
            .example = "true",
            .field = Field<PortalSettings, &PortalSettings::plan, &PortalPlan::feed,
                           &FeedPlan::everything>()},
    KeyRule{.path = "feed.keep",
            .places = kPortalWide,
            .type = kDuration,
            .preset = "14d",
            .least = "1d",
            .meaning = "How long entries are kept at least, as far as `size_max` allows; longer "
                       "while a consumer has not read them.",
            .example = "7d",
            .field =
                Field<PortalSettings, &PortalSettings::plan, &PortalPlan::feed, &FeedPlan::keep>()},
    KeyRule{
        .path = "feed.keep_max",
        .places = kPortalWide,
        .type = kDuration,
        .preset = "30d",
        .least = "1d",
        .meaning = "How long entries are kept for a consumer that does not read them; at least "
                   "`keep`. Then they are dropped, and it is told that it missed some.",
        .example = "60d",
        .field =
            Field<PortalSettings, &PortalSettings::plan, &PortalPlan::feed, &FeedPlan::keep_max>()},
    KeyRule{
        .path = "feed.size_max",
        .places = kPortalWide,
        .type = kSize,
        .preset = "10GiB",
        .least = "1MiB",
        .meaning = "How large the feed may grow, indexes included. Above it, whole days are "
                   "dropped, the oldest first, but never the current one.",
        .example = "50GiB",
        .field =
            Field<PortalSettings, &PortalSettings::plan, &PortalPlan::feed, &FeedPlan::size_max>()},
    KeyRule{.path = "feed.value_max",
            .places = kPortalWide,
            .type = kSize,
            .preset = "8KiB",
            .least = "1KiB",
            .most = "1MiB",
            .meaning = "Longer values stand in the feed as their length and SHA-256 only.",
            .example = "64KiB",
            .field = Field<PortalSettings, &PortalSettings::plan, &PortalPlan::feed,
                           &FeedPlan::value_max>()},
    KeyRule{.path = "feed.properties",
            .places = kPortalWide,
            .type = kSection,
            .meaning = "Which of the mirrored properties the feed speaks of."},
    KeyRule{
        .path = "feed.properties.exclude",
        .places = kPortalWide,
        .type = kTextList,
        .form = &kPropertyPattern,
        .meaning =
            "Properties that match one of these stay out of the feed: patterns as in `properties`.",
        .example = "[\"hs_analytics_*\", hs_email_html]",
        .field =
            Field<PortalSettings, &PortalSettings::plan, &PortalPlan::feed, &FeedPlan::exclude>()},
    KeyRule{
        .path = "feed.roles",
        .places = kPortalWide,
        .type = kTextList,
        .form = &kRoleName,
        .meaning = "Database roles that may read the feed as consumers: they are granted its "
                   "functions, and select on its tables. If one does not exist, the daemon warns, "
                   "and grants it the right once it does. One that is taken out keeps what it has "
                   "until you revoke it.",
        .example = "[app_role]",
        .field =
            Field<PortalSettings, &PortalSettings::plan, &PortalPlan::feed, &FeedPlan::roles>()},
    KeyRule{.path = "feed.webhooks",
            .places = kPortalWide,
            .type = kMapList,
            .items = Place::kWebhook,
            .meaning = "Receivers that entries of the feed are sent to, in order and at least "
                       "once, while the feed is on.",
            .example = "[{name: won, url: \"https://hooks.example.com/hubspot\", secret: "
                       "credential:acme.hook}]",
            .field = Field<PortalSettings, &PortalSettings::webhooks>()},

    KeyRule{
        .path = "properties",
        .places = kEverywhere,
        .type = kSection,
        .meaning =
            "Which properties are mirrored. Patterns select them: `*` stands for any characters, "
            "`?` for one. An object's list replaces that of its portal or of `defaults`."},
    KeyRule{.path = "properties.include",
            .places = kEverywhere,
            .type = kTextList,
            .form = &kPropertyPattern,
            .meaning = "Only properties that match one of these, or that `columns`, `indexes` or "
                       "`history` name, are mirrored; all by default. A property named in full is "
                       "requested even if HubSpot does not list it, unless other objects share the "
                       "list. The values of newly included properties are filled in at once.",
            .example = "[\"deal*\", amount, closedate]",
            .field = IncludeField()},
    KeyRule{.path = "properties.exclude",
            .places = kEverywhere,
            .type = kTextList,
            .form = &kPropertyPattern,
            .meaning =
                "Properties that match one of these are not requested, whatever `include` says. "
                "A property that was mirrored before keeps its column, without values.",
            .example = "[\"hs_analytics_*\"]",
            .field = Field<StreamPlan, &StreamPlan::selection, &PropertySelection::exclude>()},
    KeyRule{.path = "properties.sensitive",
            .places = kEverywhere,
            .type = kTruth,
            .preset = "false",
            .meaning = "`true` also mirrors properties that HubSpot marks as sensitive or highly "
                       "sensitive, as far as the token has access to them.",
            .example = "true",
            .field = Field<StreamPlan, &StreamPlan::selection, &PropertySelection::sensitive>()},
    KeyRule{.path = "properties.hash",
            .places = kEverywhere,
            .type = kTextList,
            .form = &kPropertyPattern,
            .meaning = "For properties that match one of these, a keyed hash is stored instead of "
                       "the value, as text: HMAC-SHA-256 with the portal's `hash_key`, in hex.",
            .example = "[email, phone]",
            .field = Field<StreamPlan, &StreamPlan::selection, &PropertySelection::hash>()},

    KeyRule{
        .path = "objects",
        .places = kPortalWide,
        .type = kObjects,
        .preset = "[companies, contacts, deals, emails, tasks, tickets]",
        .meaning =
            "The object types to mirror: a list of names, a map of names with settings, or `all` "
            "for every type that the token may read. A portal's own `objects` replace those of "
            "`defaults`. Use HubSpot's path names, such as `line_items`, or ids, such as `0-8`, "
            "including ids of standard types newer than this list; name custom objects by id "
            "(`2-123456`) or full name (`p1234567_pets`), or all of them as `custom_objects`."},
    KeyRule{.path = "columns",
            .places = kObject,
            .type = kTextList,
            .form = &kPropertyName,
            .meaning = "Properties that get a column of their own, however many others there are. "
                       "They are requested even if HubSpot does not list them.",
            .example = "[amount, dealstage]",
            .field = Field<StreamPlan, &StreamPlan::columns>()},
    KeyRule{.path = "indexes",
            .places = kObject,
            .type = kTextList,
            .form = &kIndexKey,
            .meaning = "What is indexed: properties, each of which gets a column of its own; "
                       "columns that every table has, such as `created_at` or `archived_at`; and "
                       "`lower(property)` of texts. `_synced_at`, and `email` of contacts, always "
                       "are. Removing an entry drops its index. Building an index delays writing.",
            .example = "[hubspot_owner_id, created_at, lower(city)]",
            .field = Field<StreamPlan, &StreamPlan::indexes>()},
    KeyRule{.path = "associations",
            .places = kObject,
            .type = kTextList,
            .form = &kObjectName,
            .meaning = "Object types whose associations with this one are mirrored, by the names "
                       "of their tables; all mirrored types by default. A pair is left out if "
                       "either side leaves the other out; links already stored stay as they are.",
            .example = "[contacts, companies]",
            .field = Field<StreamPlan, &StreamPlan::associations>()},
    KeyRule{.path = "history",
            .places = kObject,
            .type = kTextList,
            .form = &kPropertyName,
            .meaning =
                "Properties whose former values are kept as well, in the table "
                "`<object>_history`. A property added later is read for all records at once.",
            .example = "[dealstage, amount]",
            .field = Field<StreamPlan, &StreamPlan::history>()},
};

}  // namespace

std::span<const KeyRule> PortalKeys() {
  return kPortalRows;
}

}  // namespace hubmirror
