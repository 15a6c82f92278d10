// Looks at the status page of a running daemon as people do: with and without JavaScript, by day
// and by night, on a desk and on a phone; then as nobody should.
//
//   node check.mjs URL HUBMIRROR CONFIG [SCREENSHOT_FOLDER]
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import net from 'node:net';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

const [url, hubmirror, config, screenshots] = process.argv.slice(2);
const { hostname, port, host } = new URL(url);
const cli = (...words) => execFileSync(hubmirror, ['--config', config, ...words], { encoding: 'utf8' });

const browser = await chromium.launch({
  executablePath: '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
});

/// A page that knows what it asked for and what it complained of.
async function open(options) {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const asked = new Set();
  const complaints = [];
  page.on('request', (request) => asked.add(request.url()));
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(String(error)));
  await page.goto(url);
  return { context, page, asked, complaints };
}

async function shoot(page, name) {
  if (screenshots) await page.screenshot({ path: join(screenshots, `status-${name}.png`), fullPage: true });
}

/// Everything that is wrong with how the page is laid out and painted.
const flaws = (page) => page.evaluate(() => {
  const found = [];
  const channel = (value) => { const part = value / 255; return part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4; };
  const light = (colour) => { const [r, g, b] = colour.match(/[\d.]+/g).map(Number); return 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b); };
  const paper = light(getComputedStyle(document.body).backgroundColor);
  if (document.documentElement.scrollWidth > innerWidth) found.push(`wider than the window: ${document.documentElement.scrollWidth} > ${innerWidth}`);
  for (const element of document.body.querySelectorAll('h1,h2,p,th,td,span,b')) {
    const box = element.getBoundingClientRect();
    if (box.width === 0 || element.textContent.trim() === '') continue;
    if (box.right > innerWidth + 1 || box.left < -1) found.push(`outside: ${element.textContent.slice(0, 40)}`);
    const ink = light(getComputedStyle(element).color);
    const contrast = (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05);
    if (contrast < 4.5) found.push(`contrast ${contrast.toFixed(2)}: ${element.textContent.slice(0, 40)}`);
  }
  // A word is broken where a heading has more lines than words.
  for (const head of document.querySelectorAll('th')) {
    const words = document.createRange();
    words.selectNodeContents(head);
    const lines = new Set([...words.getClientRects()].map((box) => Math.round(box.top))).size;
    if (lines > head.textContent.trim().split(/\s+/).length) found.push(`broken word: ${head.textContent}`);
  }
  const boxes = [...document.querySelectorAll('h1,h2,p,tr')].map((element) => [element, element.getBoundingClientRect()]).filter(([, box]) => box.height > 0);
  boxes.sort(([, a], [, b]) => a.top - b.top);
  for (let i = 1; i < boxes.length; i += 1) if (boxes[i][1].top < boxes[i - 1][1].bottom - 1) found.push(`overlap: ${boxes[i][0].textContent.slice(0, 40)}`);
  return found;
});

const rowOf = (page, name) => page.locator('tbody tr', { has: page.getByRole('rowheader', { name, exact: true }) });

async function looksWell(name, options) {
  const { context, page, asked, complaints } = await open(options);
  assert.deepEqual(await flaws(page), [], name);
  assert.equal(await page.locator('html').getAttribute('lang'), 'en');
  assert.ok((await page.locator('#verdict').innerText()).length > 10, 'no verdict');
  assert.match(await rowOf(page, 'emails').innerText(), /sales-email-read/, 'the missing scope is named');
  assert.equal(await page.locator('th:not([scope])').count(), 0);
  for (const gauge of await page.locator('meter, progress').all()) assert.ok(await gauge.getAttribute('aria-label'));
  await shoot(page, name);
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
  const { context, page } = await open({});
  await rowOf(page, 'deals').getByText('up to date').waitFor({ timeout: 60_000 });
  cli('pause', 'acme/deals');
  await rowOf(page, 'deals').getByText('paused by the operator').waitFor({ timeout: 20_000 });
  cli('resume', 'acme/deals');
  await rowOf(page, 'deals').getByText('up to date').waitFor({ timeout: 30_000 });
  await context.setOffline(true);
  await page.locator('#lost').waitFor({ state: 'visible', timeout: 20_000 });
  assert.deepEqual(await flaws(page), [], 'lost');
  await shoot(page, 'lost');
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
