// Runs a real Prometheus with our rules and a real Alertmanager with our inhibit rules over daemons
// in every broken state, and counts what a person is told: each state once, by the alert that names
// its cause. A minute of the rules is a third of a second here.
//
//   node check_pages.mjs PROJECT_FOLDER PROMETHEUS ALERTMANAGER
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

const [project, prometheus, alertmanager] = process.argv.slice(2);
const minute = 333;  // milliseconds
const objects = ['contacts', 'companies', 'deals'];
let began = Infinity;  // when the states begin: with the first who asks for them

/// What a daemon of one portal shows. `stopped`: as when the state began; `all`: objects it is about.
function metricsOf({ stopped = [], blocked = [], paused = [], by = '', auth = 1, database = 1, failing = false, left = 500000, stuck = false }) {
  const now = Date.now() / 1000;
  began = Math.min(began, now);
  const lines = [];
  const put = (name, labels, value) => lines.push(`hubmirror_${name}{${Object.entries(labels).map(([key, text]) => `${key}="${text}"`).join(',')}} ${value}`);
  const portal = { portal: 'acme' };
  const target = 5 * minute / 1000;
  put('db_up', {}, database);
  put('config_last_reload_successful', {}, 1);
  put('scheduler_last_tick_timestamp_seconds', {}, stuck ? began : now);
  put('streams_configured', portal, objects.length);
  put('auth_valid', portal, auth);
  put('api_quota_limit_requests', { ...portal, window: 'daily' }, 500000);
  put('api_quota_remaining_requests', { ...portal, window: 'daily' }, left);
  put('api_requests_total', { ...portal, endpoint: 'list', code: '200' }, Math.floor((now - began) * 10));
  put('api_request_failures_total', { ...portal, endpoint: 'list', reason: 'auth' }, failing ? Math.floor((now - began) * 9) : 0);
  if (by !== '') put('portal_stopped', { ...portal, reason: by }, 1);
  for (const object of objects) {
    const stream = { ...portal, object };
    const seen = stopped.includes(object) ? began : now;
    put('sync_target_seconds', stream, target);
    put('sync_watermark_timestamp_seconds', stream, seen);
    put('sync_paused', stream, paused.includes(object) ? 1 : 0);
    put('stream_state', { ...stream, state: 'blocked' }, blocked.includes(object) ? 1 : 0);
    put('quarantine_records', stream, 0);
    put('verify_divergent_records', stream, 0);
    for (const job of ['sweep', 'verify']) {
      put('job_last_complete_timestamp_seconds', { ...stream, sync_job: job }, seen);
      put('job_target_seconds', { ...stream, sync_job: job }, target);
    }
  }
  return `${lines.join('\n')}\n`;
}

const everything = { stopped: objects };
/// Each state: what the daemon shows (nothing: it does not answer), and the alert a person gets.
const states = {
  'all-is-well': [{}, null],
  'token-revoked': [{ ...everything, blocked: objects, by: 'auth', auth: 0, failing: true }, 'HubMirrorAuthInvalid'],
  'secret-missing': [{ ...everything, blocked: objects, by: 'secret', auth: 0 }, 'HubMirrorAuthInvalid'],
  'wrong-portal-id': [{ ...everything, blocked: objects, by: 'portal_id' }, 'HubMirrorPortalBlocked'],
  'no-privilege': [{ ...everything, blocked: objects, by: 'database_privilege' }, 'HubMirrorPortalBlocked'],
  'database-away': [{ ...everything, by: 'database', database: 0 }, 'HubMirrorDatabaseDown'],
  'scope-missing': [{ stopped: ['deals'], blocked: ['deals'] }, 'HubMirrorStreamBlocked'],
  'quota-used-up': [{ ...everything, by: 'quota', left: 0 }, 'HubMirrorQuotaUsedUp'],
  'paused-long': [{ ...everything, paused: objects }, 'HubMirrorPausedLong'],
  'one-stale': [{ stopped: ['deals'] }, 'HubMirrorDataStale'],
  'scheduler-stuck': [{ ...everything, stuck: true }, 'HubMirrorSchedulerStuck'],
  'daemon-down': [null, 'HubMirrorDown'],
};

