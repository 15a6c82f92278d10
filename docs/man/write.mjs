// Writes the manual pages (mdoc) from the documents in docs/, which the tests hold to the program;
// with --check it only tells whether they are what the documents say. hubmirrord.8 is written by
// hand.
//
//   node docs/man/write.mjs [--check]
import { readFileSync, writeFileSync } from 'node:fs';

const pages = [
  { page: 'hubmirror.1', source: 'commands.md', what: 'command line of the mirror of HubSpot portals in PostgreSQL' },
  { page: 'hubmirror.yaml.5', source: 'configuration.md', what: 'configuration of hubmirrord',
    files: ['.Sh FILES', '.Bl -tag -width Ds', '.It Pa /etc/hubmirror/hubmirror.yaml', 'The configuration, 0640.',
      '.It Pa /usr/share/hubmirror/hubmirror.schema.json', 'Its JSON Schema, for editors.', '.El'] },
  { page: 'hubmirror-metrics.7', source: 'metrics.md', what: 'metrics of hubmirrord for Prometheus' },
  { page: 'hubmirror-schema.7', source: 'layout.md', what: 'tables and views of a mirrored portal' },
];

// Text that mdoc takes as it stands: no escapes, no control lines, no macro names at its start.
const plain = (text) => text
  .replaceAll('\\', '\\e')
  .replace(/\[([^\]]+)\]\((\w[\w-]*)\.md\)/g, (_, words, name) => manualOf(name) ?? words)
  .replace(/\[([^\]]+)\]\([^)]*\)/g, '$1')
  .replaceAll('**', '').replaceAll('`', '').replaceAll('*', '')
  .replace(/(\w)\(\)/g, '$1\\&()')
  .replaceAll('–', '\\(en').replaceAll('…', '...').replaceAll('÷', '\\(di')
  .replaceAll('“', '\\(lq').replaceAll('”', '\\(rq').replaceAll('’', '\\(cq')
  .replaceAll('≥', '>=').replaceAll('≤', '<=');
const manualOf = (name) => {
  const found = pages.find(({ source }) => source === `${name}.md`);
  return found?.page.replace(/\.(\d)$/, '($1)');
};

