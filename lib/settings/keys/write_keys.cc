#include <array>

#include "settings/keys/key_rows.h"

namespace hubmirror {
namespace {

using enum KeyType;

constexpr auto kPortal = static_cast<unsigned>(Place::kPortal);
constexpr auto kWriteObject = static_cast<unsigned>(Place::kWriteObject);

constexpr std::string_view kArchiveWords[] = {"false", "true", "permanently"};

constexpr std::string_view kConflictWords[] = {"hold", "ours", "theirs"};

template <auto member>
constexpr FieldOf<PortalSettings> WriteField() {
  return Field<PortalSettings, &PortalSettings::plan, &PortalPlan::write, member>();
}

template <auto member>
constexpr FieldOf<PortalSettings> BrakeField() {
  return Field<PortalSettings, &PortalSettings::plan, &PortalPlan::write, &WritePlan::brakes,
               member>();
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
    KeyRule{.path = "write.on_conflict",
            .places = kPortal,
            .type = kChoice,
            .preset = "hold",
            .choices = kConflictWords,
            .meaning = "What happens where HubSpot has a newer value than a row is based on, and "
                       "the row does not say: `hold` sends nothing and lets it wait for a person, "
                       "`ours` sends it, `theirs` leaves that property out.",
            .example = "theirs",
            .field = WriteField<&WritePlan::on_conflict>()},
    KeyRule{.path = "write.dry_run",
            .places = kPortal,
            .type = kTruth,
            .preset = "false",
            .meaning = "`true` does everything but send: HubSpot is read, and each row ends "
                       "`done`, `reason` `dry`, with what would have been sent in `sent`. Rows "
                       "that were inserted meanwhile are not sent later.",
            .example = "true",
            .field = WriteField<&WritePlan::dry_run>()},
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
    KeyRule{.path = "write.brakes",
            .places = kPortal,
            .type = kSection,
            .meaning = "How many rows of an object may be sent within an hour. What is more is "
                       "held until `hubmirror write release`."},
    KeyRule{.path = "write.brakes.max_update",
            .places = kPortal,
            .type = kWholeNumber,
            .preset = "100000",
            .least = "1",
            .most = "1000000000",
            .meaning = "Updates of an object within an hour.",
            .example = "1000000",
            .field = BrakeField<&WriteBrakes::max_update>()},
    KeyRule{.path = "write.brakes.max_create",
            .places = kPortal,
            .type = kWholeNumber,
            .preset = "10000",
            .least = "1",
            .most = "1000000000",
            .meaning = "New records of an object within an hour.",
            .example = "500",
            .field = BrakeField<&WriteBrakes::max_create>()},
    KeyRule{.path = "write.brakes.max_archive",
            .places = kPortal,
            .type = kWholeNumber,
            .preset = "100",
            .least = "1",
            .most = "1000000000",
            .meaning = "Records of an object that are archived within an hour.",
            .example = "1000",
            .field = BrakeField<&WriteBrakes::max_archive>()},
    KeyRule{.path = "write.brakes.per_record",
            .places = kPortal,
            .type = kWholeNumber,
            .preset = "20",
            .least = "1",
            .most = "1000000000",
            .meaning = "Rows that change one record within an hour. What is more waits, `reason` "
                       "`loop`, for it looks like two systems that answer each other.",
            .example = "100",
            .field = BrakeField<&WriteBrakes::per_record>()},
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
            .form = &kPropertyPattern,
            .meaning = "Properties that may be changed: patterns as in `properties`. Those that "
                       "HubSpot calculates, that are not mirrored or hashed, and that tell which "
                       "record it is and when it changed cannot be written at all.",
            .example = "[lead_score, \"custom_*\"]",
            .field = Field<StreamPlan, &StreamPlan::write, &ObjectWritePlan::update>()},
    KeyRule{.path = "rules",
            .places = kWriteObject,
            .type = kChoiceMap,
            .form = &kPropertyName,
            .choices = kConflictWords,
            .meaning = "What happens where HubSpot has a newer value of a property than a row is "
                       "based on, and the row does not say: see `write.on_conflict`, which is for "
                       "the properties that are not named here.",
            .example = "{amount: ours}",
            .field = Field<StreamPlan, &StreamPlan::write, &ObjectWritePlan::rules>()},
    KeyRule{.path = "create",
            .places = kWriteObject,
            .type = kTruth,
            .preset = "false",
            .meaning = "`true` lets new records be made, with any property that HubSpot takes. It "
                       "needs `key_property`, by which a second record is prevented; contacts can "
                       "do with their `email`.",
            .example = "true",
            .field = Field<StreamPlan, &StreamPlan::write, &ObjectWritePlan::create>()},
    KeyRule{.path = "key_property",
            .places = kWriteObject,
            .type = kText,
            .form = &kPropertyName,
            .meaning = "A text property whose values HubSpot keeps unique, made for this alone: "
                       "each record that is made here gets the key of its row in it. If an answer "
                       "is lost, the value tells whether the record was made, and HubSpot refuses "
                       "a second one.",
            .example = "hubmirror_key",
            .field = Field<StreamPlan, &StreamPlan::write, &ObjectWritePlan::key_property>()},
    KeyRule{.path = "unguarded",
            .places = kWriteObject,
            .type = kTruth,
            .preset = "false",
            .meaning = "`true` also makes records that set no unique value. If an answer to one is "
                       "lost, its row waits for a person to say whether the record was made.",
            .example = "true",
            .field = Field<StreamPlan, &StreamPlan::write, &ObjectWritePlan::unguarded>()},
    KeyRule{.path = "archive",
            .places = kWriteObject,
            .type = kChoice,
            .preset = "false",
            .choices = kArchiveWords,
            .meaning = "`true` lets records be archived; HubSpot keeps them in its recycle bin for "
                       "90 days. E-mails and other activities, tasks apart, may be deleted for "
                       "good, so of them it takes `permanently`.",
            .example = "true",
            .field = Field<StreamPlan, &StreamPlan::write, &ObjectWritePlan::archive>()},
    KeyRule{.path = "associate",
            .places = kWriteObject,
            .type = kTextList,
            .form = &kObjectName,
            .meaning = "Object types whose records may be linked with records of this one, and "
                       "whose links with it may be taken away, by the names of their tables.",
            .example = "[contacts]",
            .field = Field<StreamPlan, &StreamPlan::write, &ObjectWritePlan::associate>()},
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
