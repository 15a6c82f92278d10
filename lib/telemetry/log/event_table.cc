#include "telemetry/log/event_table.h"

#include <algorithm>
#include <array>

namespace hubmirror {
namespace {

constexpr auto kEvents = std::to_array<EventKind>({
    {"daemon.started", "76c8ae71e2914e38aa8b7fa4c2224d7b", "The daemon has started",
     "hubmirrord is running, has read its configuration and is opening its port.",
     "Nothing to do. `hubmirror status` shows the streams starting."},
    {"daemon.failed", "b919197cca5f402eb9f262827c12c943", "The daemon could not start",
     "Something that the daemon needs is missing: its port, its state directory or the database's "
     "password. The message names it.",
     "Do what the message says, then `systemctl start hubmirror`."},
    {"daemon.stopping", "e5fd1018fcef41bcb54dc474714dd39a", "The daemon is stopping",
     "It was asked to stop. Steps under way are finished and committed; the next start continues "
     "there.",
     "Nothing to do."},
    {"daemon.stopped", "8966f07e61604789a3c329bf9228b80c", "The daemon has stopped",
     "Every worker has ended and everything under way was committed.", "Nothing to do."},
    {"config.loaded", "8a076846e1bf45ce85fdef0099974fc1", "The configuration was loaded",
     "Every portal and stream that it names is now being mirrored.", "Nothing to do."},
    {"config.reloaded", "74041a6ab0854eb59264923220a23e88", "The configuration was reloaded",
     "The new configuration replaced the old one as a whole.",
     "Nothing to do. `hubmirror config show` prints what is in effect now."},
    {"web.listening", "751d60908e374e01a5a72573455cd8f4", "The local port is open",
     "The status page, checks and metrics are served at the address in the message, to this "
     "machine only.",
     "Nothing to do."},
    {"control.listening", "ca170d94bb89448ab50c09f33347b6db", "The control socket is open",
     "`hubmirror` can now control this daemon; members of the group `hubmirror` may use it.",
     "Nothing to do."},
    {"control.request", "ee3ff77ee9a642679caa7db143b24a83", "An operator asked for something",
     "A command arrived through the control socket; the message names it and who sent it.",
     "Nothing to do."},
    {"database.down", "5e7f49cfaf3046169ecbcea16e8aa88a", "PostgreSQL is not reachable",
     "The connection was lost or refused. Polling waits and nothing is lost; the daemon stays up "
     "and keeps trying.",
     "Check `pg_isready`, disk space and the server's log. The daemon then resumes."},
    {"database.up", "a1e3bf6261254fc0ba37550c4b592329", "PostgreSQL is reachable again",
     "The database answers; work resumes at the last committed cursor.", "Nothing to do."},
    {"portal.held", "edd2e3e583de4d848062f36a20b1b5d8", "A whole portal is waiting",
     "No stream of portal @HUBMIRROR_PORTAL@ can continue, for the reason in the message: its "
     "token, "
     "its portal id, its secret, or its database schema. Other portals are not affected.",
     "Run `hubmirror status @HUBMIRROR_PORTAL@`, which names the next step; `hubmirror portal test "
     "@HUBMIRROR_PORTAL@` checks the token."},
    {"portal.resumed", "8b3cac2ff9064b4892849a7e688a275a", "A portal is mirrored again",
     "Portal @HUBMIRROR_PORTAL@ is no longer held back.", "Nothing to do."},
    {"portal.passive", "ca26cd46b276430791d4a486eb647ef9", "Another daemon owns the portal",
     "Another hubmirrord writes the schema of portal @HUBMIRROR_PORTAL@, so this one only watches. "
     "It takes over once the other has been silent for a minute.",
     "If you did not intend that, remove the portal from one of the two configurations."},
    {"readers.missing", "0348938de55d442aa4e81128b203896a", "A role in `readers` does not exist",
     "`readers` of portal @HUBMIRROR_PORTAL@ names a role that PostgreSQL does not know. The "
     "portal is mirrored all the same, and the other roles can read it.",
     "Create the role, and it can read within seconds; or remove it from `readers` and reload."},
    {"stream.state", "85d24e11ca3947a7bf257f77cc5cdad4", "The state of a stream changed",
     "@HUBMIRROR_PORTAL@/@HUBMIRROR_OBJECT@ entered the state in the message.",
     "If it is blocked or failing, `hubmirror status @HUBMIRROR_PORTAL@` names the next step."},
    {"stream.suspicious", "e7a25db8930c4208af511714dbae594d",
     "Too many records would be marked gone",
     "One walk of @HUBMIRROR_PORTAL@/@HUBMIRROR_OBJECT@ would mark more records as erased or "
     "purged than is usual, or most lost the value of one property. Nothing was marked.",
     "Check in HubSpot whether that is true. If it is, run `hubmirror resolve "
     "@HUBMIRROR_PORTAL@/@HUBMIRROR_OBJECT@ --accept`; if not, check the token's scopes and "
     "permissions."},
    {"poll.failed", "8775ff45c41c4f3f910449ab0dca1121", "A step failed",
     "HubSpot or the database kept a step of @HUBMIRROR_PORTAL@/@HUBMIRROR_OBJECT@ from finishing. "
     "Its cursor did not move, and the step is retried.",
     "Nothing, if it passes. Otherwise read the message, which names the cause and the next step."},
    {"step.bug", "b7c41c0e5f5d4c0a9d0b6a1f3e8d2c94", "A step met a bug in hubmirror",
     "A step of @HUBMIRROR_PORTAL@ ended in a way that hubmirror does not foresee. Its cursor did "
     "not move, the step is retried with growing pauses, and everything else continues.",
     "Report the message, with `hubmirror support-bundle`."},
    {"backfill.started", "675c22ba28cd41f6b160f35c80609cad", "The first load of a stream has begun",
     "All records of @HUBMIRROR_PORTAL@/@HUBMIRROR_OBJECT@ are read once; changes are followed at "
     "the same time.",
     "Nothing to do. `hubmirror status --watch` shows the progress."},
    {"backfill.finished", "8d67f41ada31432ca1f113c317929c3b", "The first load of a stream is done",
     "Every record of @HUBMIRROR_PORTAL@/@HUBMIRROR_OBJECT@ is in the mirror.", "Nothing to do."},
    {"selection.unmatched", "1bfe877c91b84467a82e97fbea4ef7c9",
     "A selected property does not exist",
     "`properties` of @HUBMIRROR_PORTAL@/@HUBMIRROR_OBJECT@ names something that matches no "
     "property of the portal: a typing mistake, or a property that was deleted.",
     "Correct the name in the configuration, then `systemctl reload hubmirror`."},
    {"archived.unsupported", "0a7c1f5be3d84f0f9b6e2d4c8a913e57", "There is no archived list",
     "HubSpot has no archived list of @HUBMIRROR_PORTAL@/@HUBMIRROR_OBJECT@. Records that are "
     "archived drop out of the live list, which is walked more often for that reason.",
     "Nothing to do; archived records are noticed with the next sweep."},
    {"sweep.wanted", "5a65d2dac6a0460dad84bd933f08e4b5", "A full walk was requested",
     "The mirror of @HUBMIRROR_PORTAL@/@HUBMIRROR_OBJECT@ will be compared with HubSpot's whole "
     "list, for the reason in the message.",
     "Nothing to do."},
    {"sweep.finished", "83429c106c4e437981a437e9f0f445b9", "A full walk ended",
     "Every live record of @HUBMIRROR_PORTAL@/@HUBMIRROR_OBJECT@ was read and compared.",
     "Nothing to do."},
    {"links.refused", "5d3b1f0c7a9e4f62a1c08b7e64d2953f", "Associations could not be read",
     "HubSpot refused the associations of @HUBMIRROR_PORTAL@/@HUBMIRROR_OBJECT@ with another type, "
     "for the reason in the message. Other associations are not affected.",
     "If a scope is missing, grant it; the next reading of all associations tries again."},
    {"links.one_way", "8e42c70d91b64a35b0f7a6d25c19e384", "A pair of types is linked one way",
     "HubSpot shows the associations in the message from @HUBMIRROR_PORTAL@/@HUBMIRROR_OBJECT@ "
     "only, and nothing from the other side. From now on they are read from this side.",
     "Nothing to do; `type_id` of these links is that of this direction."},
    {"links.both_ways", "c8ba74ee71884fb285326da16b6331ae",
     "A pair of types is linked both ways after all",
     "HubSpot shows the associations in the message from both sides again. From now on "
     "@HUBMIRROR_PORTAL@/@HUBMIRROR_OBJECT@ is not asked for them any more.",
     "Nothing to do."},
    {"verify.divergent", "dcba0209f7aa470f8eb95cf36a603606", "Mirror and portal differed",
     "A comparison of @HUBMIRROR_PORTAL@/@HUBMIRROR_OBJECT@ found differences that nothing else "
     "had found. The message says which, and whether they were repaired.",
     "`different`: who writes to the mirror? `missing` or `stale` without an outage: report it."},
    {"types.found", "ed8c1eda603b4f4abcae087100d6d85c", "Custom objects were found",
     "Portal @HUBMIRROR_PORTAL@ has the custom objects in the message; those that the "
     "configuration asks for are mirrored from now on.",
     "Nothing to do."},
    {"reference.refused", "7150e44b6b524d77ac579ab7b26e4ea3",
     "Owners, lists or the like cannot be read",
     "HubSpot refused owners, teams, users, pipelines, lists or marketing events of portal "
     "@HUBMIRROR_PORTAL@, for the reason in the message. The table keeps its rows; everything else "
     "is mirrored as usual.",
     "If a scope is missing and you want the table, grant it; the next cycle tries again."},
    {"walk.unordered", "4a8e3dac2da54cbc8e45157cc62a21d5", "A list is not in order",
     "HubSpot's list of @HUBMIRROR_PORTAL@/@HUBMIRROR_OBJECT@ was not ascending by id, so its "
     "pages do not prove which records are absent. It is walked in one piece and every id is "
     "noted, which is slower.",
     "Nothing to do."},
    {"write.blocked", "bc5575b8f3704c3a8fcdaf4732e65398", "Rows of the outbox wait",
     "HubSpot does not let the token of @HUBMIRROR_PORTAL@ write @HUBMIRROR_OBJECT@, for the "
     "reason "
     "in the message. Nothing was sent, and no row has failed; reading goes on.",
     "Grant the scope, or take the object out of write.objects. It is tried again every five "
     "minutes."},
    {"write.failed", "bc0ec898bb58440facb3684a886d5bda", "The outbox cannot be worked on",
     "A statement on the table outbox of @HUBMIRROR_PORTAL@ failed, with the words in the message. "
     "Rows stay as they are; what was under way is looked into after two minutes; reading goes on.",
     "Mend what PostgreSQL says. It is tried again every ten seconds."},
    {"write.held", "6f0f6d0e5b7a4c0c9a3f1d2b8e4c7a91", "Nothing more is written to HubSpot",
     "A brake holds the rows of @HUBMIRROR_PORTAL@/@HUBMIRROR_OBJECT@ in the table outbox, for the "
     "reason in the message. Rows are taken in and wait; reading goes on.",
     "Look at the rows (`hubmirror write list @HUBMIRROR_PORTAL@/@HUBMIRROR_OBJECT@`), cancel what "
     "is not meant, then `hubmirror write release @HUBMIRROR_PORTAL@`."},
    {"write.no_view", "7d0c6a539d7c4b0e8a1f5c3e2b7f9d41", "There is no view to write into",
     "A relation of somebody's in the schema of @HUBMIRROR_PORTAL@ is called "
     "@HUBMIRROR_OBJECT@_write, as the view would be that inserts into the table outbox. It stays "
     "as "
     "it is. Rows of outbox are carried out all the same.",
     "Rename or drop that relation, then run `hubmirror reload`; or insert into outbox."},
    {"table.created", "7616dcdf12654e0ba69b4d22c377a5cf", "A table was created",
     "@HUBMIRROR_OBJECT@ of portal @HUBMIRROR_PORTAL@ has a new table and is loaded from the "
     "beginning.",
     "Nothing to do."},
    {"schema.changed", "b043cec5817e4ba186652a475677fa2a", "A table follows HubSpot's properties",
     "Columns or views of @HUBMIRROR_PORTAL@/@HUBMIRROR_OBJECT@ were added or changed.",
     "Nothing to do."},
    {"schema.blocked", "c28cab12b2d44599bb7ccefd30450543", "A change to a table has to wait",
     "A lock, or a view or index that is not ours, keeps the table of "
     "@HUBMIRROR_PORTAL@/@HUBMIRROR_OBJECT@ from changing. Meanwhile values are kept in _overflow, "
     "and the change is retried.",
     "Look at blocked_by in the table `properties` of the portal's schema."},
    {"record.quarantined", "ed227895e3aa433ea850aa3a35021327", "A record could not be stored",
     "PostgreSQL refused a record of @HUBMIRROR_PORTAL@/@HUBMIRROR_OBJECT@. It is kept whole in "
     "_quarantine; other records are not affected.",
     "Look at _quarantine in the portal's schema; the reason is there."},
    {"record.unreadable", "3d0c9e5f7b1a4c62a8d4e1f09b7c5236", "HubSpot cannot show a record",
     "HubSpot fails whenever it is asked for the record in the message, but answers for others at "
     "the same time. The record is listed in _quarantine and asked for again at every sweep, or "
     "every hour if it is about a history; other records are not affected.",
     "Open the record in HubSpot, or give its id to HubSpot's support. `hubmirror quarantine retry "
     "@HUBMIRROR_PORTAL@/@HUBMIRROR_OBJECT@` tries at once."},
    {"request.smaller", "5b8f2a1c94e74d0f8c36d7a2e9014b6d", "Fewer records are asked for at once",
     "HubSpot failed to answer a request for several records of "
     "@HUBMIRROR_PORTAL@/@HUBMIRROR_OBJECT@, so the daemon asks for fewer, until the one that "
     "cannot be read is alone or all have been read.",
     "Nothing to do."},
    {"answer.distrusted", "c1f4e07a6d2b49b5a3e8905b7f6d1c20", "An answer did not fit the request",
     "HubSpot answered for @HUBMIRROR_PORTAL@/@HUBMIRROR_OBJECT@ in a way that breaks its own "
     "rules; the message says how. The daemon reads the same data in another way.",
     "Nothing, if it passes. If it lasts, report the message."},
    {"feed.lost_entries", "aa68293510c347c584418c56c2a7a753",
     "The database lost entries of the change feed",
     "PostgreSQL no longer has entries of the feed of portal @HUBMIRROR_PORTAL@ that were "
     "committed: "
     "a failover without them, or a backup. Numbers go on above them, and what they told of is "
     "found again and told under new numbers.",
     "Nothing to do for consumers in this database. One that keeps a number of its own, or that "
     "was "
     "sent those entries, gets them again, two changes perhaps as one."},
    {"webhook.failed", "48f165d57b00c7f4781ef86f5c8cc1ab",
     "The receiver of a webhook takes nothing",
     "The receiver of a webhook of portal @HUBMIRROR_PORTAL@ did not answer, or not as one that "
     "took "
     "what it was sent; the message says how. It is asked again, later and later, and no entry is "
     "lost meanwhile.",
     "Look at the receiver and at what is between it and this machine."},
    {"webhook.stopped", "017f9ee6725ed09d3a0562d56abd685a", "A webhook is stopped",
     "The receiver of a webhook of portal @HUBMIRROR_PORTAL@ said that it is gone, failed for too "
     "long or refused one entry after another; the message says which. Nothing more is sent to it. "
     "Entries stay as long as the feed keeps them.",
     "Mend the receiver, then `hubmirror feed webhook start @HUBMIRROR_PORTAL@ NAME`; or remove "
     "the "
     "webhook from the configuration."},
    {"webhook.recovered", "b6043106a85f68b6daa8b2a668d605d4", "A webhook is taken again",
     "The receiver of a webhook of portal @HUBMIRROR_PORTAL@ takes what it is sent again; it is "
     "told everything that waited, in order.",
     "Nothing to do."},
    {"webhook.waits", "38f12d92a28f17d83ce44e27424458b6", "A webhook waits for the database",
     "Where a webhook stands could not be read or noted. It goes on where it was.",
     "Nothing, if it passes. Otherwise read the message."},
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
