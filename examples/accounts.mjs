// Which account did the text of this suspect come through?
// Every account has a secret number of its own, and with it a green list beside the owner's. One pass tests them all.
import { deriveKey, openMark, PairCollector, Secret } from '@taggant/core';
import { formatP } from '@taggant/detector';
import { Assignment, servedMarks, testAccounts } from '@taggant/probes';
import { MarkHook, sampleToken } from '@taggant/sampler';

const random = (length) => crypto.getRandomValues(new Uint8Array(length));
const secret = Secret.generate();
const keyOf = (scheme, label) => deriveKey(secret, scheme, label);

// 24,000 accounts get numbers, the first three of them in a tier. The file of this (writeAssignmentFile) is secret; its
// commitment can be published before any test.
const accounts = Array.from({ length: 24_000 }, (_, i) => ({ id: `account-${i}`, tiers: i < 3 ? ['trial'] : [] }));
const epoch = { label: '2026-q4', from: '2026-10-01T00:00:00Z' };
const assignment = Assignment.create({ epoch, tiers: ['trial'], accounts }, random);
console.log(`commitment ${assignment.commitment()}`);

// What the serving side is told of three of them: descriptors with cohort and kid, and no key.
const layers = {
  owner: { scheme: 'greenlist', delta: 1.5 },
  tier: { scheme: 'greenlist', delta: 1 },
  account: { scheme: 'greenlist', delta: 2 },
};
const asked = ['account-0', 'account-1', 'account-4711'].map((id) => assignment.account(id));
const served = [...servedMarks(assignment, layers, keyOf, new Date('2026-11-21'), asked)];
for (const { account, label, marks } of served)
  console.log(`${account}: ${marks.length} lists under the key of ${label}`);

// A suspect's answers. Here it simply repeats what account-4711 is served, in ten texts.
const { label, marks } = served[2];
const key = keyOf('greenlist', label);
const hook = new MarkHook(marks.map((mark) => openMark(mark, key)));
const collector = new PairCollector({ contextWidth: 2, dedup: 'context' }); // each context once in the whole run
for (let text = 0; text < 10; text++) collector.add(write(100));

const started = performance.now();
const { named, best, labels, tests } = testAccounts(collector.pairs(), openMark(layers.owner, key), assignment);
console.log(`owner: p = ${formatP(labels[0].lnP)}`);
for (const { kind, id, lnP } of named) console.log(`named: ${kind} ${id}, p = ${formatP(lnP)}, corrected for ${tests}`);
console.log(`next best: ${best[named.length].id}, p = ${formatP(best[named.length].lnP)}`);
console.log(`${(performance.now() - started).toFixed(0)} ms`);

function write(length) {
  const sequence = hook.start([1, 2]);
  return Array.from({ length }, () => {
    const logits = Float32Array.from({ length: 2000 }, () => 4 * Math.random());
    hook.processLogits(logits, [sequence]);
    const token = sampleToken(logits, Math.random());
    sequence.push(token);
    return token;
  });
}
