#include <array>

#include "settings/keys/key_rows.h"

namespace hubmirror {
namespace {

using enum KeyType;

constexpr auto kPortal = static_cast<unsigned>(Place::kPortal);
constexpr auto kWriteObject = static_cast<unsigned>(Place::kWriteObject);

template <auto member>
constexpr FieldOf<PortalSettings> WriteField() {
  return Field<PortalSettings, &PortalSettings::plan, &PortalPlan::write, member>();
}

constexpr std::array kWriteRows = {
    KeyRule{.path = "write",
            .places = kPortal,
            .type = kSection,
            .meaning = "Writing back: rows of the table `outbox` become values in HubSpot."},
    KeyRule{.path = "write.enabled",
            .places = kPortal,
            .type = kTruth,
            .preset = "false",
            .meaning = "`true` makes the table `outbox` and carries out what is put into it.",
            .example = "false",
            .field = WriteField<&WritePlan::enabled>()},
    KeyRule{.path = "write.writers",
            .places = kPortal,
            .type = kTextList,
            .form = &kRoleName,
            .meaning = "Database roles that may put rows into `outbox`, see all of it, and cancel, "
                       "retry and wait for rows. If one does not exist, the daemon warns, and "
                       "grants it the right once it does.",
            .example = "[app_role]",
            .field = WriteField<&WritePlan::writers>()},
    KeyRule{.path = "write.share",
            .places = kPortal,
            .type = kNumber,
            .preset = "0.5",
            .least = "0.01",
            .most = "1",
            .meaning = "The part of the requests that writing may make while reading waits.",
            .example = "0.25",
            .field = WriteField<&WritePlan::share>()},
    KeyRule{.path = "write.give_up",
            .places = kPortal,
            .type = kDuration,
            .preset = "24h",
            .least = "1m",
            .meaning = "A row that HubSpot does not take for so long, because it is overloaded or "
                       "out of order, is `failed`.",
            .example = "6h",
            .field = WriteField<&WritePlan::give_up>()},
    KeyRule{.path = "write.keep",
            .places = kPortal,
            .type = kDuration,
            .preset = "31d",
            .least = "1h",
            .meaning = "How long rows are kept that are `done` or `cancelled`, and with them the "
                       "keys that tell what was there before. All others stay.",
            .example = "90d",
            .field = WriteField<&WritePlan::keep>()},
    KeyRule{.path = "write.log_keep",
            .places = kPortal,
            .type = kDuration,
            .preset = "90d",
            .least = "1d",
            .meaning = "How long `outbox_log` says who wrote what.",
            .example = "365d",
            .field = WriteField<&WritePlan::log_keep>()},
    KeyRule{.path = "write.objects",
            .places = kPortal,
            .type = kObjects,
            .items = Place::kWriteObject,
            .meaning = "What may be written: a map of object types, called as in `objects`. What "
                       "is not named here cannot be written."},

    KeyRule{.path = "update",
            .places = kWriteObject,
            .type = kTextList,
            .required = true,
            .form = &kPropertyPattern,
            .meaning = "Properties that may be changed: patterns as in `properties`. Those that "
                       "HubSpot calculates, that are not mirrored or hashed, and that tell which "
                       "record it is and when it changed cannot be written at all.",
            .example = "[lead_score, \"custom_*\"]",
            .field = Field<StreamPlan, &StreamPlan::write, &ObjectWritePlan::update>()},
    KeyRule{.path = "check",
            .places = kWriteObject,
            .type = kTruth,
            .preset = "true",
            .meaning = "`false` does not look what HubSpot has before it is written over: a "
                       "request less for 100 records, and somebody's newer value may be lost.",
            .example = "false",
            .field = Field<StreamPlan, &StreamPlan::write, &ObjectWritePlan::check>()},
};

}  // namespace

std::span<const KeyRule> WriteKeys() {
  return kWriteRows;
}

}  // namespace hubmirror
