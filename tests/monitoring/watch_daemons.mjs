// Watches running daemons as people do who use our rules. Tells on a port of its own what fires
// (`/firing`) and what a person was told (`/told`), until SIGTERM.
//
//   node watch_daemons.mjs PROJECT_FOLDER PROMETHEUS ALERTMANAGER MINUTE DAY ADDRESS_FILE HOST:PORT ...
//
// MINUTE, DAY: how many milliseconds they take in the rules.
import { renameSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { rulesWith, watch } from './watchers.mjs';

const [project, prometheus, alertmanager, minute, day, addressFile, ...daemons] = process.argv.slice(2);
const { told, firing, stop } = await watch({
  project,
  prometheus,
  alertmanager,
  rules: rulesWith(project, { minute: Number(minute), day: Number(day) }),
  every: minute / 2,
  targets: [{ targets: daemons }],
});

const answers = { '/told': () => told, '/firing': firing };
const server = http.createServer(async (request, response) => {
  try {
    response.end(JSON.stringify(await answers[request.url]()));
  } catch (error) {
    response.writeHead(500).end(String(error));
  }
});
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
process.on('SIGTERM', async () => {
  server.close();
  await stop();
  process.exit(0);
});
writeFileSync(`${addressFile}.new`, `127.0.0.1:${server.address().port}`);
renameSync(`${addressFile}.new`, addressFile);
