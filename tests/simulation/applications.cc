#include "simulation/applications.h"

#include <array>
#include <charconv>
#include <stdexcept>

#include "postgres/outbox/outbox_inspection.h"
#include "postgres/session/connection.h"

namespace hubmirror::simulation {
namespace {

constexpr size_t kRecent = 6;

std::string Literal(const std::string& text) {
  std::string quoted = "'";
  for (const char letter : text) quoted.append(letter == '\'' ? 2 : 1, letter);
  return quoted + "'";
}

std::vector<std::string> Words(const std::string& text) {
  std::vector<std::string> words;
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find(' ', begin), text.size());
    words.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return words;
}

// Whoever moves a row, and from where to where, as told by nobody but the table.
constexpr const char* kWatch = R"(
  CREATE TABLE public.moves (n bigint GENERATED ALWAYS AS IDENTITY, id bigint, before text,
    after text, reason text, by text);
  CREATE FUNCTION public.note_move() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    INSERT INTO public.moves (id, before, after, reason, by)
      VALUES (NEW.id, OLD.state, NEW.state, NEW.reason, session_user);
    RETURN NEW;
  END $$;
  CREATE TRIGGER note_move AFTER UPDATE ON acme.outbox FOR EACH ROW
    WHEN (OLD.state IS DISTINCT FROM NEW.state OR OLD.reason IS DISTINCT FROM NEW.reason)
    EXECUTE FUNCTION public.note_move();)";

}  // namespace

Applications::Applications(const Database& database, HubSpot& hubspot, const Setup& setup,
                           Tell tell)
    : database_(database), hubspot_(hubspot), setup_(setup), tell_(std::move(tell)) {
  for (const std::string& object : setup.objects) {
    if (WritingOf(object, setup).any()) objects_.push_back(object);
  }
}

bool Applications::Ready() {
  if (ready_) return true;
  if (!owner_) owner_ = std::make_unique<testing::Session>(database_.dsn);
  if (owner_->Run("SELECT to_regclass('acme.outbox')").empty()) return false;
  if (owner_->Run("SELECT count(*) FROM acme._writable") == "0") return false;
  owner_->Run(kWatch);
  writer_ = std::make_unique<testing::Session>(database_.writer_dsn);
  return ready_ = true;
}

std::string Applications::NewValue(const char* whose) {
  return whose + std::to_string(++values_);
}

Applications::Target Applications::DrawTarget(simulated_portal::Random& random,
                                              const std::string& object) {
  if (random.Chance(0.5)) {
    for (const Target& target : recent_) {
      if (target.object == object && random.Chance(0.5)) return target;
    }
  }
  auto& records = hubspot_.portal().objects[simulated_portal::FindObjectType(object)].records;
  const bool gone = random.Chance(0.05);
  auto* record = records.DrawRecord(random, gone ? simulated_portal::RecordState::kArchived
                                                 : simulated_portal::RecordState::kLive);
  if (record == nullptr)
    record = records.DrawRecord(random, simulated_portal::RecordState::kMerged);
  const Target target{.object = object, .id = record == nullptr ? 999'999'999 : record->id};
  recent_.push_front(target);
  if (recent_.size() > kRecent) recent_.pop_back();
  return target;
}

std::string Applications::DrawValues(simulated_portal::Random& random, const std::string& object,
                                     bool creates) {
  const std::vector<std::string> names = WritingOf(object, setup_).update;
  std::string values;
  for (size_t i = 0; i < names.size(); ++i) {
    const bool named = creates && i == 0;
    if (!named && !random.Chance(creates ? 0.3 : 0.5)) continue;
    std::string value = NewValue("ours ");
    if (!named && random.Chance(0.1)) value.clear();
    values += (values.empty() ? "" : ", ") + Literal(names[i]) + ", " +
              (value.empty() ? "NULL" : Literal(value));
  }
  if (values.empty()) values = Literal(names.front()) + ", " + Literal(NewValue("ours "));
  if (creates && object == "contacts") {
    // Some of them are, or will be, of somebody else.
    const std::string name = random.Chance(0.2) ? "up" + std::to_string(random.Below(40))
                                                : "made" + std::to_string(++values_);
    values += ", 'email', " + Literal(name + "@example.com");
  }
  if (creates && object == "deals") {
    values += ", 'dealstage', 'appointmentscheduled', 'pipeline', 'default'";
  }
  return "jsonb_build_object(" + values + ")";
}

