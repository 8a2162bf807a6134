// Was a model trained on what mine wrote? Score its answers under my mark. Two small suspects that the lab trained: 5 % of the
// first one's text came from a marked model, the second read human text only. Both answered the same kind of prompts.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { deriveKey, openMark, Secret } from '@taggant/core';
import { describeDecoyKeys, formatE, formatP, rankAmongKeys } from '@taggant/detector';
import { Radioactivity } from '@taggant/probes';
import { readServedFile } from '@taggant/probes/runner';
import { tinyLmTokenizer } from '@taggant/tiny-lm';

// The lab's secret is a text, so that anybody can repeat its tests; yours comes from a keyring. Fix all that follows before
// you ask: the mark, the prompts and their order, alpha, and which number decides. `taggant probe plan` does it for you.
const secret = Secret.fromBytes(createHash('sha256').update('benchmark students').digest());
const key = deriveKey(secret, 'gumbel', 'gumbel-w1');
const mark = openMark({ scheme: 'gumbel', contextWidth: 1, tokenizer: tinyLmTokenizer().id }, key);
const ALPHA = 1e-6;

// What was served, as contexts: others teach nothing, and only add noise. These logs do not depend on the tested key (the
// texts were marked with other keys), so contexts may be weighed by how often they were served.
const data = new URL('../benchmarks/lab/students/data/demo/', import.meta.url);
const served = readServedFile(fileURLToPath(new URL('served.bin', data)));

for (const name of ['distilled', 'independent']) {
  const test = new Radioactivity(mark, { dedup: 'pair', served, weights: true });
  let asked = 0;
  let stopped = 0;
  for (const { prompt, reply } of exchangesOf(name)) {
    // What the suspect was shown goes in too: contexts that stand there are never scored, since it may have copied them.
    test.add({ shown: [prompt], reply });
    asked++;
    // An e-value may be looked at after every answer. Here it is only noted when one could have stopped.
    if (stopped === 0 && test.lnE >= -Math.log(ALPHA)) stopped = asked;
  }
  const { power, tokens, anytime } = test.result();
  const { n, lnP } = power;
  const verdict = lnP <= Math.log(ALPHA) ? 'found' : 'nothing found, which proves nothing';
  console.log(`${name}: ${verdict}. p = ${formatP(lnP)} from ${n} of ${tokens} tokens, ${asked} answers`);
  const sequential = stopped > 0 ? `enough after ${stopped} answers` : 'not enough at any moment';
  console.log(`  weighted e-value ${formatE(anytime.weighted.lnSup)} at most: ${sequential}`);
  // Decoys: the same pairs under keys that nobody served with. They take no law on trust.
  const bytes = decoyBytes(1);
  console.log(`  ${describeDecoyKeys(rankAmongKeys(test.pairs(), mark, 1000, bytes))}`);
}

function exchangesOf(name) {
  const lines = gunzipSync(readFileSync(new URL(`${name}.jsonl.gz`, data)))
    .toString()
    .trim()
    .split('\n');
  return lines.map((line) => JSON.parse(line));
}

/** 32 bytes at a time, the same in every run, so that the output is too; yours may be random. */
function decoyBytes(seed) {
  let count = 0;
  return () => new Uint8Array(createHash('sha256').update(`decoy ${seed} ${count++}`).digest());
}
