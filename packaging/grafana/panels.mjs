// The parts of a Grafana dashboard (schema version 39), with what all of our panels have in common.

export const matchers = 'job=~"$job", instance=~"$instance"';
export const portalMatchers = `${matchers}, portal=~"$portal"`;
export const streamMatchers = `${portalMatchers}, object=~"$object"`;

// Where the links of panels lead; `hubmirror dashboards export --runbooks URL` sets another place.
const runbooks = 'file:///usr/share/doc/hubmirror/runbooks.md';

const prometheus = { type: 'prometheus', uid: '${datasource}' };
const postgres = { type: 'grafana-postgresql-datasource', uid: '${datasource}' };

const green = [{ color: 'green', value: null }];
export const redAbove = (bound) => [...green, { color: 'red', value: bound }];
export const redBelow = (bound) => [{ color: 'red', value: null }, { color: 'green', value: bound }];

/// One query in PromQL; `legend` names its series by their labels.
export function promql(expr, legend = '', { instant = false, format } = {}) {
  return {
    datasource: prometheus, expr, legendFormat: legend, instant, range: !instant,
    ...(format && { format }),
  };
}

/// One query in SQL over the mirror, `format` table or time_series.
export function sql(rawSql, format = 'table') {
  return { datasource: postgres, rawQuery: true, rawSql, format, editorMode: 'code' };
}

/// `what` in the field's words: title, description, unit and the alert whose runbook helps.
function panel(type, { title, description, unit, runbook, thresholds = green, max, min, decimals }, targets, options, custom = {}) {
  return {
    type, title, description,
    datasource: targets[0].datasource,
    targets: targets.map((target, i) => ({ refId: String.fromCharCode(65 + i), ...target })),
    links: [{ title: `What to do: ${runbook}`, url: `\${runbooks}#${runbook.toLowerCase()}`, targetBlank: true }],
    fieldConfig: {
      defaults: {
        unit, custom,
        thresholds: { mode: 'absolute', steps: thresholds },
        ...(max !== undefined && { max }), ...(min !== undefined && { min }), ...(decimals !== undefined && { decimals }),
      },
      overrides: [],
    },
    options,
  };
}

export function stat(what, expr) {
  return panel('stat', what, [promql(expr, '', { instant: true })], {
    colorMode: 'value', graphMode: 'none', textMode: 'value', justifyMode: 'auto', orientation: 'auto',
    reduceOptions: { calcs: ['lastNotNull'], fields: '', values: false },
  });
}

export function chart(what, targets) {
  return panel('timeseries', what, targets, {
    legend: { displayMode: 'list', placement: 'bottom', showLegend: true },
    tooltip: { mode: 'multi', sort: 'desc' },
  }, { drawStyle: 'line', lineWidth: 1, fillOpacity: 8, showPoints: 'never', spanNulls: false });
}

export function gauges(what, targets) {
  return panel('bargauge', { min: 0, max: 1, ...what }, targets, {
    displayMode: 'basic', orientation: 'horizontal', valueMode: 'color', showUnfilled: true,
    reduceOptions: { calcs: ['lastNotNull'], fields: '', values: false },
  });
}

/// A table of the last value of each series, greatest first, its labels as columns.
export function table(what, expr, shown) {
  return {
    ...panel('table', what, [promql(expr, '', { instant: true, format: 'table' })], {
      showHeader: true, cellHeight: 'sm', sortBy: [{ displayName: 'Value', desc: true }],
    }, { align: 'auto', filterable: false }),
    transformations: [{
      id: 'organize',
      options: { excludeByName: Object.fromEntries(['Time', 'job', 'instance', '__name__'].filter((name) => !shown.includes(name)).map((name) => [name, true])) },
    }],
  };
}

export function sqlTable(what, rawSql) {
  return panel('table', what, [sql(rawSql)], { showHeader: true, cellHeight: 'sm' }, { align: 'auto', filterable: false });
}

export function sqlBars(what, rawSql) {
  return panel('barchart', what, [sql(rawSql)], {
    orientation: 'horizontal', showValue: 'always', legend: { showLegend: false, displayMode: 'list', placement: 'bottom' },
  }, { fillOpacity: 80, lineWidth: 0 });
}

export function sqlChart(what, rawSql) {
  return panel('timeseries', what, [sql(rawSql, 'time_series')], {
    legend: { displayMode: 'list', placement: 'bottom', showLegend: true }, tooltip: { mode: 'multi', sort: 'desc' },
  }, { drawStyle: 'bars', fillOpacity: 60, lineWidth: 1 });
}

const dataSource = (type) => ({ name: 'datasource', label: 'Data source', type: 'datasource', query: type, refresh: 1, hide: 0, current: {}, options: [], regex: '' });
const choice = (name, label, metric) => ({
  name, label, type: 'query', datasource: prometheus,
  definition: `label_values(${metric}, ${name})`, query: { query: `label_values(${metric}, ${name})`, refId: 'StandardVariableQuery' },
  refresh: 2, sort: 1, multi: true, includeAll: true, allValue: '.+', current: {}, options: [], regex: '', hide: 0,
});
const text = (name, label, value, hide = 0) => ({ name, label, type: hide ? 'constant' : 'textbox', query: value, current: { text: value, value }, options: [{ text: value, value, selected: true }], hide });

export const jobAndInstance = [
  dataSource('prometheus'),
  choice('job', 'Job', 'hubmirror_build_info'),
  choice('instance', 'Instance', 'hubmirror_build_info{job=~"$job"}'),
];
export const portalChoice = choice('portal', 'Portal', `hubmirror_streams_configured{${matchers}}`);
export const objectChoice = choice('object', 'Object', `hubmirror_sync_target_seconds{${portalMatchers}}`);
export const mirrorChoices = [dataSource('grafana-postgresql-datasource'), text('portal', 'Portal', 'acme'), text('schema', 'Schema', 'acme')];

/// `rows` are [title, [[width, height, panel], ...]]; panels flow from left to right over 24 columns.
export function dashboard({ uid, title, description, variables, rows, time = 'now-6h', refresh = '30s' }) {
  const panels = [];
  let y = 0;
  for (const [row, members] of rows) {
    panels.push({ type: 'row', title: row, collapsed: false, panels: [], gridPos: { h: 1, w: 24, x: 0, y } });
    y += 1;
    let x = 0;
    let tallest = 0;
    for (const [w, h, member] of members) {
      if (x + w > 24) {
        x = 0;
        y += tallest;
        tallest = 0;
      }
      panels.push({ ...member, gridPos: { h, w, x, y } });
      x += w;
      tallest = Math.max(tallest, h);
    }
    y += tallest;
  }
  return {
    uid, title, description, tags: ['hubmirror'], schemaVersion: 39, version: 1, editable: false,
    timezone: 'browser', time: { from: time, to: 'now' }, refresh, graphTooltip: 1, fiscalYearStartMonth: 0,
    annotations: { list: [] },
    links: [{ title: 'hubmirror', type: 'dashboards', tags: ['hubmirror'], asDropdown: true, includeVars: true, keepTime: true, icon: 'external link' }],
    templating: { list: [...variables, text('runbooks', 'Runbooks', runbooks, 2)] },
    panels: panels.map((member, i) => ({ id: i + 1, ...member })),
  };
}
