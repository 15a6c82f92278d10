#include "telemetry/log/event_table.h"

#include <algorithm>
#include <array>

namespace hubmirror {
namespace {

constexpr auto kEvents = std::to_array<EventKind>({
    {"daemon.started", "76c8ae71e2914e38aa8b7fa4c2224d7b", "The daemon has started",
     "hubmirrord runs, has read its configuration and opens its port.",
     "Nothing to do. `hubmirror status` shows how the streams come up."},
    {"daemon.failed", "b919197cca5f402eb9f262827c12c943", "The daemon could not start",
     "Something that it cannot run without is missing: its port, its state directory or the "
     "database's password. The message names it.",
     "Do what the message says, then `systemctl start hubmirror`."},
    {"daemon.stopping", "e5fd1018fcef41bcb54dc474714dd39a", "The daemon stops",
     "It was asked to stop. Pages under way are finished and committed; work resumes there at the "
     "next start.",
     "Nothing to do."},
    {"daemon.stopped", "8966f07e61604789a3c329bf9228b80c", "The daemon has stopped",
     "Every worker has ended and everything under way was committed.", "Nothing to do."},
    {"config.loaded", "8a076846e1bf45ce85fdef0099974fc1", "The configuration was loaded",
     "Every portal and stream it names is now being mirrored.", "Nothing to do."},
    {"config.reloaded", "74041a6ab0854eb59264923220a23e88", "The configuration was reloaded",
     "The new configuration replaced the old one as a whole.",
     "Nothing to do. `hubmirror config show` prints what holds now."},
    {"web.listening", "751d60908e374e01a5a72573455cd8f4", "The local port is open",
     "Page, checks and metrics are served on the address in the message, on this machine only.",
     "Nothing to do."},
    {"control.listening", "ca170d94bb89448ab50c09f33347b6db", "The control socket is open",
     "`hubmirror` can now steer this daemon; members of the group `hubmirror` may use it.",
     "Nothing to do."},
    {"control.request", "ee3ff77ee9a642679caa7db143b24a83", "An operator asked for something",
     "A command came through the control socket; the line names it and who sent it.",
     "Nothing to do."},
    {"database.down", "5e7f49cfaf3046169ecbcea16e8aa88a", "PostgreSQL is not reachable",
     "The connection was lost or refused. Polling waits; nothing is lost, and the daemon stays up "
     "and tries again without end.",
     "Check `pg_isready`, disk space and the server's log. The daemon resumes alone."},
    {"database.up", "a1e3bf6261254fc0ba37550c4b592329", "PostgreSQL is reachable again",
     "The database answers; work resumes at the last committed cursor.", "Nothing to do."},
    {"portal.held", "edd2e3e583de4d848062f36a20b1b5d8", "A whole portal waits",
     "No stream of portal @HUBMIRROR_PORTAL@ can go on, for the reason in the message: its token, "
     "its portal id, its secret, or its database schema. Other portals are not affected.",
     "Run `hubmirror status @HUBMIRROR_PORTAL@`, which names the next step; `hubmirror portal test "
     "@HUBMIRROR_PORTAL@` checks the token."},
    {"portal.resumed", "8b3cac2ff9064b4892849a7e688a275a", "A portal is mirrored again",
     "What held portal @HUBMIRROR_PORTAL@ back is over.", "Nothing to do."},
    {"portal.passive", "ca26cd46b276430791d4a486eb647ef9", "Another daemon owns the portal",
     "The schema of portal @HUBMIRROR_PORTAL@ is being written by another hubmirrord, so this one "
     "only watches. It takes over when the other is silent for a minute.",
     "If that is not meant, take the portal out of one of the two configurations."},
    {"readers.missing", "0348938de55d442aa4e81128b203896a",
     "A role that should be let read does not exist",
     "`readers` of portal @HUBMIRROR_PORTAL@ names a role that PostgreSQL does not know. The "
     "portal "
     "is mirrored all the same, and the other roles can read.",
     "CREATE ROLE for it, and it may read within seconds; or take it out of `readers` and reload."},
    {"stream.state", "85d24e11ca3947a7bf257f77cc5cdad4", "The state of a stream changed",
     "@HUBMIRROR_PORTAL@/@HUBMIRROR_OBJECT@ entered the state in the message.",
     "If it is blocked or failing, `hubmirror status @HUBMIRROR_PORTAL@` names the next step."},
    {"stream.suspicious", "e7a25db8930c4208af511714dbae594d",
     "Too many records would be marked gone",
     "One walk of @HUBMIRROR_PORTAL@/@HUBMIRROR_OBJECT@ would mark more records as erased or "
     "purged than is usual, or most lost the value of one property. Nothing was marked.",
     "Look in HubSpot whether that is true. If it is, run `hubmirror resolve "
     "@HUBMIRROR_PORTAL@/@HUBMIRROR_OBJECT@ --accept`; if not, check the token's scopes and "
     "permissions."},
    {"poll.failed", "8775ff45c41c4f3f910449ab0dca1121", "A step could not be finished",
     "HubSpot or the database did not let a step of @HUBMIRROR_PORTAL@/@HUBMIRROR_OBJECT@ end. Its "
     "cursor did not move and the step is tried again.",
     "Nothing, if it passes. Otherwise read the message: it names the cause and the next step."},
    {"backfill.started", "675c22ba28cd41f6b160f35c80609cad", "The first load of a stream began",
     "All records of @HUBMIRROR_PORTAL@/@HUBMIRROR_OBJECT@ are read once; changes are followed at "
     "the same time.",
     "Nothing to do. `hubmirror status --watch` shows the progress."},
    {"backfill.finished", "8d67f41ada31432ca1f113c317929c3b", "The first load of a stream ended",
     "Every record of @HUBMIRROR_PORTAL@/@HUBMIRROR_OBJECT@ is in the mirror.", "Nothing to do."},
    {"selection.unmatched", "1bfe877c91b84467a82e97fbea4ef7c9",
     "A selected property does not exist",
     "`properties` of @HUBMIRROR_PORTAL@/@HUBMIRROR_OBJECT@ names something that no property of "
     "the "
     "portal fits: a slip, or a property that was deleted.",
     "Correct the name in the configuration, then `systemctl reload hubmirror`."},
    {"archived.unsupported", "0a7c1f5be3d84f0f9b6e2d4c8a913e57", "There is no archived list",
     "HubSpot has no archived list of @HUBMIRROR_PORTAL@/@HUBMIRROR_OBJECT@. Who was archived "
     "leaves the live list, which is walked more often for it.",
     "Nothing to do; archives show as late as the sweep comes round."},
    {"sweep.wanted", "5a65d2dac6a0460dad84bd933f08e4b5", "A full walk was asked for",
     "The mirror of @HUBMIRROR_PORTAL@/@HUBMIRROR_OBJECT@ is to be compared with HubSpot's whole "
     "list, for the reason in the message.",
     "Nothing to do."},
    {"sweep.finished", "83429c106c4e437981a437e9f0f445b9", "A full walk ended",
     "Every live record of @HUBMIRROR_PORTAL@/@HUBMIRROR_OBJECT@ was read and compared.",
     "Nothing to do."},
    {"links.refused", "5d3b1f0c7a9e4f62a1c08b7e64d2953f", "Associations cannot be read",
     "HubSpot refused the associations of @HUBMIRROR_PORTAL@/@HUBMIRROR_OBJECT@ with another type, "
     "for the reason in the message. Other associations go on.",
     "Where a scope is missing, grant it; the next reading of all associations asks again."},
    {"links.one_way", "8e42c70d91b64a35b0f7a6d25c19e384", "A pair of types is linked one way",
     "HubSpot shows the associations in the message from @HUBMIRROR_PORTAL@/@HUBMIRROR_OBJECT@ "
     "only, and nothing on the other side. They are read from here from now on.",
     "Nothing to do; `type_id` of these links is that of this direction."},
    {"verify.divergent", "dcba0209f7aa470f8eb95cf36a603606", "Mirror and portal differed",
     "A comparison of @HUBMIRROR_PORTAL@/@HUBMIRROR_OBJECT@ found what nothing else had: the "
     "message "
     "says what, and whether it was mended.",
     "`different`: who writes to the mirror? `missing` or `stale` without an outage: report it."},
    {"types.found", "ed8c1eda603b4f4abcae087100d6d85c", "Custom objects were found",
     "Portal @HUBMIRROR_PORTAL@ has the custom objects in the message; those that are asked for "
     "are "
     "mirrored from now on.",
     "Nothing to do."},
    {"reference.refused", "7150e44b6b524d77ac579ab7b26e4ea3",
     "A table beside the records is not read",
     "HubSpot refused owners, teams, users, pipelines, lists or marketing events of portal "
     "@HUBMIRROR_PORTAL@, for the reason in the message. The table keeps what it holds; everything "
     "else goes on.",
     "Where a scope is missing and you want the table, grant it; the next cycle asks again."},
    {"walk.unordered", "4a8e3dac2da54cbc8e45157cc62a21d5", "A list is not in order",
     "HubSpot's list of @HUBMIRROR_PORTAL@/@HUBMIRROR_OBJECT@ was not ascending by id, so absence "
     "cannot be read off its pages. It is walked in one piece and every id is noted, which is "
     "slower.",
     "Nothing to do."},
    {"table.created", "7616dcdf12654e0ba69b4d22c377a5cf", "A table was created",
     "@HUBMIRROR_OBJECT@ of portal @HUBMIRROR_PORTAL@ has its table now and is loaded from the "
     "beginning.",
     "Nothing to do."},
    {"schema.changed", "b043cec5817e4ba186652a475677fa2a", "A table follows HubSpot's properties",
     "Columns or views of @HUBMIRROR_PORTAL@/@HUBMIRROR_OBJECT@ were added or changed.",
     "Nothing to do."},
    {"schema.blocked", "c28cab12b2d44599bb7ccefd30450543", "A change of a table has to wait",
     "A lock, or a view or index that is not ours, keeps @HUBMIRROR_PORTAL@/@HUBMIRROR_OBJECT@ "
     "from changing. Values are kept in _overflow meanwhile and the change is tried again.",
     "Look at blocked_by in the table `properties` of the portal's schema."},
    {"record.quarantined", "ed227895e3aa433ea850aa3a35021327", "A record could not be stored",
     "PostgreSQL refused a record of @HUBMIRROR_PORTAL@/@HUBMIRROR_OBJECT@. It is kept whole in "
     "_quarantine; other records are not held up.",
     "Look at _quarantine in the portal's schema; the reason is there."},
    {"record.unreadable", "3d0c9e5f7b1a4c62a8d4e1f09b7c5236", "HubSpot cannot show a record",
     "HubSpot fails whenever the record in the message is asked for, and answers for others at the "
     "same time. It is named in _quarantine and asked for again at every sweep, a history every "
     "hour; other records are not held up.",
     "Open the record in HubSpot, or give HubSpot's support its id. `hubmirror quarantine retry "
     "@HUBMIRROR_PORTAL@/@HUBMIRROR_OBJECT@` asks at once."},
    {"request.smaller", "5b8f2a1c94e74d0f8c36d7a2e9014b6d", "Less is asked for at once",
     "HubSpot failed to answer a request for several records of "
     "@HUBMIRROR_PORTAL@/@HUBMIRROR_OBJECT@, so fewer are asked for until one that cannot be read "
     "stands alone, or all are read.",
     "Nothing to do."},
    {"answer.distrusted", "c1f4e07a6d2b49b5a3e8905b7f6d1c20",
     "An answer was not what was asked for",
     "HubSpot answered for @HUBMIRROR_PORTAL@/@HUBMIRROR_OBJECT@ in a way that breaks its own "
     "rules; "
     "the message says how. What it says is read in another way.",
     "Nothing, if it passes. If it lasts, report the message."},
});

}  // namespace

std::span<const EventKind> EventTable() {
  return kEvents;
}

const EventKind* FindEvent(std::string_view name) {
  const auto found = std::ranges::find(kEvents, name, &EventKind::name);
  return found == kEvents.end() ? nullptr : &*found;
}

std::string CatalogText() {
  std::string text = "# What `journalctl -x` says about the events of hubmirrord.\n";
  for (const EventKind& event : kEvents) {
    text.append("\n-- ").append(event.message_id).append("\n");
    text.append("Subject: ").append(event.subject).append("\n");
    text.append("Defined-By: hubmirror\nDocumentation: man:hubmirrord(8)\n\n");
    text.append(event.cause).append("\n\nNext: ").append(event.next_step).append("\n");
  }
  return text;
}

}  // namespace hubmirror
