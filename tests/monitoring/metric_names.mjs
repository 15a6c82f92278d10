// The names of metrics in docs/metrics.md, which the program writes, and in queries.

/// Every name a query may use: a histogram's with its three endings too.
export function knownMetrics(page) {
  const names = new Set(['up']);
  for (const [, name, kind] of page.matchAll(/^\| `(\w+)` \| (\w+) \|/gm)) {
    names.add(name);
    if (kind === 'histogram') ['bucket', 'sum', 'count'].forEach((end) => names.add(`${name}_${end}`));
  }
  return names;
}

/// The metrics a query asks for.
export function metricsIn(query) {
  return [...query.matchAll(/\b(?:hubmirror_\w+|process_\w+)(?=\s*[{[)\s]|$)/g)].map(([name]) => name);
}
