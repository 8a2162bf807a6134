// Which account wrote this text, and was it ours at all?
// Two layers on the same step: the owner's list (cohort 0), and the account's own list (its cohort) under the same key.
import { deriveKey, openMark, Secret } from '@taggant/core';
import { detectTokens, formatP } from '@taggant/detector';
import { MarkHook, sampleToken } from '@taggant/sampler';
import { bonferroni } from '@taggant/stats';

const key = deriveKey(Secret.generate(), 'greenlist', '2026-q4');
const owner = openMark({ scheme: 'greenlist', gamma: '1/4', delta: 2 }, key);
const account = (cohort) => openMark({ scheme: 'greenlist', gamma: '1/4', delta: 1.5, cohort }, key);

// Account 4711 is served 400 tokens.
const hook = new MarkHook([owner, account(4711)]);
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

// Trying a thousand accounts is a thousand tests: the smallest p is corrected for all of them.
const accounts = Array.from({ length: 1000 }, (_, i) => 4000 + i);
const lnPs = accounts.map((cohort) => detectTokens(tokens, account(cohort)).lnP);
const best = lnPs.indexOf(Math.min(...lnPs));
console.log(`account ${accounts[best]}: family-wise p = ${formatP(bonferroni(lnPs[best], accounts.length))}`);
