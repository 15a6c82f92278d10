// A real Prometheus with our rules and a real Alertmanager with our inhibit rules, in which a minute
// of the rules takes a fraction of a second.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

/// Our rules with minutes, and a day, of so many milliseconds. What they compare with the daemon's
/// own times stays as it is: those are short where the test says so.
export function rulesWith(project, { minute, day }) {
  return readFileSync(join(project, 'packaging/prometheus/hubmirror.rules.yml'), 'utf8')
    .replace(/for: (\d+)([mh])/g, (_, count, unit) => `for: ${count * (unit === 'h' ? 60 : 1) * minute}ms`)
    .replace(/\[(\d+)m\]/g, (_, count) => `[${count * minute}ms]`)
    .replace(/\[24h:(\d+)m\]/g, (_, step) => `[${day}ms:${step * day / 1440}ms]`);
}

/// Starts both. `every`: milliseconds from look to look; `targets`: entries of static_configs. What
/// a person is told is what the webhook at `told` gets: labels and annotations of each page.
export async function watch({ project, prometheus, alertmanager, rules, every, targets }) {
  const told = [];
  const people = http.createServer((request, response) => {
    let body = '';
    request.on('data', (data) => { body += data; });
    request.on('end', () => {
      for (const { labels, annotations, status } of JSON.parse(body).alerts) {
        if (status === 'firing') told.push({ labels, annotations });
      }
      response.end();
    });
  });
  await new Promise((resolve) => people.listen(0, '127.0.0.1', resolve));

  const folder = mkdtempSync(join(tmpdir(), 'hubmirror-pages-'));
  const write = (name, text) => { writeFileSync(join(folder, name), text); return join(folder, name); };
  const children = [];

  const stop = async () => {
    await Promise.all(children.map((child) => new Promise((resolve) => {
      if (child.exitCode !== null) return resolve();
      child.on('exit', resolve);
      child.kill();
    })));
    people.close();
    rmSync(folder, { recursive: true });
  };

  /// Starts a program that ends with us, however we end; where it listens, by its log.
  async function start(name, ...words) {
    const child = spawn('setpriv', ['--pdeathsig', 'KILL', name, ...words], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
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

  try {
    const alerts = await start(alertmanager, `--config.file=${write('alertmanager.yml', `
route: {receiver: people, group_by: ['...'], group_wait: 1s, group_interval: 1s, repeat_interval: 1h}
receivers: [{name: people, webhook_configs: [{url: "http://127.0.0.1:${people.address().port}/", send_resolved: false}]}]
${readFileSync(join(project, 'packaging/prometheus/hubmirror.inhibit.yml'), 'utf8')}`)}`, `--storage.path=${join(folder, 'alerts')}`, '--cluster.listen-address=', '--web.listen-address=127.0.0.1:0');
    write('rules.yml', rules);
    const asked = await start(prometheus, `--config.file=${write('prometheus.yml', `
global: {scrape_interval: ${every}ms, scrape_timeout: ${every - 10}ms, evaluation_interval: ${every}ms}
rule_files: [rules.yml]
alerting: {alertmanagers: [{static_configs: [{targets: ["${alerts}"]}]}]}
scrape_configs: [{job_name: hubmirror, static_configs: ${JSON.stringify(targets)}}]
`)}`, `--storage.tsdb.path=${join(folder, 'data')}`, '--web.listen-address=127.0.0.1:0');
    const firing = async () => {
      const { data } = await (await fetch(`http://${asked}/api/v1/alerts`)).json();
      return data.alerts.filter(({ state }) => state === 'firing').map(({ labels }) => labels);
    };
    return { told, firing, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
