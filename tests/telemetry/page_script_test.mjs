// Runs the script of the status page against a page of a few elements and what the daemon answers.
// Usage: node page_script_test.mjs PATH_OF_page_assets.cc
import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import vm from 'node:vm';

const source = readFileSync(process.argv[2], 'utf8');
const script = source.slice(source.indexOf('R"js(') + 5, source.indexOf(')js"'));

/// As much of an element as the script uses.
class Element {
  nodeType = 1;
  constructor(nodeName, attributes, ...childNodes) {
    Object.assign(this, {nodeName, values: new Map(Object.entries(attributes)), childNodes});
    for (const child of childNodes) child.parent = this;
  }
  get attributes() { return [...this.values].map(([name, value]) => ({name, value})); }
  getAttribute(name) { return this.values.get(name) ?? null; }
  setAttribute(name, value) { this.values.set(name, value); }
  hasAttribute(name) { return this.values.has(name); }
  removeAttribute(name) { this.values.delete(name); }
  replaceWith(other) {
    this.parent.childNodes[this.parent.childNodes.indexOf(this)] = other;
    other.parent = this.parent;
  }
  get textContent() { return this.childNodes.map((node) => node.textContent ?? node.data).join(''); }
}
const text = (data) => ({nodeType: 3, nodeName: '#text', childNodes: [], data});
const cell = (words, attributes = {}) => new Element('TD', attributes, text(words));
const pageOf = (...cells) => {
  const main = new Element('MAIN', {}, new Element('TR', {}, ...cells));
  return {main, body: new Element('BODY', {}, main), row: main.childNodes[0]};
};

function openPage(shown, answers) {
  const page = {lost: {hidden: true}, reloads: 0, turn: null, asked: []};
  const context = {
    AbortSignal,
    document: {
      hidden: false,
      querySelector: (name) => name === 'main' ? shown.main : undefined,
      getElementById: () => page.lost,
    },
    location: {href: 'http://127.0.0.1:9437/portals/acme?from=20', reload: () => ++page.reloads},
    setInterval: (turn) => { page.turn = turn; },
    DOMParser: class { parseFromString(found) { return {querySelector: () => found.main}; } },
    fetch: async (address) => {
      page.asked.push(address);
      const answer = answers.shift();
      if (answer === undefined) throw new Error('connection refused');
      if (typeof answer === 'number') return {ok: false, status: answer};
      return {ok: true, status: 200, text: async () => answer};
    },
  };
  vm.runInNewContext(script, context);
  return page;
}

const shown = pageOf(cell('up to date', {class: 'good'}), cell('12 s'), cell('8'));
const [state, age, rows] = shown.row.childNodes;
const page = openPage(shown, [
  pageOf(cell('late', {class: 'warn'}), cell('7 min'), cell('8')),
  pageOf(cell('late', {}), new Element('TD', {}, text('7 min '), new Element('B', {}, text('!'))), cell('9')),
  503,
  404,
]);

await page.turn();
assert.deepEqual(page.asked, ['http://127.0.0.1:9437/portals/acme?from=20'], 'it follows its own page');
assert.equal(state.textContent, 'late');
assert.equal(state.getAttribute('class'), 'warn');
assert.equal(age.textContent, '7 min');
assert.equal(shown.row.childNodes[1], age, 'what only reads otherwise stays the same element');

await page.turn();
assert.equal(state.hasAttribute('class'), false);
assert.notEqual(shown.row.childNodes[1], age, 'what is built otherwise is replaced');
assert.equal(shown.row.textContent, 'late7 min !9');
assert.equal(shown.row.childNodes[2], rows);
assert.equal(page.lost.hidden, true);

await page.turn();
assert.equal(page.lost.hidden, false, 'a daemon that cannot answer is said so');
await page.turn();
assert.equal(page.reloads, 1, 'a portal that left shows what the daemon says of it');
await page.turn();
assert.equal(page.lost.hidden, false, 'a daemon that is gone is said so');
