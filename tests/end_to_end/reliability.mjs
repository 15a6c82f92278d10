// Writes the table of docs/reliability.md from faults.json; with --check it only tells whether the
// page says what the file says. Either way each of the forty faults must have a test that exists.
//
//   node tests/end_to_end/reliability.mjs [--check]
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const page = `${root}/docs/reliability.md`;
const begin = '<!-- made by tests/end_to_end/reliability.mjs from faults.json -->\n';
const end = '<!-- end -->\n';

function fail(message) {
  process.stderr.write(`reliability.mjs: ${message}\n`);
  process.exit(1);
}

/// The name of each test case below tests/, and the file it stands in.
function testCases() {
  const found = new Map();
  for (const entry of readdirSync(`${root}/tests`, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !entry.name.endsWith('_test.cc')) continue;
    const path = `${entry.parentPath ?? entry.path}/${entry.name}`;
    const text = readFileSync(path, 'utf8');
    // A long name stands in several literals.
    for (const [, quoted] of text.matchAll(/TEST_CASE(?:_FIXTURE)?\((?:\s*\w+,)?\s*((?:"(?:[^"\\]|\\.)*"\s*)+)/g)) {
      found.set(quoted.trim().slice(1, -1).replace(/"\s+"/g, '').replaceAll('\\"', '"'), path.slice(root.length));
    }
  }
  return found;
}

const faults = JSON.parse(readFileSync(`${root}/tests/end_to_end/faults.json`, 'utf8'));
const cases = testCases();
faults.forEach((fault, place) => {
  if (fault.number !== place + 1) fail(`fault ${place + 1} is missing`);
  if (fault.tests.length === 0) fail(`fault ${fault.number} has no test`);
  for (const test of fault.tests) {
    if (!cases.has(test)) fail(`fault ${fault.number}: there is no test "${test}"`);
  }
});
if (faults.length !== 40) fail(`${faults.length} faults instead of 40`);

const rows = faults.map((fault) => {
  const tests = fault.tests.map((test) => {
    return `\`${cases.get(test)}\`: ${test.replace(/^fault \d+: /, '')}`;
  });
  const cells = [fault.number, fault.kind, fault.fault, fault.happens, fault.sees, fault.lost, tests.join('<br>')];
  return `| ${cells.join(' | ')} |`;
});
const table = ['| | of | fault | what happens | what the operator sees | lost | tests |', '|---|---|---|---|---|---|---|', ...rows, ''].join('\n');

const open = faults.filter((fault) => fault.open).map((fault) => `- ${fault.number}: ${fault.open}`);
const gaps = ['', 'No test looks at this yet:', '', ...open, ''].join('\n');

const text = readFileSync(page, 'utf8');
const from = text.indexOf(begin);
const to = text.indexOf(end);
if (from < 0 || to < from) fail('docs/reliability.md has lost the marks around its table');
const made = text.slice(0, from + begin.length) + table + gaps + text.slice(to);
if (!process.argv.includes('--check')) writeFileSync(page, made);
else if (made !== text) fail('docs/reliability.md is not up to date: node tests/end_to_end/reliability.mjs');
