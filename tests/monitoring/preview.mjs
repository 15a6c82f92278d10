// Draws what the panels of a board show, as one page of HTML: a preview, not Grafana.

const escape = (text) => String(text).replace(/[&<>"]/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[c]);
const colours = ['#7eb26d', '#eab839', '#6ed0e0', '#ef843c', '#e24d42', '#1f78c1', '#ba43a9', '#705da0', '#508642', '#cca300'];

const scaled = (value, steps, unit = '') => {
  const [size, name] = steps.find(([bound]) => Math.abs(value) >= bound) ?? [1, ''];
  return `${Number((value / size).toPrecision(3))}${name}${unit}`;
};
export function format(value, unit) {
  switch (unit) {
    case 's': return value !== 0 && Math.abs(value) < 1 ? `${Number((value * 1000).toPrecision(3))} ms`
      : scaled(value, [[86400, ' d'], [3600, ' h'], [120, ' min'], [0, ' s']].map(([bound, name]) => [bound || 1, name]), Math.abs(value) < 1 ? ' s' : '');
    case 'percentunit': return `${Number((value * 100).toPrecision(3))} %`;
    case 'bytes': case 'Bps': return scaled(value, [[2 ** 30, ' GiB'], [2 ** 20, ' MiB'], [2 ** 10, ' KiB'], [1, ' B']], unit === 'Bps' ? '/s' : '');
    case 'bool_yes_no': return value ? 'Yes' : 'No';
    case 'dateTimeFromNow': return `${format(Math.max(0, Date.now() - value) / 1000, 's')} ago`;
    default: return scaled(value, [[1e9, ' Bil'], [1e6, ' Mil'], [1e4, ' K']].map(([bound, name]) => [bound === 1e4 ? 1e3 : bound, name]),
      { reqps: ' req/s', wps: ' wr/s', ops: ' ops/s', cpm: ' /min' }[unit] ?? '');
  }
}

const isoOf = (time) => new Date(time * 1000).toISOString();
const last = ({ points }) => points[points.length - 1][1];
const seriesOf = (data) => data.series.flatMap(({ found }) => found);
const empty = (why) => `<p class=none>${why}</p>`;

function colourOf(value, { thresholds: { steps } }) {
  const step = [...steps].reverse().find((one) => one.value === null || value >= one.value);
  return step.color === 'red' ? '#f2495c' : '#73bf69';
}

function stat(data, defaults) {
  const series = seriesOf(data);
  if (series.length === 0) return empty('No data');
  const value = last(series[0]);
  return `<p class=stat style="color:${colourOf(value, defaults)}">${format(value, defaults.unit)}</p>`;
}

function chart(data, defaults, width, height) {
  const series = seriesOf(data);
  if (series.length === 0) return empty('Nothing to show');
  const all = series.flatMap(({ points }) => points);
  const times = all.map(([time]) => time);
  const [from, to] = [Math.min(...times), Math.max(...times, Math.min(...times) + 1)];
  const top = defaults.max ?? (Math.max(...all.map(([, value]) => value), 0) || 1) * 1.05;
  const bottom = Math.min(0, ...all.map(([, value]) => value));
  const [left, right, low] = [70, width - 8, height - 18];
  const x = (time) => left + (right - left) * (time - from) / (to - from);
  const y = (value) => low - (low - 6) * (value - bottom) / (top - bottom);
  const grid = [0, 1, 2, 3].map((i) => bottom + (top - bottom) * i / 3).map((value) =>
    `<line x1=${left} x2=${right} y1=${y(value)} y2=${y(value)} /><text x=${left - 6} y=${y(value) + 4} text-anchor=end>${format(value, defaults.unit)}</text>`);
  const hours = [from, (from + to) / 2, to].map((time, i) =>
    `<text x=${x(time)} y=${height - 3} text-anchor=${['start', 'middle', 'end'][i]}>${(to - from > 172800 ? isoOf(time).slice(0, 10) : isoOf(time).slice(11, 19))}</text>`);
  const lines = series.map(({ points }, i) =>
    `<polyline fill=none stroke="${colours[i % colours.length]}" stroke-width=1.5 points="${points.map(([time, value]) => `${x(time).toFixed(1)},${y(value).toFixed(1)}`).join(' ')}" />`);
  const names = series.map(({ name }, i) => `<span><b style="background:${colours[i % colours.length]}"></b>${escape(name)}</span>`);
  return `<svg width=${width} height=${height}>${grid.join('')}${hours.join('')}${lines.join('')}</svg><div class=legend>${names.join('')}</div>`;
}

/// As many as there are, as high as there is room for, as Grafana draws them.
function bars(entries, unit, defaults, room) {
  if (entries.length === 0) return empty('Nothing to show');
  const height = Math.min(24, Math.floor(room / entries.length));
  const most = unit === 'percentunit' ? 1 : Math.max(...entries.map(([, value]) => value), 1);
  return entries.map(([name, value]) =>
    `<div class=bar style="height:${height}px;font-size:${Math.min(12, height)}px"><span>${escape(name)}</span><i><b style="width:${Math.min(100, 100 * value / most)}%;background:${colourOf(value, defaults)}"></b></i><em>${format(value, unit)}</em></div>`).join('');
}

function rows(names, lines, most) {
  if (lines.length === 0) return empty('Nothing to show');
  const cells = (tag, line) => `<tr>${line.map((cell) => `<${tag}>${escape(cell)}</${tag}>`).join('')}</tr>`;
  return `<table>${cells('th', names)}${lines.slice(0, most).map((line) => cells('td', line)).join('')}</table>`;
}

/// Of what panels of last values show: not what was true earlier in the run only.
const endOf = ({ points }) => points[points.length - 1][0];
const seriesNow = (data) => seriesOf(data).filter((one) => endOf(one) === data.end);

function table({ panel, ...data }, defaults, most) {
  const hidden = panel.transformations[0].options.excludeByName;
  const series = seriesNow(data).sort((a, b) => last(b) - last(a));
  const names = [...new Set(series.flatMap(({ labels }) => Object.keys(labels)))].filter((name) => !hidden[name]);
  return rows([...names, 'Value'], series.map((one) => [...names.map((name) => one.labels[name] ?? ''), format(last(one), defaults.unit)]), most);
}

function body(data, width, height) {
  const { panel } = data;
  const { defaults } = panel.fieldConfig;
  const lines = Math.floor(height / 24);
  switch (panel.type) {
    case 'stat': return stat(data, defaults);
    case 'table': return data.rows.length > 0 ? rows(data.rows[0], data.rows.slice(1), lines - 1) : table(data, defaults, lines - 1);
    case 'bargauge': return bars(seriesNow(data).map((one) => [one.name, last(one)]), defaults.unit, defaults, height);
    case 'barchart': return bars(data.rows.slice(1).map(([name, value]) => [name, Number(value)]).filter(([, value]) => Number.isFinite(value)), defaults.unit, defaults, height);
    default: return data.rows.length > 0
      ? chart({ series: [{ found: [{ name: data.rows[0][1], points: data.rows.slice(1).map(([time, value]) => [Date.parse(time.replace(/\+00$/, 'Z').replace(' ', 'T')) / 1000, Number(value)]) }] }] }, defaults, width, height - 38)
      : chart(data, defaults, width, height - 38);
  }
}

export const width = 1600;
const unit = { x: width / 24, y: 34 };

export function pageOf(board, shown) {
  const height = Math.max(...board.panels.map(({ gridPos: { y, h } }) => (y + h) * unit.y)) + 60;
  const end = Math.max(...shown.flatMap(seriesOf).map(endOf), 0);
  const panels = shown.map((found) => {
    const data = { ...found, end };
    const { x, y, w, h } = data.panel.gridPos;
    const box = `left:${x * unit.x + 4}px;top:${y * unit.y + 54}px;width:${w * unit.x - 8}px;height:${h * unit.y - 8}px`;
    if (data.panel.type === 'row') return `<h2 style="${box}">${escape(data.panel.title)}</h2>`;
    return `<section style="${box}"><h3>${escape(data.panel.title)}</h3>${body(data, w * unit.x - 32, h * unit.y - 52)}</section>`;
  });
  return { height, html: `<!doctype html><meta charset=utf-8><title>${escape(board.title)}</title><style>
body{margin:0;background:#111217;color:#ccccdc;font:12px sans-serif;width:${width}px;height:${height}px;position:relative}
h1{font-size:18px;margin:0;padding:14px 8px}h2,section{position:absolute;box-sizing:border-box;margin:0;overflow:hidden}
h2{font-size:14px;padding:8px 4px}section{background:#181b1f;border:1px solid #2c3036;border-radius:3px;padding:8px 12px}
h3{font-size:13px;margin:0 0 8px;font-weight:500}.stat{font-size:34px;text-align:center;margin:18px 0}.none{color:#8e8e9a;text-align:center;margin-top:24px}
svg line{stroke:#2c3036}svg text{fill:#9a9aa8;font-size:11px}.legend{display:flex;flex-wrap:wrap;height:34px;line-height:17px;overflow:hidden}.legend span{margin-right:12px;white-space:nowrap}
.legend b{display:inline-block;width:14px;height:3px;margin:0 5px 3px 0}table{border-collapse:collapse;width:100%}td,th{text-align:left;padding:3px 8px;border-bottom:1px solid #2c3036;white-space:nowrap}
th{color:#8ab8ff;font-weight:500}.bar{display:flex;align-items:center}.bar span{width:30%;overflow:hidden;white-space:nowrap;text-overflow:ellipsis}.bar i{flex:1;background:#22252b;height:60%;margin:0 10px}.bar i b{display:block;height:100%}.bar em{width:90px;font-style:normal}
</style><h1>${escape(board.title)}</h1>${panels.join('')}` };
}
