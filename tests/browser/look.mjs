// What all looks at the status page have in common: a Chromium that asks nobody but the daemon, and
// an eye for what is laid out or painted badly.
import { join } from 'node:path';
import { chromium } from 'playwright-core';

export const browser = await chromium.launch({
  executablePath: '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
});

/// A page that knows what it asked for and what it complained of.
export async function open(url, options) {
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

/// `folder`: nothing is kept without one.
export async function shoot(page, folder, name) {
  if (folder) await page.screenshot({ path: join(folder, `status-${name}.png`), fullPage: true });
}

/// Everything that is wrong with how the page is laid out and painted.
export const flaws = (page) => page.evaluate(() => {
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