std::string Applications::DrawLabel(simulated_portal::Random& random, const std::string& object,
                                    const std::string& other) {
  if (!random.Chance(0.5)) return {};
  const std::string labels = owner_->Run(
      "SELECT string_agg(label, '|' ORDER BY label) FROM (SELECT DISTINCT label FROM"
      " acme._outbox_labels(" +
      Literal(object) + ", " + Literal(other) + ") WHERE label <> '') l");
  std::vector<std::string> all;
  for (size_t begin = 0; begin < labels.size();) {
    const size_t end = std::min(labels.find('|', begin), labels.size());
    all.push_back(labels.substr(begin, end - begin));
    begin = end + 1;
  }
  return all.empty() ? "" : all[random.Below(all.size())];
}

std::string Applications::DrawLink(simulated_portal::Random& random, const std::string& object) {
  const std::vector<std::string> others = WritingOf(object, setup_).associate;
  if (others.empty()) return {};
  const std::string other = others[random.Below(others.size())];
  const std::string label = DrawLabel(random, object, other);
  // A record that an earlier row makes, or one that is there.
  std::string end = ", 'id', " + std::to_string(DrawTarget(random, other).id);
  if (random.Chance(0.3)) {
    const std::string made = owner_->Run(
        "SELECT max(id) FROM acme.outbox WHERE op = 'create' AND object = " + Literal(other));
    if (!made.empty()) end = ", 'id', -" + made;
  }
  return "jsonb_build_array(jsonb_build_object('object', " + Literal(other) + end +
         (label.empty() ? "" : ", 'label', " + Literal(label)) + "))";
}

std::string Applications::DrawRow(simulated_portal::Random& random) {
  const std::string object = objects_[random.Below(objects_.size())];
  const ObjectWritePlan plan = WritingOf(object, setup_);
  const auto kind = random.Below(100);
  const auto row = [&](const std::string& columns, const std::string& values) {
    std::string more_columns;
    std::string more_values;
    if (random.Chance(0.2)) {
      more_columns += ", key";
      more_values += ", " + Literal("Key " + std::to_string(++keys_));
    }
    if (random.Chance(0.1)) {
      more_columns += ", not_before";
      more_values +=
          ", clock_timestamp() + interval '" + std::to_string(random.Between(1, 400)) + " s'";
    }
    if (random.Chance(0.04)) {
      more_columns += ", dry_run";
      more_values += ", true";
    }
    return "INSERT INTO acme.outbox (object, op, " + columns + more_columns + ") VALUES (" +
           Literal(object) + ", " + values + more_values + ");";
  };
  if (kind < 45) {
    const Target target = DrawTarget(random, object);
    static constexpr std::array<const char*, 3> kRules = {"'hold'", "'ours'", "'theirs'"};
    const std::string rule = random.Chance(0.3) ? kRules[random.Below(3)] : "NULL";
    const bool heedless = random.Chance(0.05);
    return row("record_id, properties, on_conflict, base",
               "'update', " + std::to_string(target.id) + ", " + DrawValues(random, object, false) +
                   ", " + rule + ", " + (heedless ? "'{}'" : "NULL"));
  }
  if (kind < 55) {
    const Target target = DrawTarget(random, object);
    return "UPDATE acme." + object + "_write SET " + plan.update.front() + " = " +
           Literal(NewValue("ours ")) + " WHERE id = " + std::to_string(target.id) + ";";
  }
  if (kind < 68) {
    const std::string links = random.Chance(0.4) ? DrawLink(random, object) : "";
    const std::string values = "'create', " + DrawValues(random, object, true);
    return links.empty() ? row("properties", values)
                         : row("properties, associations", values + ", " + links);
  }
  if (kind < 80 && object == "contacts") {
    std::string email;
    const Target target = DrawTarget(random, object);
    if (random.Chance(0.6)) {
      email =
          owner_->Run("SELECT email FROM acme.contacts WHERE id = " + std::to_string(target.id));
    }
    if (email.empty()) email = "up" + std::to_string(random.Below(40)) + "@example.com";
    return row("match_property, match_value, properties",
               "'upsert', 'email', " + Literal(email) + ", " + DrawValues(random, object, false));
  }
  if (kind < 85 && plan.archives()) {
    return row("record_id", "'archive', " + std::to_string(DrawTarget(random, object).id));
  }
  const std::string links = DrawLink(random, object);
  if (links.empty()) return {};
  const std::string record = std::to_string(DrawTarget(random, object).id);
  return row("record_id, associations",
             std::string(random.Chance(0.6) ? "'associate'" : "'disassociate'") + ", " + record +
                 ", " + links);
}

