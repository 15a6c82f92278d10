#include "jobs/stream_debts.h"

#include <algorithm>
#include <utility>

#include "base/json_fields.h"

namespace hubmirror {

void WantedWalks::Ended(int64_t before) {
  served = std::max(served, before);
}

void WantedWalks::Join(const WantedWalks& stored) {
  const bool one_stands = stand() || stored.stand();
  const bool strangers = wanted != 0 && wanted != stored.wanted;
  wanted = std::max(wanted, stored.wanted);
  // Neither side's walks know of the other's wishes.
  if (one_stands && strangers) ++wanted;
  served = one_stands ? wanted - 1 : wanted;
}

void StreamDebts::WantSweep(bool owed, std::optional<TimePoint> since, std::string why) {
  sweep_owed = sweep_owed || owed;
  const bool stood = sweeps.stand();
  ++sweeps.wanted;
  if (stood) return;
  sweep_since = since;
  sweep_why = std::move(why);
}

void StreamDebts::SweepEnded(int64_t before) {
  sweeps.Ended(before);
  if (sweeps.stand()) return;
  sweep_owed = false;
  sweep_since.reset();
  sweep_why.clear();
}

void StreamDebts::Join(const StreamDebts& stored) {
  if (!sweeps.stand()) {
    sweep_since = stored.sweep_since;
    sweep_why = stored.sweep_why;
  }
  sweep_owed = sweep_owed || stored.sweep_owed;
  sweeps.Join(stored.sweeps);
  archived.Join(stored.archived);
  if (!load_began) load_began = stored.load_began;
  if (mass_gone.empty()) mass_gone = stored.mass_gone;
}

std::string ToText(const StreamDebts& debts) {
  JsonFieldWriter fields;
  fields.Put("sweeps_wanted", debts.sweeps.wanted);
  fields.Put("sweeps_served", debts.sweeps.served);
  fields.Put("archived_wanted", debts.archived.wanted);
  fields.Put("archived_served", debts.archived.served);
  fields.Put("sweep_owed", debts.sweep_owed);
  fields.Put("sweep_since", debts.sweep_since);
  fields.Put("sweep_why", debts.sweep_why);
  fields.Put("load_began", debts.load_began);
  fields.Put("mass_gone", debts.mass_gone);
  return fields.Text();
}

StreamDebts ParseStreamDebts(std::string_view text) {
  const auto fields = JsonFields::Parse(text);
  if (!fields) return {};
  const auto walks = [&](std::string_view wanted, std::string_view served) {
    return WantedWalks{.wanted = fields->Number(wanted).value_or(0),
                       .served = fields->Number(served).value_or(0)};
  };
  return {.sweeps = walks("sweeps_wanted", "sweeps_served"),
          .archived = walks("archived_wanted", "archived_served"),
          .sweep_owed = fields->Flag("sweep_owed"),
          .sweep_since = fields->Time("sweep_since"),
          .sweep_why = fields->Text("sweep_why"),
          .load_began = fields->Time("load_began"),
          .mass_gone = fields->Text("mass_gone")};
}

}  // namespace hubmirror
