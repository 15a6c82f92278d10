#pragma once

#include <string_view>

namespace hubmirror {

/// What a column of ours says of itself. Pure data.
struct Words {
  std::string_view column;
  std::string_view text;
};

// The tables that are there only in portals that may be written to.

inline constexpr Words kOutbox[] = {
    {"id", "The number of the row"},
    {"key", "The caller's own: a second row of the same key is refused"},
    {"op", "What is to be done: update, create, upsert or archive"},
    {"record_id", "HubSpot's id of the record; minus the id of the row that makes it"},
    {"match_property", "Of an upsert: a property whose values are unique"},
    {"match_value", "Of an upsert: the value that names the record"},
    {"properties", "The values to be written, by HubSpot's name; null clears one"},
    {"associations", "The records to be linked, or no longer: their object, id or key, and label"},
    {"depends_on", "The rows that have to be done before it"},
    {"linking", "The object with whose records what the row made is being linked; NULL: none yet"},
    {"base", "What the mirror had of these properties: a newer value is not written over"},
    {"on_conflict", "hold: a row that HubSpot has a newer value for waits for a person"},
    {"not_before", "Not carried out before then"},
    {"dry_run", "true: everything is done but sending it"},
    {"state", "queued, sending, written, unknown, conflict, rejected, failed, done or cancelled"},
    {"reason", "Why it is in that state, in a word; NULL where there is no why"},
    {"message", "What is wrong and what to do about it"},
    {"http_status", "The HTTP status of the last answer"},
    {"correlation_id", "HubSpot's name of the last request, for its support"},
    {"attempts", "How often it was sent"},
    {"result_id", "The record that was written; another one than record_id after a merge"},
    {"sent", "Exactly what was last sent; of a dry run, what would have been"},
    {"answered", "What HubSpot's answer showed of it"},
    {"differs", "Values that are not as they were asked for, by HubSpot's name"},
    {"feed_seq", "The seq of the record's last entry in changes when the row was done"},
    {"guard", "A random number of its own"},
    {"turn", "Rows of one record are carried out in this order"},
    {"created_by", "Who put it here: the role that was set, else who was logged in"},
    {"created_at", "When the transaction began that put it here"},
    {"retried_at", "When a person last let it be tried again"},
    {"first_sent_at", "When it was first sent, by HubSpot's clock"},
    {"sent_at", "When it was last sent, by HubSpot's clock"},
    {"answered_at", "The record's stamp of change in the answer, by HubSpot's clock"},
    {"done_at", "When it ended"},
};
inline constexpr Words kOutboxLog[] = {
    {"day", "The day of it, in UTC"},
    {"at", "When it happened, by the server's clock"},
    {"outbox_id", "The row of outbox"},
    {"attempt", "How often the row had been sent"},
    {"event", "sending, queued again, written, done, ...; cancelled and retried by a person"},
    {"request_id", "Not used yet"},
    {"http_status", "The HTTP status of the answer"},
    {"category", "Why, in a word"},
    {"correlation_id", "HubSpot's name of the request"},
    {"before", "What the row was based on"},
    {"sent", "What was sent"},
    {"by", "Who put the row into outbox, cancelled or retried it"},
};
inline constexpr Words kWritable[] = {
    {"property", "HubSpot's name of the property"},
    {"op",
     "What may be done with it: update, create, upsert, archive; associate and disassociate: the "
     "object that records are linked with; match: a record is known by it; "
     "key: set by hubmirror in what it makes; unguarded: records may be made that nothing tells "
     "apart; dry_run: nothing is sent"},
    {"rule", "Not used yet"},
};
inline constexpr Words kEcho[] = {
    {"id", "HubSpot's id of the record; 0: it is being made"},
    {"property", "HubSpot's name of the property; .archived or .link where it is none"},
    {"value_hash", "A hash of the value, the same for all spellings of it"},
    {"outbox_id", "The row of outbox that wrote it"},
    {"until", "When it is forgotten"},
    {"names_record", "No other record has the value: it tells the one that is being made"},
};
inline constexpr Words kWriteState[] = {
    {"reason", "Why, in a word: paused, mass, refusals, copy, restored, widened"},
    {"message", "Why, for people"},
    {"since", "Since when"},
    {"by", "Who paused it"},
};
inline constexpr Words kWriteInstances[] = {
    {"instance", "The id of the daemon, as in its state directory"},
    {"since", "Since when it may"},
};
inline constexpr Words kWriteMinutes[] = {
    {"op", "What the rows asked for"},
    {"at", "The minute"},
    {"rows", "How many rows were sent in it"},
};
inline constexpr Words kWriteRefusals[] = {
    {"at", "When it was last counted"},
    {"ended", "How many rows have ended"},
    {"refused", "How many of them HubSpot refused, by reason"},
};
inline constexpr Words kWriteReleased[] = {
    {"object", "The object of the record, by its table"},
    {"record_id", "HubSpot's id of the record"},
    {"sent_at", "What was sent until then no longer counts, by HubSpot's clock"},
    {"at", "When a person released it"},
};

}  // namespace hubmirror
