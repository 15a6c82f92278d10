// check.mjs SIGN_WEBHOOK: the library of the Standard Webhooks convention takes what is signed here,
// and refuses it once a byte, the secret or the time is another.
import assert from "node:assert";
import { execFileSync } from "node:child_process";
import { Webhook } from "standardwebhooks";

const sign = (at, body, ...secrets) =>
  JSON.parse(execFileSync(process.argv[2], [String(at), body, ...secrets], { encoding: "utf8" }));

const now = Math.floor(Date.now() / 1000);
const body = '{"type":"changes","entries":[{"after":{"city":"K\u00f6ln \u{1f600}"}}]}';
const encoded = "whsec_" + Buffer.from("a key of some 24 bytes..").toString("base64");
const plain = "any text that is no base64!";

for (const [secret, library] of [
  [encoded, new Webhook(encoded)],
  [plain, new Webhook(plain, { format: "raw" })],
]) {
  assert.deepEqual(library.verify(body, sign(now, body, secret)), JSON.parse(body));
  // While a receiver changes its secret, it takes requests that are signed with both.
  library.verify(body, sign(now, body, "another one", secret));
  library.verify(body, sign(now, body, secret, "another one"));

  assert.throws(() => library.verify(body, sign(now, body, "another one")));
  assert.throws(() => library.verify(body + " ", sign(now, body, secret)));
  assert.throws(() => library.verify(body, { ...sign(now, body, secret), "webhook-id": "other" }));
  assert.throws(() => library.verify(body, sign(now - 6 * 60, body, secret)));
  assert.throws(() => library.verify(body, sign(now + 6 * 60, body, secret)));
}
console.log("signatures: the library takes ours and refuses what was changed");