/// Lines of at most 78 bytes, none of which begins like a control line; a new sentence begins a
/// new line, as roff wants it.
function lines(text) {
  const sentences = plain(text).split(/(?<=[^.\s][.!?])\s+(?=[A-Z"(])/);
  return sentences.flatMap((sentence) => {
    const out = [];
    let line = '';
    for (const word of sentence.split(/\s+/).filter((one) => one !== '')) {
      if (line !== '' && line.length + word.length > 76) {
        out.push(line);
        line = '';
      }
      line += (line === '' ? '' : ' ') + word;
    }
    return [...out, line].map((one) => one.replace(/^(['.])/, '\\&$1')).filter((one) => one !== '');
  });
}

/// The words after a macro: what looks like a macro or is empty is quoted.
const argument = (text) => `"${plain(text).replaceAll('"', '\\(dq')}"`;

/// Lines of a block that is shown as it stands, indented by 11: what is longer than a terminal of 80
/// columns goes on in the next one, a command after a backslash, words of a table below each other.
const blockWidth = 80 - 11;
function folded(line, shell) {
  if (line.length <= blockWidth) return [line];
  const gap = line.search(/\S {2,}\S/);
  const column = gap > 0 ? line.length - line.slice(gap + 1).trimStart().length : 0;
  const margin = ' '.repeat(column > 0 && column < blockWidth / 2 ? column : line.search(/\S/) + 4);
  const room = blockWidth - (shell ? 2 : 0);
  const cut = line.lastIndexOf(' ', room);
  if (cut <= margin.length) return [line];
  return [line.slice(0, cut) + (shell ? ' \\' : ''), ...folded(margin + line.slice(cut + 1), shell)];
}

function codeBlock(whole, shell) {
  const body = whole.flatMap((line) => folded(line, shell));
  return ['.Bd -literal -offset indent', ...body.map((line) => line.replaceAll('\\', '\\e').replace(/^(['.])/, '\\&$1')), '.Ed'];
}

const cellsOf = (row) => row.replace(/^\|\s*|\s*\|$/g, '').split(/\s+\|\s+/);

/// A table as a list: the first column names the item, the others follow in sentences.
function table(rows) {
  const head = cellsOf(rows[0]);
  const out = ['.Bl -tag -width Ds'];
  for (const row of rows.slice(2)) {
    const [name, ...cells] = cellsOf(row);
    out.push(`.It ${argument(name)}`);
    const said = cells.map((cell, i) => (cell === '' || cell === '–' ? '' : head.length > 2 ? `${head[i + 1]}: ${cell}` : cell)).filter((cell) => cell !== '');
    said.forEach((cell) => out.push(...lines(/[.!?]$/.test(cell) ? cell : `${cell}.`)));
  }
  return [...out, '.El'];
}

function bullets(items) {
  return ['.Bl -bullet', ...items.flatMap((item) => ['.It', ...lines(item)]), '.El'];
}

function body(text, shell) {
  const out = [];
  const source = text.split('\n');
  let paragraph = false;
  const flow = (added) => {
    if (paragraph) out.push('.Pp');
    out.push(...added);
    paragraph = true;
  };
  for (let at = 0; at < source.length;) {
    const line = source[at];
    if (line.trim() === '') { at += 1; continue; }
    if (line.startsWith('# ')) { at += 1; continue; }
    if (line.startsWith('## ') || line.startsWith('### ')) {
      const title = line.replace(/^#+ /, '');
      out.push(line.startsWith('## ') ? `.Sh ${plain(title).replace(/,? \.\.\.$/, '').toUpperCase()}` : `.Ss ${argument(title)}`);
      paragraph = false;
      at += 1;
    } else if (line.startsWith('```')) {
      const end = source.indexOf('```', at + 1);
      out.push(...codeBlock(source.slice(at + 1, end), shell));
      paragraph = true;
      at = end + 1;
    } else if (line.startsWith('|')) {
      const end = source.findIndex((one, i) => i > at && !one.startsWith('|'));
      out.push(...table(source.slice(at, end)));
      paragraph = true;
      at = end;
    } else if (line.startsWith('- ')) {
      const items = [];
      for (; at < source.length && (source[at].startsWith('- ') || source[at].startsWith('  ')); at += 1) {
        if (source[at].startsWith('- ')) items.push(source[at].slice(2));
        else items[items.length - 1] += ` ${source[at].trim()}`;
      }
      out.push(...bullets(items));
      paragraph = true;
    } else {
      const words = [];
      for (; at < source.length && source[at].trim() !== '' && !/^(```|\||- |#)/.test(source[at]); at += 1) words.push(source[at]);
      flow(lines(words.join(' ')));
    }
  }
  return out;
}

function manual({ page, source, what, files }) {
  const [, name, section] = page.match(/^(.*)\.(\d)$/);
  const text = readFileSync(new URL(`../${source}`, import.meta.url), 'utf8');
  const others = [...pages.map((one) => one.page), 'hubmirrord.8'].filter((one) => one !== page)
    .map((one) => one.match(/^(.*)\.(\d)$/).slice(1)).sort((a, b) => a[1] - b[1] || (a[0] < b[0] ? -1 : 1));
  return [
    `.\\" Made from docs/${source} by docs/man/write.mjs.`,
    '.Dd November 27, 2026', `.Dt ${name.toUpperCase()} ${section}`, '.Os',
    '.Sh NAME', `.Nm ${name}`, `.Nd ${what}`,
    ...(section === '1' ? ['.Sh SYNOPSIS', '.Nm', '.Op Fl Fl config Ar FILE', '.Ar VERB', '.Op Ar ARGUMENTS'] : []),
    '.Sh DESCRIPTION', ...body(text, section === '1'), ...(files ?? []),
    '.Sh SEE ALSO', ...others.map(([other, number], i) => `.Xr ${other} ${number}${i + 1 < others.length ? ' ,' : ''}`), '',
  ].join('\n');
}

const check = process.argv[2] === '--check';
for (const one of pages) {
  const path = new URL(one.page, import.meta.url);
  const text = manual(one);
  if (!check) {
    writeFileSync(path, text);
  } else if (readFileSync(path, 'utf8') !== text) {
    console.error(`docs/man/${one.page} is not what docs/${one.source} says\nNext: node docs/man/write.mjs`);
    process.exitCode = 1;
  }
}
