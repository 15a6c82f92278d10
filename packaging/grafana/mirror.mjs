// hubmirror-mirror: what can be asked of the mirror itself, as an example to build on.
import { dashboard, mirrorChoices, sqlBars, sqlChart, sqlTable } from './panels.mjs';

export default dashboard({
  uid: 'hubmirror-mirror',
  title: 'hubmirror: the mirror',
  description: 'Questions answered by SQL on the mirror of one portal; the schema is a variable.',
  variables: mirrorChoices,
  time: 'now-90d',
  refresh: '5m',
  rows: [
    ['How old is what follows?', [
      [24, 6, sqlTable({ title: 'Streams', unit: 'short', runbook: 'HubMirrorDataStale', description: 'hubmirror.status: state, age and rows of each object type.' },
        `select object, state, reason, round(extract(epoch from now() - verified_until)) as "age in seconds", rows, pending, quarantined
from hubmirror.status where portal = '$portal' order by verified_until nulls first`)],
    ]],
    ['Sales', [
      [12, 9, sqlBars({ title: 'Deals by stage', unit: 'short', runbook: 'HubMirrorDataStale', description: 'Live deals of each stage, in the order of their pipelines.' },
        `select p.label || ': ' || s.label as stage, count(d.id) as deals
from $schema.pipeline_stages s join $schema.pipelines p on p.object = s.object and p.id = s.pipeline_id
left join $schema.deals_live d on d.pipeline = s.pipeline_id and d.dealstage = s.id
where s.object = 'deals' and not s.archived group by p.label, p.display_order, s.label, s.display_order
order by p.display_order, p.label, s.display_order`)],
      [12, 9, sqlBars({ title: 'Amount by stage', unit: 'short', runbook: 'HubMirrorDataStale', description: 'Sum of the amounts of live deals of each stage, in the currency of the account.' },
        `select coalesce(dealstage, '(none)') as stage, sum(amount_in_home_currency)::float8 as amount
from $schema.deals_readable group by 1 order by 2 desc nulls last`)],
      [24, 8, sqlChart({ title: 'Deals created', unit: 'short', runbook: 'HubMirrorDataStale', description: 'Deals by the day they were created.' },
        `select date_trunc('day', created_at) as time, count(*) as deals
from $schema.deals_live where $__timeFilter(created_at) group by 1 order by 1`)],
    ]],
    ['Marketing', [
      [12, 9, sqlBars({ title: 'Lifecycle funnel', unit: 'short', runbook: 'HubMirrorDataStale', description: 'Live contacts of each lifecycle stage, in HubSpot\'s order.' },
        `select o.label as stage, count(c.id) as contacts
from $schema.property_options o left join $schema.contacts_live c on c.lifecyclestage = o.value
where o.object = 'contacts' and o.property = 'lifecyclestage' group by o.label, o.display_order order by o.display_order`)],
      [12, 9, sqlChart({ title: 'Contacts created', unit: 'short', runbook: 'HubMirrorDataStale', description: 'Contacts by the day they were created.' },
        `select date_trunc('day', created_at) as time, count(*) as contacts
from $schema.contacts_live where $__timeFilter(created_at) group by 1 order by 1`)],
    ]],
    ['Service', [
      [12, 9, sqlTable({ title: 'Response times by owner', unit: 'short', runbook: 'HubMirrorDataStale',
        description: 'From the creation of a ticket to its closing: how many, median and 90th percentile, in hours.' },
      `select coalesce(hubspot_owner_id, '(nobody)') as owner, count(*) as closed,
  round((percentile_cont(0.5) within group (order by extract(epoch from closed_date - created_at)) / 3600)::numeric, 1) as "median h",
  round((percentile_cont(0.9) within group (order by extract(epoch from closed_date - created_at)) / 3600)::numeric, 1) as "90 % h"
from $schema.tickets_readable where closed_date is not null and $__timeFilter(closed_date) group by 1 order by 2 desc`)],
      [12, 9, sqlTable({ title: 'Tickets that wait', unit: 'short', runbook: 'HubMirrorDataStale', description: 'Tickets that are not closed, by stage, with the age of the oldest.' },
        `select hs_pipeline_stage as stage, count(*) as tickets, date_trunc('hour', max(now() - created_at))::text as oldest
from $schema.tickets_readable where closed_date is null group by 1 order by 2 desc`)],
    ]],
  ],
});
