// Runs a real Prometheus with our rules and a real Alertmanager with our inhibit rules over daemons
// in every broken state, and counts what a person is told: each state once, by the alert that names
// its cause. A minute of the rules is a third of a second here.
//
//   node check_pages.mjs PROJECT_FOLDER PROMETHEUS ALERTMANAGER
import assert from 'node:assert/strict';
import http from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { rulesWith, watch } from './watchers.mjs';

const [project, prometheus, alertmanager] = process.argv.slice(2);
const minute = 333;  // milliseconds
const objects = ['contacts', 'companies', 'deals'];
let began = Infinity;  // when the states begin: with the first who asks for them

/// What a daemon of one portal shows. `stopped`: as when the state began; `all`: objects it is about.
function metricsOf({ stopped = [], blocked = [], paused = [], by = '', auth = 1, database = 1, failing = false, unheard = false, unrenewed = false, left = 500000, stuck = false }) {
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
  if (unrenewed) put('token_expiry_timestamp_seconds', portal, began);
  put('token_refresh_failures_total', portal, unrenewed ? Math.floor((now - began) * 5) : 0);
  if (unheard) put('api_failing_since_timestamp_seconds', portal, began);
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
  'token-not-renewed': [{ ...everything, failing: true, unrenewed: true }, 'HubMirrorTokenExpiring'],
  'hubspot-away': [{ ...everything, failing: true, unheard: true }, 'HubMirrorApiDown'],
  'account-moves': [{ ...everything, by: 'api' }, 'HubMirrorApiDown'],
  'one-stale': [{ stopped: ['deals'] }, 'HubMirrorDataStale'],
  'scheduler-stuck': [{ ...everything, stuck: true }, 'HubMirrorSchedulerStuck'],
  'daemon-down': [null, 'HubMirrorDown'],
};

const server = http.createServer((request, response) => {
  const [shown] = states[request.url.slice(1)];
  if (shown === null) response.writeHead(503).end();
  else response.end(metricsOf(shown));
});
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
const here = `127.0.0.1:${server.address().port}`;

const rules = rulesWith(project, { minute, day: 9600 }).replace('> 60\n', '> 2\n');
const targets = Object.keys(states).map((state) => ({ targets: [here], labels: { instance: state, __metrics_path__: `/${state}` } }));
const { told, firing: ask, stop } = await watch({ project, prometheus, alertmanager, rules, every: 300, targets });

try {
  // The slowest rule is the one of verify: when it fires for all it can, everything has been said.
  let firing = [];
  for (let i = 0; ; i += 1) {
    assert.ok(i < 300, `not all fires: ${JSON.stringify(firing)}`);
    await pause(300);
    firing = await ask();
    const of = (state, name) => firing.filter(({ instance, alertname }) => instance === state && alertname === name).length;
    const slowest = Object.entries(states).filter(([, [shown]]) => shown?.stopped && !shown.paused);
    if (slowest.every(([state, [shown]]) => of(state, 'HubMirrorVerifyOld') === shown.stopped.length)
      && Object.entries(states).every(([state, [, name]]) => name === null || of(state, name) > 0)) break;
  }
  await pause(3000);  // as long as Alertmanager gathers and sends

  const fired = firing.filter(({ instance }) => instance === 'token-revoked').length;
  assert.ok(fired > 5, `a revoked token fires ${fired} alerts, too few to prove anything`);
  for (const [state, [, name]] of Object.entries(states)) {
    const names = told.filter(({ labels }) => labels.instance === state).map(({ labels }) => labels.alertname);
    assert.deepEqual(names, name === null ? [] : [name], state);
  }
  console.log(`${Object.keys(states).length} states, ${firing.length} alerts that fire, ${told.length} pages`);
} finally {
  await stop();
  server.close();
}
