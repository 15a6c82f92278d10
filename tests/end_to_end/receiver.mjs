// A receiver of webhooks as bad as they come: receiver.mjs SECRET ADDRESS_FILE. The path says how it
// behaves; GET /log?path=PATH tells what it was sent there, whatever it answered.
import { createHmac } from "node:crypto";
import { renameSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";

const [secret, addressFile] = process.argv.slice(2);
const log = [];
const MOST_BYTES = 256 * 1024;

// The same behaviour in every run.
let state = 12345;
const chance = () => (state = (state * 1103515245 + 12345) % 2147483648) / 2147483648;

function verified(headers, body) {
  const signed = `${headers["webhook-id"]}.${headers["webhook-timestamp"]}.${body}`;
  const wanted = "v1," + createHmac("sha256", secret).update(signed).digest("base64");
  const young = Math.abs(Date.now() / 1000 - Number(headers["webhook-timestamp"])) < 300;
  return young && headers["webhook-signature"].split(" ").includes(wanted);
}

function endless(response) {
  response.writeHead(200, { "content-length": 10_000_000_000 });
  const piece = Buffer.alloc(65536, "x");
  const more = () => {
    while (!response.destroyed && response.write(piece));
    if (!response.destroyed) response.once("drain", more);
  };
  more();
}

const behaviours = {
  "/ok": (response) => response.writeHead(204).end(),
  "/hang": () => {},
  "/big": endless,
  "/redirect": (response) => response.writeHead(302, { location: "/stolen" }).end(),
  "/stolen": (response) => response.writeHead(200).end(),
  "/reset": (response) => response.socket.destroy(),
  "/gone": (response) => response.writeHead(410).end(),
  "/ill": (response) => response.writeHead(503, { "retry-after": "1" }).end("secret words"),
  "/odd": (response, entry) => {
    const which = chance();
    const choose = (behaviour, status) => {
      entry.status = status;
      behaviours[behaviour](response);
    };
    if (which < 0.75) return choose("/ok", 204);
    if (which < 0.82) return choose("/ill", 503);
    if (which < 0.89) return choose("/reset", 0);
    if (which < 0.94) return choose("/big", 200);
    entry.status = 200;
    setTimeout(() => response.writeHead(200).end("late"), 300);
  },
};
const statuses = { "/ok": 204, "/big": 200, "/stolen": 200, "/redirect": 302, "/gone": 410, "/ill": 503 };

const server = createServer((request, response) => {
  const url = new URL(request.url, "http://x");
  if (request.method === "GET") {
    const path = url.searchParams.get("path");
    const told = JSON.stringify(log.filter((entry) => entry.path === path));
    return response.writeHead(200, { "content-type": "application/json" }).end(told);
  }
  const pieces = [];
  request.on("data", (piece) => pieces.push(piece));
  request.on("end", () => {
    const body = Buffer.concat(pieces).toString();
    const told = JSON.parse(body);
    const entry = {
      path: url.pathname,
      id: request.headers["webhook-id"],
      seqs: told.entries.map((one) => one.seq),
      late: Date.now() - Date.parse(told.entries.at(-1)?.at ?? new Date()),
      good: verified(request.headers, body) && body.length <= MOST_BYTES,
      status: statuses[url.pathname] ?? 0,
    };
    log.push(entry);
    behaviours[url.pathname](response, entry);
  });
});
server.on("connection", (socket) => socket.on("error", () => {}));
server.listen(0, "127.0.0.1", () => {
  writeFileSync(addressFile + ".new", `http://127.0.0.1:${server.address().port}`);
  renameSync(addressFile + ".new", addressFile);
});
