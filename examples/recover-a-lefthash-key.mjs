// How safe is the key of a lefthash green list, the default mark of Hugging Face transformers?
import { distinctPairs } from '@taggant/core';
import { openEngineMark } from '@taggant/engines';
import { openLocalModel } from '@taggant/sampler/local-model';
import { markedGeneration } from '@taggant/sampler/transformers';
import { lnBinomialTail } from '@taggant/stats';
import { tinyLmFolder, tinyLmTokenizer } from '@taggant/tiny-lm';

// The list after a token is seeded with key * token, of which 32 bits count: only 2^32 keys differ, whatever their length.
// Here the key lies in a range that is searched in seconds; all 2^32 take 65,536 times as long, on any number of machines.
const KEYS = 2 ** 16;
const openKey = (key) =>
  openEngineMark({ mark: 'hf/greenlist', config: { hashing_key: key, greenlist_ratio: 0.25 }, vocabSize: 4096 });

// Give another as an argument. One in 25 is missed by the short cut below; a patient attacker goes without it.
const secretKey = Number(process.argv[2] ?? 48879);
const model = await openLocalModel(tinyLmFolder);
const prompt = tinyLmTokenizer().encode('It was late in the evening when');
const settings = markedGeneration(openKey(secretKey));
const [text] = await model.generate([prompt], { maxNewTokens: 300, settings, seed: 1, ignoreEnd: true });

// One marked text is all that the attacker has. Most wrong keys fail after a few pairs of neighbours.
const pairs = distinctPairs(text, { contextWidth: 1 });
const green = new Float64Array(pairs.n);

/** ln p of the text under a key, or 0 as soon as less than 0.35 of its first pairs are green. */
function lnPOf(key) {
  const mark = openKey(key);
  let hits = 0;
  for (let from = 0, to = 16; from < pairs.n; from = to, to = Math.min(2 * to, pairs.n)) {
    const [contexts, tokens] = [pairs.contexts.subarray(from, to), pairs.tokens.subarray(from, to)];
    mark.score({ ...pairs, n: to - from, contexts, tokens }, green);
    hits += green.subarray(0, to - from).reduce((sum, one) => sum + one, 0);
    if (hits < 0.35 * to) return 0;
  }
  return lnBinomialTail(hits, pairs.n, mark.law.p);
}

const started = performance.now();
let best = { key: -1, lnP: 0 };
for (let key = 0; key < KEYS; key++) {
  const lnP = lnPOf(key);
  if (lnP < best.lnP) best = { key, lnP };
}
const seconds = (performance.now() - started) / 1000;
const corrected = Math.min(1, KEYS * Math.exp(best.lnP));

console.log(`${KEYS} keys tried in ${seconds.toFixed(1)} s on a text of ${text.length} tokens`);
console.log(`best key ${best.key}, p ${corrected.toExponential(1)} after correction for all of them`);
console.log(best.key === secretKey ? 'It is the secret key.' : 'It is another key.');
if (best.key !== secretKey) process.exitCode = 1;
