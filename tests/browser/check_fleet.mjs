// Looks at the status page of a daemon with many portals, some of them in trouble, as the one on
// call does: which, why, and where to read on. The portals:
//
//   node check_fleet.mjs URL NAMES [SCREENSHOT_FOLDER]
//
// NAMES is `auth=acme,late=globex,loading=initech,paused=hooli,well=36`: who is in which trouble
// (a trouble may be missing) and how many are not in any.
import assert from 'node:assert/strict';
import { browser, flaws, open, shoot } from './look.mjs';

const [url, names, screenshots] = process.argv.slice(2);
const { well, ...troubled } = Object.fromEntries(names.split(',').map((pair) => pair.split('=')));
const count = Object.keys(troubled).length + Number(well);

/// What each trouble looks like: words that its part of the page must hold.
const words = {
  auth: /HubSpot refuses the token: /,
  late: /\blate|failing/,
  loading: /loading for the first time|\bloading\b/,
  paused: /paused by the operator/,
};

async function showsTheTroubled(page, name) {
  const verdict = await page.locator('#verdict').innerText();
  assert.equal(verdict, `HubSpot refuses the token of ${troubled.auth}.`, name);
  const heads = await page.locator('section h2').allInnerTexts();
  assert.equal(heads.length, Object.keys(troubled).length, `${name}: told at length: ${heads}`);
  // What a person must mend, what is late, what waits, what loads.
  const order = ['auth', 'late', 'paused', 'loading'].filter((trouble) => trouble in troubled);
  assert.deepEqual(heads.map((head) => head.split(' ')[0]), order.map((trouble) => troubled[trouble]), name);
  for (const trouble of order) {
    const section = page.locator('section', { has: page.getByRole('link', { name: troubled[trouble], exact: true }) });
    assert.match(await section.innerText(), words[trouble], `${name}: ${trouble}`);
  }
  // One cause is said once: the broken portal has no line for each of its streams.
  const broken = page.locator('section').first();
  assert.equal(await broken.locator('tbody tr').count(), 0);
  assert.match(await broken.innerText(), /\d+ streams? waits? for it\./);
}

async function showsTheWell(page, name) {
  const rows = page.locator('main > table tbody tr');
  assert.equal(await rows.count(), Number(well), `${name}: a row for each that is well`);
  for (const row of await rows.allInnerTexts()) assert.match(row, /up to date/);
  if (Number(well) === 0) return;
  // One line, or three where the screen is narrow: zeros that say that all is well are left out.
  const { height } = await rows.first().boundingBox();
  const most = (await page.evaluate(() => innerWidth)) < 640 ? 4.5 * 24 : 2 * 24;
  assert.ok(height <= most, `${name}: a portal that is well takes ${height} px`);
}

async function looksWell(name, options) {
  const { context, page, asked, complaints } = await open(url, options);
  assert.deepEqual(await flaws(page), [], name);
  await showsTheTroubled(page, name);
  await showsTheWell(page, name);
  await shoot(page, screenshots, `${count}-${name}`);
  // From there to one portal and back.
  await page.getByRole('link', { name: troubled.auth, exact: true }).click();
  await page.waitForURL(`**/portals/${troubled.auth}`);
  assert.deepEqual(await flaws(page), [], `${name}: ${troubled.auth}`);
  assert.match(await page.locator('body').innerText(), /HubSpot refuses the token: /);
  assert.ok(await page.locator('tbody tr').count() > 1, 'all of its streams');
  await shoot(page, screenshots, `${count}-${name}-portal`);
  await page.getByRole('link', { name: 'All portals' }).click();
  await page.waitForURL(url);
  assert.deepEqual(complaints, [], name);
  for (const address of asked) assert.ok(address.startsWith(url), `it asked ${address}`);
  await context.close();
}

try {
  const text = await (await fetch(url)).text();
  assert.ok(Buffer.byteLength(text) <= 40 * 1024, `${Buffer.byteLength(text)} bytes`);
  await looksWell('light', { colorScheme: 'light' });
  await looksWell('dark', { colorScheme: 'dark' });
  await looksWell('phone', { colorScheme: 'light', viewport: { width: 360, height: 740 } });
  await looksWell('plain', { javaScriptEnabled: false });
  console.log(`ok: ${count} portals`);
} finally {
  await browser.close();
}
