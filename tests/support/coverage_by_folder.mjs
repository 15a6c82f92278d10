// How many lines of lib/ the tests run, by folder, from gcovr's --json-summary; fails below what is
// asked for.
//
//   node tests/support/coverage_by_folder.mjs SUMMARY.json
import { readFileSync } from 'node:fs';

const leastOfAll = 95;
const least = { 'lib/jobs': 98, 'lib/budget': 98, 'lib/mirror': 98, 'lib/postgres/writing': 98 };

const folders = new Map();
const all = { covered: 0, total: 0 };
function add(sum, file) {
  sum.covered += file.line_covered;
  sum.total += file.line_total;
}
for (const file of JSON.parse(readFileSync(process.argv[2], 'utf8')).files) {
  add(all, file);
  const parts = file.filename.split('/').slice(0, -1);
  for (let depth = 2; depth <= parts.length; ++depth) {
    const folder = parts.slice(0, depth).join('/');
    if (!folders.has(folder)) folders.set(folder, { covered: 0, total: 0 });
    add(folders.get(folder), file);
  }
}

let below = 0;
function show(name, sum, bound) {
  const percent = (100 * sum.covered) / sum.total;
  const verdict = bound === undefined ? '' : percent >= bound ? `at least ${bound}` : `BELOW ${bound}`;
  if (verdict.startsWith('BELOW')) ++below;
  console.log(`${name.padEnd(28)} ${String(sum.covered).padStart(6)} of ${String(sum.total).padStart(6)} lines ` +
    `${percent.toFixed(1).padStart(6)} %  ${verdict}`.trimEnd());
}
for (const [folder, sum] of [...folders].sort()) show(folder, sum, least[folder]);
show('lib', all, leastOfAll);
process.exit(below > 0 ? 1 : 0);