void Applications::Insert(const Event& event) {
  if (!Ready()) return;
  simulated_portal::Random random(event.seed);
  std::string rows;
  for (int64_t i = 0; i < event.count; ++i) rows += DrawRow(random);
  const bool gives_up = random.Chance(0.03);
  try {
    writer_->Run("BEGIN;" + rows + (gives_up ? "ROLLBACK" : "COMMIT"));
    rows_ += event.count;
    tell_("  " + rows);
  } catch (const std::runtime_error& error) {
    writer_->Forget();
    tell_("  " + rows + " is refused: " + error.what());
  }
}

void Applications::ChangeThere(const Event& event) {
  simulated_portal::Random random(event.seed);
  for (int64_t i = 0; i < event.count && !recent_.empty(); ++i) {
    const Target& target = recent_[random.Below(recent_.size())];
    const std::vector<std::string> names = WritingOf(target.object, setup_).update;
    hubspot_.Change("mutate", R"({"object":")" + target.object + R"(","kind":"update","id":")" +
                                  std::to_string(target.id) + R"(","properties":{")" +
                                  names[random.Below(names.size())] + R"(":")" +
                                  NewValue("theirs ") + R"("}})");
  }
}

void Applications::Decide(const Event& event) {
  if (!Ready()) return;
  simulated_portal::Random random(event.seed);
  const auto kind = random.Below(4);
  if (kind == 3) return Help();
  const std::string states = kind == 0   ? "('queued', 'conflict', 'failed')"
                             : kind == 1 ? "('conflict', 'failed')"
                                         : "('queued', 'unknown')";
  const std::vector<std::string> rows = Words(writer_->Run(
      "SELECT string_agg(id::text, ' ' ORDER BY id) FROM acme.outbox WHERE state IN " + states));
  if (rows.empty()) return;
  const std::string& row = rows[random.Below(rows.size())];
  static constexpr std::array<const char*, 3> kRules = {"", ", 'ours'", ", 'theirs'"};
  const std::string call = kind == 1 ? "outbox_retry(" + row + kRules[random.Below(3)] + ")"
                                     : "outbox_cancel(" + row + ")";
  tell_("  " + call + " is " + writer_->Run("SELECT acme." + call));
}

void Applications::Help() {
  if (!Ready()) return;
  {
    Connection connection({.dsn = database_.dsn});
    for (const std::string& reason : ReleaseOutbox(connection, "acme", std::nullopt)) {
      tell_("  writing is released, that was held: " + reason);
    }
  }
  const std::vector<std::string> doubts = Words(writer_->Run(
      "SELECT string_agg(id::text, ' ' ORDER BY id) FROM acme.outbox WHERE state = 'unknown' AND"
      " reason = 'doubt'"));
  if (doubts.empty()) return;
  hubspot_.Truth("stats");  // what was late is done by now
  for (const std::string& row : doubts) {
    std::string created;
    for (const auto& entry : hubspot_.portal().writes.entries()) {
      if (entry.op == "create" && entry.trace_id.starts_with(row + ".")) {
        created = ", " + std::to_string(entry.id);
      }
    }
    tell_("  outbox_resolve(" + row + created + ") is " +
          writer_->Run("SELECT acme.outbox_resolve(" + row + created + ")"));
  }
}

}  // namespace hubmirror::simulation
