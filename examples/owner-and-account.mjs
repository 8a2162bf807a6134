// Which account wrote this text, and was it ours at all?
// Two layers on the same step: the owner's list (cohort 0), and the account's own list (its cohort) under the same key.
import { deriveKey, openMark, Secret } from '@taggant/core';
import { describeSearch, detectCohorts, detectTokens, formatP } from '@taggant/detector';
import { MarkHook, sampleToken } from '@taggant/sampler';

const key = deriveKey(Secret.generate(), 'greenlist', '2026-q4');
const owner = openMark({ scheme: 'greenlist', gamma: '1/4', delta: 2 }, key);
const account = openMark({ scheme: 'greenlist', gamma: '1/4', delta: 1.5, cohort: 4711 }, key);

// Account 4711 is served 400 tokens.
const hook = new MarkHook([owner, account]);
const sequence = hook.start([1, 2]);
const tokens = [];
for (let step = 0; step < 400; step++) {
  const logits = Float32Array.from({ length: 2000 }, () => 4 * Math.random());
  hook.processLogits(logits, [sequence]);
  const token = sampleToken(logits, Math.random());
  sequence.push(token);
  tokens.push(token);
}

console.log(`owner: p = ${formatP(detectTokens(tokens, owner).lnP)}`);

// 24,000 accounts are 24,000 tests: every p is corrected for all of them. They cost one pass over the text.
const started = performance.now();
const search = detectCohorts(tokens, owner, { first: 1, count: 24_000 });
console.log(`${describeSearch(search, 'account')} (${(performance.now() - started).toFixed(1)} ms)`);

// The same without any law: where account 4711 stands among a million other cohorts. The owner's cohort 0 is one of them, and
// it did take part in this text, so the best rank to hope for is 1 or 2.
const { decoys } = detectTokens(tokens, account, { decoys: 1_000_000, dedup: 'context' });
console.log(`account 4711 ranks ${decoys.atLeast} of ${decoys.count}`);
