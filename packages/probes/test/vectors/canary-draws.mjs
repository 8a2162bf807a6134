// Frozen draws of canaries, by node:crypto alone and from the description in docs, not from our code:
//   node packages/probes/test/vectors/canary-draws.mjs > packages/probes/test/vectors/canary-draws.json
// The last cases are the first of a long search whose first word has to be thrown away.
import { createHash, createHmac, hkdfSync } from 'node:crypto';

const secret = Buffer.from(Array.from({ length: 32 }, (_, i) => i));
const hmac = (key, ...parts) => parts.reduce((mac, part) => mac.update(part), createHmac('sha256', key)).digest();
const keyOf = (label) => Buffer.from(hkdfSync('sha256', secret, '', `taggant/1/canary/${label}`, 32));
const commitmentOf = (key) => createHash('sha256').update('taggant/commit/1').update(key).digest('hex');

function draw(accountKey, trigger, k) {
  const most = Math.floor(2 ** 32 / k) * k;
  for (let block = 0, thrown = 0; ; block++) {
    const bytes = hmac(
      accountKey,
      Buffer.from([block >>> 24, block >>> 16, block >>> 8, block].map((x) => x & 255)),
      trigger,
    );
    for (let at = 0; at < 32; at += 4, thrown++) {
      const word = bytes.readUInt32BE(at);
      if (word < most) return { variant: word % k, thrown };
    }
  }
}

const cases = [];
const accounts = ['acme', 'account 17', 'Zoë & Söhne 東京', '0'];
const triggers = [
  ['town', 2],
  ['a', 3],
  ['ship-aske', 48],
  ['colour.7', 64],
  ['x'.repeat(64), 1000],
  ['_', 65536],
];
for (const label of ['', 'tenant-a/2026']) {
  const key = keyOf(label);
  for (const account of accounts) {
    const accountKey = hmac(key, `account/${account}`);
    for (const [trigger, k] of triggers) cases.push({ label, account, trigger, k, ...draw(accountKey, trigger, k) });
  }
}
const accountKey = hmac(keyOf(''), 'account/acme');
for (let i = 0, found = 0; found < 3; i++) {
  const drawn = draw(accountKey, `search-${i}`, 60_000);
  if (drawn.thrown === 0) continue;
  cases.push({ label: '', account: 'acme', trigger: `search-${i}`, k: 60_000, ...drawn });
  found++;
}

console.log(
  JSON.stringify(
    {
      source: 'this repository: packages/probes/src/canaries/draw.ts describes the draw',
      generator: 'canary-draws.mjs, node:crypto',
      secret: secret.toString('hex'),
      keys: ['', 'tenant-a/2026'].map((label) => ({ label, commitment: commitmentOf(keyOf(label)) })),
      cases,
    },
    null,
    1,
  ),
);
