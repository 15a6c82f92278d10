#include "jobs/stream_debts.h"

#include <algorithm>
#include <utility>

#include "base/json_fields.h"

namespace hubmirror {

void StreamDebts::WantSweep(bool owed, std::optional<TimePoint> since, std::string why) {
  sweep_owed = sweep_owed || owed;
  const bool stood = sweep_stands();
  ++sweeps_wanted;
  if (stood) return;
  sweep_since = since;
  sweep_why = std::move(why);
}

void StreamDebts::SweepEnded(int64_t wanted) {
  sweeps_served = std::max(sweeps_served, wanted);
  if (sweep_stands()) return;
  sweep_owed = false;
  sweep_since.reset();
  sweep_why.clear();
}

void StreamDebts::Join(const StreamDebts& stored) {
  const bool stands = sweep_stands() || stored.sweep_stands();
  if (!sweep_stands()) {
    sweep_since = stored.sweep_since;
    sweep_why = stored.sweep_why;
  }
  sweep_owed = sweep_owed || stored.sweep_owed;
  const bool strangers = sweeps_wanted != 0 && sweeps_wanted != stored.sweeps_wanted;
  sweeps_wanted = std::max(sweeps_wanted, stored.sweeps_wanted);
  // Neither side's walks know of the other's wishes.
  if (stands && strangers) ++sweeps_wanted;
  sweeps_served = stands ? sweeps_wanted - 1 : sweeps_wanted;
  if (mass_gone.empty()) mass_gone = stored.mass_gone;
}

std::string ToText(const StreamDebts& debts) {
  JsonFieldWriter fields;
  fields.Put("sweeps_wanted", debts.sweeps_wanted);
  fields.Put("sweeps_served", debts.sweeps_served);
  fields.Put("sweep_owed", debts.sweep_owed);
  fields.Put("sweep_since", debts.sweep_since);
  fields.Put("sweep_why", debts.sweep_why);
  fields.Put("mass_gone", debts.mass_gone);
  return fields.Text();
}

StreamDebts ParseStreamDebts(std::string_view text) {
  const auto fields = JsonFields::Parse(text);
  if (!fields) return {};
  return {.sweeps_wanted = fields->Number("sweeps_wanted").value_or(0),
          .sweeps_served = fields->Number("sweeps_served").value_or(0),
          .sweep_owed = fields->Flag("sweep_owed"),
          .sweep_since = fields->Time("sweep_since"),
          .sweep_why = fields->Text("sweep_why"),
          .mass_gone = fields->Text("mass_gone")};
}

}  // namespace hubmirror
