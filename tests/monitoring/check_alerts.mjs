// Holds the alerts to what people rely on: each says what is wrong, has a runbook and is tested;
// what they ask for exists.
//
//   node check_alerts.mjs PROJECT_FOLDER
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { knownMetrics, metricsIn } from './metric_names.mjs';

const project = process.argv[2];
const read = (path) => readFileSync(join(project, path), 'utf8');
const rules = read('packaging/prometheus/hubmirror.rules.yml');
const tests = ['daemon', 'mirror', 'write'].map((name) => read(`tests/monitoring/${name}_alerts.test.yml`)).join('');
const runbooks = read('docs/runbooks.md');
const metrics = knownMetrics(read('docs/metrics.md'));

// The file is ours and regular: a rule begins at `- alert:`.
const alerts = rules.split(/^ {6}- alert: /m).slice(1).map((text) => ({ name: text.match(/^\w+/)[0], text }));
assert.ok(alerts.length >= 17, `${alerts.length} alerts`);

const sections = [...runbooks.matchAll(/^## (\w+)$/gm)].map(([, name]) => name);
assert.deepEqual([...sections].sort(), alerts.map(({ name }) => name).sort(), 'one section per alert');

for (const { name, text } of alerts) {
  for (const key of ['summary', 'description', 'runbook', 'runbook_url']) {
    assert.match(text, new RegExp(`^ {10}${key}: `, 'm'), `${name} has no ${key}`);
  }
  assert.match(text, new RegExp(`runbook: hubmirror runbook ${name}$`, 'm'));
  assert.ok(text.includes(`runbooks.md#${name.toLowerCase()}`), `${name}: runbook_url`);
  assert.match(text, /severity: (critical|warning)}/, name);
  for (const metric of metricsIn(text.slice(0, text.indexOf('annotations:')))) {
    assert.ok(metrics.has(metric), `${name} asks for ${metric}, which does not exist`);
  }
  const fires = tests.match(new RegExp(`- alertname: ${name}\\n.*\\n +exp_alerts:`, 'g')) ?? [];
  const silent = tests.match(new RegExp(`{alertname: ${name}, eval_time`, 'g')) ?? [];
  assert.ok(fires.length >= 1 && silent.length >= 2, `${name} is not tested before, during and after`);
}
console.log(`${alerts.length} alerts: described, with runbooks, tested`);
