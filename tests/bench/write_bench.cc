// What writing back asks of the database: how long it takes to find whose turn it is and to claim
// it, in an outbox that holds many rows that have ended, wait or are parked; by which indexes;
// what is done every hour; and what knowing own changes costs.
// usage: write_bench [ROWS]    (1000000)
// Exit status 1 when a promised figure is missed by more than a quarter, or a pick reads the table.

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <iomanip>
#include <iostream>
#include <string>
#include <vector>

#include "postgres/outbox/outbox_upkeep.h"
#include "postgres/outbox_fixture.h"
#include "promised.h"

namespace hubmirror::testing {
namespace {

using namespace std::chrono_literals;

constexpr int kRounds = 200;
constexpr int64_t kBatch = 100;
const TimePoint kSentAt = Second(1'700'000'000);

/// An outbox whose rows are put there as they would stand: the bench measures what comes then.
struct Outbox : OutboxFixture {
  explicit Outbox(bool feed = false) {
    PortalPlan asking = Asking({"score", "city"}, feed);
    asking.write.brakes.per_record = 1'000'000;
    asking.write.brakes.max_update = 100'000'000;
    Open(asking);
    MakeContacts(Properties());
  }

  void Put(const std::string& columns, const std::string& values, int64_t rows) const {
    Value("ALTER TABLE acme.outbox DISABLE TRIGGER outbox_insert");
    Value("INSERT INTO acme.outbox (object, op, properties, base, turn, created_at, guard, " +
          columns +
          ") SELECT 'contacts', 'update', '{\"score\": 1}', '{}', "
          "nextval(pg_get_serial_sequence('acme.outbox', 'id')), now(), gen_random_uuid(), " +
          values + " FROM generate_series(1, " + std::to_string(rows) + ") n");
    Value("ALTER TABLE acme.outbox ENABLE ALWAYS TRIGGER outbox_insert");
  }
  /// Half of them done, a quarter parked behind one stuck row, the rest waiting for their time, in
  /// conflict, failed, or for a row that they name.
  void Fill(int64_t rows) const {
    Put("record_id, state, done_at, sent_at, result_id",
        "n, 'done', now() - n * interval '1 s', now(), n", rows / 2);
    Put("record_id, state, sent_at", "1, 'unknown', now() + interval '1 day'", 1);
    const std::string stuck = Value("SELECT max(id) FROM acme.outbox");
    Put("record_id, state, reason", "1, 'queued', 'order'", rows / 4);
    Put("record_id, state, reason, not_before",
        "n, 'queued', 'not_before', now() + interval '1 day'", rows / 16);
    Put("record_id, state, reason", "n, 'queued', 'loop'", rows / 16);
    Put("record_id, state, reason, depends_on",
        "n, 'queued', 'depends', ARRAY[" + stuck + "::bigint]", rows / 16);
    Put("record_id, state", "n, (ARRAY['conflict', 'failed', 'rejected'])[n % 3 + 1]", rows / 16);
    Value("VACUUM ANALYZE acme.outbox");
  }
  void Keep() { OutboxUpkeep(shared_pool(), PortalSchema(plan(), "me")).Keep(); }
};

struct Times {
  std::vector<double> pick;
  std::vector<double> claim;
  std::vector<double> both;
};

/// Rows come a hundred at a time, and each hundred is picked, claimed and done.
Times PickAndClaim(Outbox& outbox) {
  Times times;
  for (int round = 0; round < kRounds; ++round) {
    outbox.Put("record_id, state", std::to_string(10'000'000 + round * kBatch) + " + n, 'queued'",
               kBatch);
    std::vector<OutboxRow> rows;
    times.pick.push_back(MillisecondsOf([&] { rows = outbox.Pick(kSentAt); }));
    if (std::ssize(rows) != kBatch) throw std::runtime_error("a pick has not found its rows");
    std::vector<OutboxClaim> claims;
    for (const OutboxRow& row : rows) {
      claims.push_back(
          {.id = row.id, .attempts = row.attempts, .record = row.record, .sent = {{"score", "1"}}});
    }
    times.claim.push_back(
        MillisecondsOf([&] { outbox.sink().Claim(OutboxFixture::Contacts(), claims, kSentAt); }));
    times.both.push_back(times.pick.back() + times.claim.back());
    std::vector<OutboxChange> changes;
    for (const OutboxRow& row : rows) {
      changes.push_back({.id = row.id,
                         .attempts = row.attempts + 1,
                         .state = OutboxState::kDone,
                         .record = row.record});
    }
    outbox.sink().Change(OutboxFixture::Contacts(), changes);
  }
  return times;
}

int64_t ReadWhole(const Outbox& outbox) {
  outbox.Value("SELECT pg_stat_clear_snapshot()");
  return std::stoll(outbox.Value(
      "SELECT seq_scan FROM pg_stat_user_tables WHERE relid = 'acme.outbox'::regclass"));
}

bool CostOfClaims(int64_t rows) {
  Outbox empty;
  const Times few = PickAndClaim(empty);
  Outbox full;
  full.Fill(rows);
  const int64_t before = ReadWhole(full);
  const Times many = PickAndClaim(full);
  std::cout << "of 100 rows, ms, median and p99; beside no other rows: pick "
            << Quantile(few.pick, 0.5) << ' ' << Quantile(few.pick, 0.99) << ", claim "
            << Quantile(few.claim, 0.5) << ' ' << Quantile(few.claim, 0.99) << '\n'
            << "  beside " << rows << ": pick " << Quantile(many.pick, 0.5) << ' '
            << Quantile(many.pick, 0.99) << ", claim " << Quantile(many.claim, 0.5) << ' '
            << Quantile(many.claim, 0.99) << ", both " << Quantile(many.both, 0.5) << ' '
            << Quantile(many.both, 0.99) << '\n'
            << full.Value(
                   "SELECT string_agg(format('  %s: %s scans', indexrelname, idx_scan), E'\\n'"
                   " ORDER BY idx_scan DESC) FROM pg_stat_user_indexes WHERE relid ="
                   " 'acme.outbox'::regclass AND idx_scan > 0")
            << '\n';
  const bool claim = Judge("pick and claim of 100 rows, ms (p99)", Quantile(many.both, 0.99), 20);
  const bool index =
      Judge("reads of the whole table", static_cast<double>(ReadWhole(full) - before), 0);
  full.Put("record_id, state", "20000000 + n, 'queued'", rows / 2);
  full.Value("VACUUM ANALYZE acme.outbox");
  std::vector<double> upkeep;
  for (int round = 0; round < 5; ++round) upkeep.push_back(MillisecondsOf([&] { full.Keep(); }));
  const bool kept = Judge("what is done every hour, ms (median)", Quantile(upkeep, 0.5), 2000);
  return claim && index && kept;
}

struct Cost {
  double ms = 0;   ///< a row, of this process and its session of the server together
  double wal = 0;  ///< bytes a row
};

/// A hundred updates after the other: claimed, answered, and read back.
Cost CostOfUpdates(bool ledger) {
  Outbox outbox(true);
  std::vector<Told> records;
  for (int64_t id = 1; id <= kBatch; ++id) {
    records.push_back({.id = id, .modified = Second(1'600'000'000), .values = {{"score", "0"}}});
  }
  outbox.Write(records);
  double ms = 0;
  double wal = 0;
  constexpr int kTimes = 60;
  for (int round = 1; round <= kTimes; ++round) {
    const std::string score = std::to_string(round);
    for (int64_t id = 1; id <= kBatch; ++id) outbox.Insert(id, "{\"score\": " + score + "}");
    const std::string at = outbox.Value("SELECT pg_current_wal_insert_lsn()");
    ms += MillisecondsOf([&] {
      const std::vector<OutboxRow> rows = outbox.Pick(kSentAt);
      std::vector<OutboxClaim> claims;
      std::vector<OutboxChange> taken;
      Commit commit = outbox.NewCommit();
      std::vector<Told> shown;
      for (const OutboxRow& row : rows) {
        claims.push_back({.id = row.id, .record = row.record, .sent = {{"score", score}}});
        if (ledger) {
          claims.back().echoes = {
              {.object = "contacts", .id = row.record, .property = "score", .value = score}};
        }
        taken.push_back(
            {.id = row.id, .attempts = 1, .state = OutboxState::kWritten, .record = row.record});
        shown.push_back({.id = row.record.value,
                         .modified = Second(1'600'000'000 + round),
                         .values = {{"score", score}}});
        commit.outbox.push_back(
            {.id = row.id, .attempts = 1, .state = OutboxState::kDone, .record = row.record});
      }
      outbox.sink().Claim(OutboxFixture::Contacts(), claims, kSentAt);
      outbox.sink().Change(OutboxFixture::Contacts(), taken);
      commit.rows.push_back(outbox.Batch(shown));
      outbox.sink().Write(commit);
    });
    wal += std::stod(outbox.Value("SELECT pg_current_wal_insert_lsn() - '" + at + "'::pg_lsn"));
    outbox.clock().Advance(1s);
  }
  const std::string own = outbox.Value("SELECT count(*) FROM acme.changes WHERE origin = 'own'");
  if (own != std::to_string(ledger ? kTimes * kBatch : 0)) {
    throw std::runtime_error(own + " entries are known as own");
  }
  return {ms / (kTimes * kBatch), wal / (kTimes * kBatch)};
}

/// By turns in one run, so that a busy machine slows both.
bool CostOfLedger() {
  std::vector<double> ms[2];
  double wal[2] = {};
  for (int round = 0; round < 3; ++round) {
    for (const bool ledger : {false, true}) {
      const Cost cost = CostOfUpdates(ledger);
      ms[ledger].push_back(cost.ms);
      wal[ledger] = cost.wal;
    }
  }
  const double off = Quantile(ms[0], 0.5);
  const double on = Quantile(ms[1], 0.5);
  std::cout << "an update from claim to done, without HubSpot: " << 1000 / off
            << " a second, with the ledger " << 1000 / on << "; bytes of WAL: " << wal[0] << ", "
            << wal[1] << '\n';
  return Judge("time of an update, with the ledger / without", on / off, 1.5);
}

int Run(int64_t rows) {
  std::cout << std::fixed << std::setprecision(2);
  const bool claims = CostOfClaims(rows);
  const bool ledger = CostOfLedger();
  return claims && ledger ? 0 : 1;
}

}  // namespace
}  // namespace hubmirror::testing

int main(int count, char** words) {
  const int64_t rows = count > 1 ? std::atoll(words[1]) : 1'000'000;
  if (count > 2 || rows < 1000) {
    std::cerr << "usage: write_bench [ROWS], 1000 or more\n";
    return 64;
  }
  try {
    return hubmirror::testing::Run(rows);
  } catch (const std::exception& error) {
    std::cerr << "write_bench: " << error.what() << '\n';
    return 2;
  }
}
