// Asks what a board asks, as Grafana would, of a real Prometheus or a real mirror.
import { execFileSync } from 'node:child_process';

const everything = { job: '.+', instance: '.+', portal: '.+', object: '.+' };

/// A query with Grafana's variables replaced. Days are seconds here: the load lasts no week.
function expand(text, values) {
  return text
    .replaceAll('$__rate_interval', '10s')
    .replaceAll('[7d:5m]', '[60s:1s]').replaceAll('[7d]', '[60s]')
    .replace(/\$__timeFilter\((\w+)\)/g, "$1 > now() - interval '400 days'")
    .replace(/\$(\w+)/g, (whole, name) => values[name] ?? whole);
}

function legend(target, metric) {
  const text = (target.legendFormat || '').replace(/{{(\w+)}}/g, (_, label) => metric[label] ?? '');
  return text || Object.values(metric).join(' ');
}

/// The series of one target over the time of the run: [{name, labels, points: [[time, value]]}].
async function ask(prometheus, target, { start, end }) {
  const query = new URLSearchParams({ query: expand(target.expr, everything), start, end, step: 1 });
  const answer = await (await fetch(`${prometheus}/api/v1/query_range?${query}`)).json();
  if (answer.status !== 'success') throw new Error(`${target.expr}: ${answer.error}`);
  return answer.data.result
    .map(({ metric, values }) => ({
      name: legend(target, metric), labels: metric,
      points: values.map(([time, value]) => [time, Number(value)]).filter(([, value]) => Number.isFinite(value)),
    }))
    .filter(({ points }) => points.length > 0);
}

/// The rows of one target, its column names first.
function read({ dsn, schema }, target) {
  const text = execFileSync('psql', ['-X', '-q', '--csv', '-v', 'ON_ERROR_STOP=1', '-d', dsn, '-c', expand(target.rawSql, { schema, portal: schema })], { encoding: 'utf8' });
  // No value of ours has a line break or a quoted comma in these queries but labels may be quoted.
  return text.trimEnd().split('\n').map((line) => [...line.matchAll(/("([^"]|"")*"|[^,]*)(,|$)/g)].slice(0, -1)
    .map(([, cell]) => cell.replace(/^"|"$/g, '').replaceAll('""', '"')));
}

/// What every panel of a board shows: `series` or `rows`, in the order of its targets.
export async function dataOf(board, { prometheus, mirror, time }) {
  const shown = [];
  for (const panel of board.panels) {
    const data = { panel, series: [], rows: [] };
    for (const target of panel.targets ?? []) {
      if (target.rawSql) data.rows.push(...read(mirror, target));
      else data.series.push({ target, found: await ask(prometheus, target, time) });
    }
    shown.push(data);
  }
  return shown;
}
