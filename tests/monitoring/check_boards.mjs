// Holds the dashboards to Grafana's published conventions for shared dashboards, and their
// queries to the metrics there are.
//
//   node check_boards.mjs PROJECT_FOLDER
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { knownMetrics, metricsIn } from './metric_names.mjs';

// Nobody needs to look at these on a board.
const unused = new Set([]);

const project = process.argv[2];
const read = (path) => readFileSync(join(project, path), 'utf8');
const metrics = knownMetrics(read('docs/metrics.md'));
const runbooks = read('docs/runbooks.md');
const used = new Set(metricsIn(read('packaging/prometheus/hubmirror.rules.yml')));

function checkVariables(board, prometheus) {
  const variables = new Map(board.templating.list.map((variable) => [variable.name, variable]));
  const source = variables.get('datasource');
  assert.equal(source.type, 'datasource');
  assert.equal(source.label, 'Data source');
  assert.equal(source.query, prometheus ? 'prometheus' : 'grafana-postgresql-datasource');
  for (const [name, variable] of variables) {
    if (variable.type !== 'query') continue;
    assert.equal(variable.refresh, 2, `${name} follows the time range`);
    assert.equal(variable.datasource.uid, '${datasource}', name);
    assert.match(variable.query.query, /^label_values\(.+, \w+\)$/, name);
    metricsIn(variable.query.query).forEach((metric) => assert.ok(metrics.has(metric), metric));
  }
  if (!prometheus) return;
  for (const name of ['job', 'instance']) {
    const variable = variables.get(name);
    assert.ok(variable.multi && variable.includeAll && variable.allValue === '.+', name);
    assert.equal(variable.label.toLowerCase(), name);
  }
}

function checkQuery(title, target, prometheus) {
  assert.equal(target.datasource.uid, '${datasource}', title);
  if (!prometheus) {
    assert.match(target.rawSql, /\$(schema|portal)\b/, `${title} is about no portal`);
    assert.doesNotMatch(target.rawSql, /\b(insert|update|delete|drop|alter)\b/i, title);
    return;
  }
  const names = metricsIn(target.expr);
  assert.ok(names.length > 0, `${title} asks for nothing`);
  for (const name of names) {
    assert.ok(metrics.has(name), `${title} asks for ${name}, which does not exist`);
    used.add(name);
  }
  for (const [, name, selector] of target.expr.matchAll(/\b(hubmirror_\w+|process_\w+)\{([^}]*)\}/g)) {
    assert.match(selector, /job=~"\$job"/, `${title}: ${name} without job`);
    assert.match(selector, /instance=~"\$instance"/, `${title}: ${name} without instance`);
  }
  const selectors = target.expr.match(/\b(hubmirror_\w+|process_\w+)\{/g) ?? [];
  assert.equal(selectors.length, names.length, `${title}: a metric without a selector`);
  for (const [, range] of target.expr.matchAll(/\brate\([^[]*\[([^\]]+)\]/g)) {
    assert.equal(range, '$__rate_interval', title);
  }
}

function checkLayout(panels) {
  const cells = new Set();
  for (const { id, title, gridPos: { x, y, w, h } } of panels) {
    assert.ok(x >= 0 && x + w <= 24, `${title} leaves the board`);
    for (let column = x; column < x + w; ++column) {
      for (let row = y; row < y + h; ++row) {
        const cell = `${column},${row}`;
        assert.ok(!cells.has(cell), `${title} (${id}) lies over another panel`);
        cells.add(cell);
      }
    }
  }
}

function checkBoard(uid, prometheus) {
  const board = JSON.parse(read(`packaging/grafana/${uid}.json`));
  assert.equal(board.uid, uid);
  assert.ok(!('__inputs' in board) && !('id' in board) && board.editable === false);
  assert.ok(board.title && board.description && board.tags.includes('hubmirror'));
  checkVariables(board, prometheus);
  assert.equal(new Set(board.panels.map(({ id }) => id)).size, board.panels.length, 'ids');
  checkLayout(board.panels);
  for (const panel of board.panels.filter(({ type }) => type !== 'row')) {
    const { title } = panel;
    assert.ok(title && panel.description.length > 5, `${title} has no description`);
    assert.equal(panel.datasource.uid, '${datasource}', title);
    assert.ok(panel.fieldConfig.defaults.unit, `${title} has no unit`);
    assert.ok(panel.targets.length > 0, `${title} has no query`);
    const [, alert] = panel.links[0].url.match(/^\$\{runbooks\}#(\w+)$/);
    assert.match(runbooks, new RegExp(`^## ${alert}$`, 'mi'), `${title}: no runbook ${alert}`);
    panel.targets.forEach((target) => checkQuery(title, target, prometheus));
  }
  return board.panels.length;
}

checkBoard('hubmirror-fleet', true);
checkBoard('hubmirror-portal', true);
checkBoard('hubmirror-mirror', false);

const asked = new Set([...used].map((name) => name.replace(/_(bucket|sum|count)$/, '')));
for (const name of metrics) {
  const whole = name.replace(/_(bucket|sum|count)$/, '');
  if (name === 'up' || (whole !== name && metrics.has(whole))) continue;
  assert.ok(asked.has(name) !== unused.has(name), asked.has(name)
    ? `${name} is used, but declared unused` : `${name} is on no board and in no alert`);
}
console.log('the dashboards keep the conventions; every metric is used or declared unused');
