#include "sync/timetable.h"

#include <algorithm>

namespace hubmirror {

Duration Timetable::Next(Task& task, SyncedStream* stream, Instant now) const {
  const PeriodRule rule = task.traits().period;
  const auto share = governor_.daily_share();
  const int64_t requests = task.job().last_cycle_requests();
  if (rule == PeriodRule::kSearch) {
    task.set_every(PollPeriod(*stream, now));
    return Early(task.every());
  }
  if (rule == PeriodRule::kArchivedList) {
    const bool offered = stream->facts().has_archived_list;
    const Duration period = PortalPeriods::OfArchivedList(task.every(), offered, requests, share);
    stream->archived_stretched.reset();
    if (offered && period > task.every()) stream->archived_stretched = period;
    return Early(period);
  }
  if (rule == PeriodRule::kLiveList) {
    const Duration period = SweepPeriod(*stream);
    task.set_every(period);
    return Early(period);
  }
  return Early(periods_.Of(rule, task.every(), requests, share));
}

std::chrono::milliseconds Timetable::PollPeriod(const SyncedStream& stream, Instant now) const {
  const StreamContext& context = *stream.context;
  // Where walks tell what changed, a poll asks nothing.
  const Instant changed = context.searchable() ? stream.facts().changed_at.value_or(now) : now;
  return periods_.Interval(context.plan(), now - changed);
}

void Timetable::HastenPoll(SyncedStream& stream, Instant now) const {
  Task& changes = stream.TaskOf(JobKind::kChanges);
  if (changes.every() == periods_.Interval(stream.context->plan())) return;
  const auto period = PollPeriod(stream, now);
  if (period == changes.every()) return;
  changes.set_every(period);
  changes.DueAt(std::min(changes.due(), now + Early(period)));
}

Duration Timetable::SweepPeriod(SyncedStream& stream) const {
  const StreamContext& context = *stream.context;
  const StreamFacts facts = stream.facts();
  const PortalPeriods::Lists lists{.searchable = context.searchable(),
                                   .has_archived = facts.has_archived_list,
                                   .live_pages = stream.sweep->last_cycle_requests()};
  const Duration period = PortalPeriods::OfLiveList(context.plan(), lists, governor_.daily_share());
  stream.walked_every.reset();
  if (!lists.searchable) stream.walked_every = period;
  return period;
}

void Timetable::HastenSweep(SyncedStream& stream, Instant now) const {
  const StreamFacts facts = stream.facts();
  if (facts.has_archived_list || !facts.loaded()) return;
  Task& sweep = stream.TaskOf(JobKind::kSweep);
  const Duration period = SweepPeriod(stream);
  sweep.set_every(period);
  sweep.DueAt(std::min(sweep.due(), now + Early(period)));
}

Duration Timetable::Early(Duration period) const {
  return PortalPeriods::Early(period, random_.Fraction());
}

}  // namespace hubmirror
