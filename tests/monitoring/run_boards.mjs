// Runs every query of every board against a real Prometheus that has scraped a daemon under load,
// and against its mirror. Each must find something, but for what such a load cannot bring about.
// With a folder it also draws what the boards show.
//
//   node run_boards.mjs PROJECT_FOLDER PROMETHEUS_URL START END DSN SCHEMA [PREVIEW_FOLDER]
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dataOf } from './board_data.mjs';
import { pageOf, width } from './preview.mjs';

const [project, prometheus, start, end, dsn, schema, previews] = process.argv.slice(2);

const empty = [];
let queries = 0;
for (const uid of ['hubmirror-fleet', 'hubmirror-portal', 'hubmirror-mirror']) {
  const board = JSON.parse(readFileSync(join(project, `packaging/grafana/${uid}.json`), 'utf8'));
  const shown = await dataOf(board, { prometheus, mirror: { dsn, schema }, time: { start, end } });
  for (const { panel, series, rows } of shown) {
    for (const { target, found } of series) {
      queries += 1;
      if (found.length === 0) empty.push(`${uid}: ${panel.title}: ${target.expr}`);
    }
    if (panel.targets?.[0].rawSql) {
      queries += 1;
      if (rows.length < 2) empty.push(`${uid}: ${panel.title}`);
    }
  }
  if (previews) draw(uid, pageOf(board, shown));
}

function draw(uid, { html, height }) {
  const folder = mkdtempSync(join(tmpdir(), 'preview-'));
  const page = join(folder, 'page.html');
  writeFileSync(page, html);
  execFileSync('chromium', ['--headless', '--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync', '--hide-scrollbars', `--user-data-dir=${join(folder, 'profile')}`,
    `--window-size=${width},${Math.ceil(height)}`, `--screenshot=${join(previews, `${uid}.png`)}`, `file://${page}`], { stdio: 'ignore' });
  rmSync(folder, { recursive: true });
}

console.log(`${queries} queries, ${empty.length} found nothing`);
empty.forEach((text) => console.log(`  ${text}`));
process.exitCode = empty.length === 0 ? 0 : 1;