const told = [];
const server = http.createServer((request, response) => {
  if (request.method === 'POST') {
    let body = '';
    request.on('data', (data) => { body += data; });
    request.on('end', () => {
      for (const { labels, status } of JSON.parse(body).alerts) if (status === 'firing') told.push(labels);
      response.end();
    });
    return;
  }
  const [shown] = states[request.url.slice(1)];
  if (shown === null) response.writeHead(503).end();
  else response.end(metricsOf(shown));
});
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
const here = `127.0.0.1:${server.address().port}`;

const folder = mkdtempSync(join(tmpdir(), 'hubmirror-pages-'));
const write = (name, text) => { writeFileSync(join(folder, name), text); return join(folder, name); };
const read = (name) => readFileSync(join(project, 'packaging/prometheus', name), 'utf8');
const children = [];

/// Starts a program; where it listens, by its log.
async function start(name, ...words) {
  const child = spawn(name, words, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
  children.push(child);
  let log = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => { log += data; });
  for (let i = 0; i < 300; i += 1) {
    const at = log.match(/msg="Listening on" address=(\S+)/);
    if (at) return at[1];
    assert.equal(child.exitCode, null, `${name} ended: ${log}`);
    await pause(100);
  }
  throw new Error(`${name} does not listen: ${log}`);
}

const rules = read('hubmirror.rules.yml')
  .replace(/for: (\d+)([mh])/g, (_, count, unit) => `for: ${count * (unit === 'h' ? 60 : 1) * minute}ms`)
  .replace(/\[(\d+)m\]/g, (_, count) => `[${count * minute}ms]`)
  .replace('[24h:30m]', '[9600ms:200ms]')
  .replace('> 60\n', '> 2\n');

try {
  const alerts = await start(alertmanager, `--config.file=${write('alertmanager.yml', `
route: {receiver: people, group_by: ['...'], group_wait: 1s, group_interval: 1s, repeat_interval: 1h}
receivers: [{name: people, webhook_configs: [{url: "http://${here}/", send_resolved: false}]}]
${read('hubmirror.inhibit.yml')}`)}`, `--storage.path=${join(folder, 'alerts')}`, '--cluster.listen-address=', '--web.listen-address=127.0.0.1:0');
  write('rules.yml', rules);
  const asked = await start(prometheus, `--config.file=${write('prometheus.yml', `
global: {scrape_interval: 300ms, scrape_timeout: 290ms, evaluation_interval: 300ms}
rule_files: [rules.yml]
alerting: {alertmanagers: [{static_configs: [{targets: ["${alerts}"]}]}]}
scrape_configs:
  - job_name: hubmirror
    static_configs:
${Object.keys(states).map((state) => `      - {targets: ["${here}"], labels: {instance: "${state}", __metrics_path__: "/${state}"}}`).join('\n')}
`)}`, `--storage.tsdb.path=${join(folder, 'data')}`, '--web.listen-address=127.0.0.1:0');

  // The slowest rule is the one of verify: when it fires for all it can, everything has been said.
  let firing = [];
  for (let i = 0; ; i += 1) {
    assert.ok(i < 300, `not all fires: ${JSON.stringify(firing)}`);
    await pause(300);
    const { data } = await (await fetch(`http://${asked}/api/v1/alerts`)).json();
    firing = data.alerts.filter(({ state }) => state === 'firing').map(({ labels }) => labels);
    const of = (state, name) => firing.filter(({ instance, alertname }) => instance === state && alertname === name).length;
    const slowest = Object.entries(states).filter(([, [shown]]) => shown?.stopped && !shown.paused);
    if (slowest.every(([state, [shown]]) => of(state, 'HubMirrorVerifyOld') === shown.stopped.length)
      && Object.entries(states).every(([state, [, name]]) => name === null || of(state, name) > 0)) break;
  }
  await pause(3000);  // as long as Alertmanager gathers and sends

  const fired = firing.filter(({ instance }) => instance === 'token-revoked').length;
  assert.ok(fired > 5, `a revoked token fires ${fired} alerts, too few to prove anything`);
  for (const [state, [, name]] of Object.entries(states)) {
    const names = told.filter(({ instance }) => instance === state).map(({ alertname }) => alertname);
    assert.deepEqual(names, name === null ? [] : [name], state);
  }
  console.log(`${Object.keys(states).length} states, ${firing.length} alerts that fire, ${told.length} pages`);
} finally {
  await Promise.all(children.map((child) => new Promise((resolve) => {
    if (child.exitCode !== null) return resolve();
    child.on('exit', resolve);
    child.kill();
  })));
  server.close();
  rmSync(folder, { recursive: true });
}
