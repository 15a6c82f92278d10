// documented.mjs SIGN_WEBHOOK DOCUMENT: the receivers of docs/webhooks.md take what is signed here
// once, and refuse what is not, in Node, in Python and in PHP.
import assert from "node:assert";
import { execFileSync, spawn } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";

const [signer, document] = process.argv.slice(2);
const text = readFileSync(document, "utf8");
const block = (language) => text.match(new RegExp("```" + language + "\n([^]*?)```"))[1];
const secret = "a secret of the documents";

const freePort = () =>
  new Promise((done) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => done(port));
    });
  });

const body = (...seqs) =>
  JSON.stringify({ type: "changes", entries: seqs.map((seq) => ({ seq, op: "update", object: "deals", id: "7", after: { name: "K\u00f6ln" } })) });

async function check(name, file, commandAt) {
  writeFileSync(file, block(name));
  const last = `${file}.last`;
  rmSync(last, { force: true });
  const port = await freePort();
  const [command, ...words] = commandAt(port);
  const receiver = spawn(command, words, {
    env: { PATH: process.env.PATH, HOOK_SECRET: secret, HOOK_LAST: last, PORT: String(port) },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let printed = "";
  receiver.stdout.on("data", (piece) => (printed += piece));
  const post = async (content, { at = 0, key = secret, ...headers } = {}) => {
    const now = Math.floor(Date.now() / 1000) + at;
    const signed = JSON.parse(execFileSync(signer, [String(now), content, ...[key].flat()], { encoding: "utf8" }));
    for (let tries = 0; ; ++tries) {
      try {
        const answer = await fetch(`http://127.0.0.1:${port}/`, { method: "POST", body: content, headers: { ...signed, ...headers } });
        return answer.status;
      } catch (error) {
        if (tries > 100) throw error;
        await new Promise((done) => setTimeout(done, 100));
      }
    }
  };
  try {
    assert.equal(await post(body(1, 2, 3)), 204);
    assert.equal(await post(body(2, 3, 4)), 204);
    assert.equal(await post(body(5), { key: ["the new one", secret] }), 204);
    assert.equal(await post(body(6), { key: "another" }), 401);
    assert.equal(await post(body(7), { at: -301 }), 401);
    // What comes too early must be refused. On a slow machine two seconds may be over before it is there.
    for (let early = 2, over = true; over; early *= 2) {
      const sent = Date.now();
      const status = await post(body(5), { at: 300 + early });
      over = Date.now() - sent >= (early - 1) * 1000;
      if (!over) assert.equal(status, 401);
    }
    assert.equal(await post(body(9), { "webhook-timestamp": "x" }), 401);
    assert.equal(await post(body(10), { "webhook-signature": "" }), 401);
    await new Promise((done) => setTimeout(done, 200));
    assert.equal(printed, [1, 2, 3, 4, 5].map((seq) => `${seq} update deals 7\n`).join(""));
  } finally {
    receiver.kill();
  }
  console.log(`the receiver in ${name}: each entry once, nothing unsigned`);
}

await check("js", "receiver.mjs", () => ["node", "receiver.mjs"]);
await check("python", "receiver.py", () => ["python3", "receiver.py"]);
await check("php", "receiver.php", (port) => ["php", "-q", "-S", `127.0.0.1:${port}`, "receiver.php"]);
