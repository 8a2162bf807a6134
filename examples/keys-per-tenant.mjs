// How does every tenant get a key of its own, from one secret?
// A label gives a key of its own: one tenant's key says nothing about another's, and finds nothing in another's text.
import { deriveKey, openMark, Secret } from '@taggant/core';
import { detectTokens, formatP } from '@taggant/detector';
import { MarkHook, sampleToken } from '@taggant/sampler';

const secret = Secret.generate(); // one secret to guard
const markOf = (tenant) => openMark({ scheme: 'greenlist' }, deriveKey(secret, 'greenlist', tenant));

// What tenant-a's users are served.
const hook = new MarkHook(markOf('tenant-a'));
const sequence = hook.start([1, 2]);
const tokens = [];
for (let step = 0; step < 300; step++) {
  const logits = Float32Array.from({ length: 2000 }, () => 4 * Math.random());
  hook.processLogits(logits, [sequence]);
  const token = sampleToken(logits, Math.random());
  sequence.push(token);
  tokens.push(token);
}

for (const tenant of ['tenant-a', 'tenant-b']) {
  const mark = markOf(tenant);
  const { verdict, lnP } = detectTokens(tokens, mark);
  console.log(`${tenant} (kid ${mark.descriptor.kid}): ${verdict}, p = ${formatP(lnP)}`);
}
