// Runs the script of the status page against a page of three figures and a few answers of the
// daemon. Usage: node page_script_test.mjs PATH_OF_page_assets.cc
import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import vm from 'node:vm';

const source = readFileSync(process.argv[2], 'utf8');
const script = source.slice(source.indexOf('R"js(') + 5, source.indexOf(')js"'));

const figure = (text) => ({textContent: text});
const fields = (names) => Object.fromEntries(names.map((name) => [name, figure('old')]));

function openPage(answers) {
  const bar = {max: 0, value: 0};
  const cells = fields(['age', 'rows', 'pending', 'quarantined', 'loaded', 'eta']);
  const row = {
    dataset: {p: 'acme', o: 'deals', s: 'backfilling//true'},
    querySelector: (query) => query === 'progress' ? bar : cells[query.slice(8, -1)],
  };
  const head = fields(['worst', 'worst-age', 'worst-target', 'at']);
  const lost = {hidden: true};
  const page = {cells, bar, head, lost, reloads: 0, turn: null};
  const context = {
    document: {
      hidden: false,
      body: {
        dataset: {streams: '1', health: 'true/true'},
        querySelector: (query) => head[query.slice(8, -1)],
      },
      querySelectorAll: () => [row],
      getElementById: () => lost,
    },
    location: {reload: () => ++page.reloads},
    setInterval: (turn) => { page.turn = turn; },
    fetch: async () => {
      const status = answers.shift();
      if (status === undefined) throw new Error('connection refused');
      return {ok: true, json: async () => status};
    },
  };
  vm.runInNewContext(script, context);
  return page;
}

const status = (change = {}) => ({
  generated_at: '2026-03-01T12:00:00.000Z',
  ready: true,
  database_up: true,
  portals: {acme: {streams: {deals: {
    state: 'backfilling', reason: '', age_s: 245, freshness_target_s: 300,
    rows: 1234567, pending: 2, quarantined: 0,
    backfill: {running: true, done: 12000, expected: 46000, eta_s: 7500},
    ...change,
  }}}},
});

const page = openPage([status(), status({age_s: null}), status({state: 'current'})]);

await page.turn();
assert.equal(page.cells.age.textContent, '4 min 5 s');
assert.equal(page.cells.rows.textContent, '1,234,567');
assert.equal(page.cells.loaded.textContent, '12,000');
assert.equal(page.cells.eta.textContent, ', about 2 h 5 min left');
assert.equal(page.bar.max, 46000);
assert.equal(page.bar.value, 12000);
assert.equal(page.head.worst.textContent, 'acme/deals');
assert.equal(page.head['worst-age'].textContent, '4 min 5 s');
assert.equal(page.head.at.textContent, '2026-03-01 12:00:00 UTC');
assert.equal(page.reloads, 0);

await page.turn();
assert.equal(page.cells.age.textContent, 'not yet');
assert.equal(page.reloads, 0);

await page.turn();
assert.equal(page.reloads, 1, 'words come from the daemon: a new state loads the page again');

assert.equal(page.lost.hidden, true);
await page.turn();
assert.equal(page.lost.hidden, false, 'a daemon that does not answer is said so');

const gone = openPage([{...status(), portals: {}}]);
await gone.turn();
assert.equal(gone.reloads, 1, 'a stream that left loads the page again');
