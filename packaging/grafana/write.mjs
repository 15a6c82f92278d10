// Writes the dashboards from their definitions; with --check it only tells whether they are what
// the definitions say.
//
//   node packaging/grafana/write.mjs [--check]
import { readFileSync, writeFileSync } from 'node:fs';
import fleet from './fleet.mjs';
import mirror from './mirror.mjs';
import portal from './portal.mjs';

const check = process.argv[2] === '--check';
for (const board of [fleet, portal, mirror]) {
  const path = new URL(`${board.uid}.json`, import.meta.url);
  const text = `${JSON.stringify(board, null, 1)}\n`;
  if (!check) {
    writeFileSync(path, text);
  } else if (readFileSync(path, 'utf8') !== text) {
    console.error(`${board.uid}.json is not what its definition says\nNext: node packaging/grafana/write.mjs`);
    process.exitCode = 1;
  }
}
