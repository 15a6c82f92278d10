// Looks at the status page of a running daemon as people do: with and without JavaScript, by day
// and by night, on a desk and on a phone; then as nobody should.
//
//   node check.mjs URL HUBMIRROR CONFIG [SCREENSHOT_FOLDER]
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import net from 'node:net';
import { browser, flaws, open, shoot } from './look.mjs';

const [url, hubmirror, config, screenshots] = process.argv.slice(2);
const { hostname, port, host } = new URL(url);
const cli = (...words) => execFileSync(hubmirror, ['--config', config, ...words], { encoding: 'utf8' });

const rowOf = (page, name) => page.locator('tbody tr', { has: page.getByRole('rowheader', { name, exact: true }) });

async function looksWell(name, options) {
  const { context, page, asked, complaints } = await open(url, options);
  assert.deepEqual(await flaws(page), [], name);
  assert.equal(await page.locator('html').getAttribute('lang'), 'en');
  assert.ok((await page.locator('#verdict').innerText()).length > 10, 'no verdict');
  assert.match(await rowOf(page, 'emails').innerText(), /sales-email-read/, 'the missing scope is named');
  assert.equal(await page.locator('th:not([scope])').count(), 0);
  for (const gauge of await page.locator('meter, progress').all()) assert.ok(await gauge.getAttribute('aria-label'));
  await shoot(page, screenshots, name);
  assert.deepEqual(complaints, [], name);
  for (const address of asked) assert.ok(address.startsWith(url), `it asked ${address}`);
  await context.close();
}

async function isServedSmall() {
  const answer = await fetch(url);
  const text = await answer.text();
  assert.ok(Buffer.byteLength(text) <= 40 * 1024, `${Buffer.byteLength(text)} bytes`);
  assert.match(answer.headers.get('content-security-policy'), /default-src 'none'/);
}

/// The script follows what happens: a state in words, and a daemon that is gone.
async function isLive() {
  const { context, page } = await open(url, {});
  await rowOf(page, 'deals').getByText('up to date').waitFor({ timeout: 60_000 });
  cli('pause', 'acme/deals');
  await rowOf(page, 'deals').getByText('paused by the operator').waitFor({ timeout: 20_000 });
  cli('resume', 'acme/deals');
  await rowOf(page, 'deals').getByText('up to date').waitFor({ timeout: 30_000 });
  await context.setOffline(true);
  await page.locator('#lost').waitFor({ state: 'visible', timeout: 20_000 });
  assert.deepEqual(await flaws(page), [], 'lost');
  await shoot(page, screenshots, 'lost');
  await context.setOffline(false);
  await page.locator('#lost').waitFor({ state: 'hidden', timeout: 20_000 });
  await context.close();
}

/// Sends bytes as they are; the first line of the answer, '' when the connection just ends.
const send = (text) => new Promise((resolve) => {
  const socket = net.connect(Number(port), hostname);
  let answer = '';
  socket.on('data', (data) => { answer += data; });
  socket.on('error', () => {});
  socket.on('close', () => resolve(answer.split('\r\n')[0]));
  socket.write(text);
});

async function rejected() {
  const text = await (await fetch(`${url}metrics`)).text();
  return Object.fromEntries([...text.matchAll(/^hubmirror_web_rejected_total\{reason="(\w+)"} (\d+)/gm)].map(([, reason, count]) => [reason, Number(count)]));
}

async function refusesTheHostile() {
  const before = await rejected();
  const get = (headers) => send(`GET / HTTP/1.1\r\n${headers}\r\n\r\n`);
  assert.match(await get('Host: evil.example.com\r\nConnection: close'), / 403 | 421 /);
  assert.match(await get(`Host: ${host}\r\nOrigin: https://evil.example.com\r\nConnection: close`), / 403 /);
  assert.match(await send(`DELETE / HTTP/1.1\r\nHost: ${host}\r\n\r\n`), / 405 /);
  assert.match(await send(`POST / HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 1073741824\r\n\r\n${'x'.repeat(1 << 20)}`), / 413 |^$/);
  assert.match(await get(`Host: ${host}\r\nX: ${'x'.repeat(1 << 24)}`), / 431 |^$/);

  // Ten thousand who connect and say nothing, while somebody reads the page.
  const idle = [];
  const times = [];
  for (let i = 0; i < 10_000; i += 1) {
    const socket = net.connect(Number(port), hostname);
    socket.on('error', () => {});
    idle.push(socket);
    if (i % 250 === 0) {
      const began = performance.now();
      const answer = await fetch(url, { headers: { connection: 'close' } });
      await answer.text();
      times.push(performance.now() - began);
      assert.equal(answer.status, 200);
    }
  }
  idle.forEach((socket) => socket.destroy());
  times.sort((a, b) => a - b);
  console.log(`page beside 10,000 idle connections: median ${times[times.length >> 1].toFixed(0)} ms, longest ${times.at(-1).toFixed(0)} ms`);
  const after = await rejected();
  for (const reason of ['host', 'origin', 'method', 'size']) {
    assert.ok(after[reason] > (before[reason] ?? 0), `${reason} is not counted: ${JSON.stringify(after)}`);
  }
}

try {
  await isServedSmall();
  await looksWell('light', { colorScheme: 'light' });
  await looksWell('dark', { colorScheme: 'dark' });
  await looksWell('phone', { colorScheme: 'light', viewport: { width: 360, height: 740 } });
  const plain = await browser.newContext({ javaScriptEnabled: false });
  const page = await plain.newPage();
  await page.goto(url);
  assert.match(await page.locator('body').innerText(), /acme[\s\S]*contacts[\s\S]*deals/);
  await isLive();
  await refusesTheHostile();
  console.log('ok: the page is well');
} finally {
  await browser.close();
}
