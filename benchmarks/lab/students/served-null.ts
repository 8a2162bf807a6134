/**
 * Does the filter of served contexts keep the null? What we served depends on our key, and so does which contexts count.
 *
 *   node --conditions=@taggant/source --import tsx benchmarks/lab/students/served-null.ts [RUNS]
 *
 * Each run draws a key, lets a bigram teacher of the committed human-like text (the answers of s0-1 to unseen openings) serve
 * 98 marked replies of 112 tokens under it (a green list of width 2 or 1, gamma 1/4, delta 3), and tests the same innocent
 * text, the answers of s0-1 to served openings, with the filter and its weights. A coin of the key is a hash here, no
 * ChaCha: a thousand times as many keys in the time.
 * @module
 */

import { weightOf } from '@taggant/probes';
import { EProcess, ksUniform, lnBinomialTail, lnWeightedBinomialTail } from '@taggant/stats';
import { xorshift } from './random.ts';
import { DATA, transcriptOf } from './tests.ts';
import { studentsOf } from './transcripts.ts';

const GAMMA = 0.25;
const BOOST = Math.exp(3);
const [REPLIES, LENGTH, CANDIDATES] = [98, 112, 12];
const runs = Number(process.argv[2] ?? 2000);
const random = xorshift('served null');
const lines = transcriptOf(DATA, studentsOf(DATA).find(({ id }) => id === 's0-1')!);

/** What follows each token in the teacher's text. */
const followers = new Map<number, number[]>();
for (const { ask, reply } of lines) {
  if (ask !== 'unseen' && ask !== 'cool unseen') continue;
  for (let i = 1; i < reply.length; i++) {
    const list = followers.get(reply[i - 1]) ?? [];
    followers.set(reply[i - 1], list);
    list.push(reply[i]);
  }
}
const starts = [...followers.keys()];
const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)];

for (const width of [1, 2]) {
  // The suspect's pairs, each context once, are the same in every run.
  const suspect = new Map<number, number>();
  for (const { ask, reply } of lines) {
    if (ask !== 'open') continue;
    for (let i = width; i < reply.length; i++) {
      const context = contextAt(reply, i, width);
      if (!suspect.has(context)) suspect.set(context, reply[i]);
    }
  }
  const [ps, weighted]: number[][] = [[], []];
  const z: number[] = [];
  let alarms = 0;
  for (let run = 0; run < runs; run++) {
    const key = Math.floor(random() * 2 ** 32);
    const served = serve(key, width);
    const classes = new Map<number, { weight: number; n: number }>();
    let [n, sum, weightedSum] = [0, 0, 0];
    const evidence = new EProcess((t) => Math.log(1 + GAMMA * Math.expm1(t)), [0.05, 0.1, 0.3]);
    for (const [context, token] of suspect) {
      const count = served.get(context);
      if (count === undefined) continue;
      const score = isGreen(key, context, token) ? 1 : 0;
      const weight = weightOf(count);
      const one = classes.get(weight) ?? { weight, n: 0 };
      classes.set(weight, one);
      one.n++;
      n++;
      sum += score;
      weightedSum += weight * score;
      evidence.add(score, weight);
    }
    if (evidence.lnSup >= Math.log(100)) alarms++;
    z.push((sum - n * GAMMA) / Math.sqrt(n * GAMMA * (1 - GAMMA)));
    ps.push(continuous((s) => lnBinomialTail(s, n, GAMMA), sum));
    weighted.push(continuous((s) => lnWeightedBinomialTail([...classes.values()], GAMMA, s), weightedSum));
  }
  const mean = z.reduce((a, b) => a + b, 0) / runs;
  const variance = z.reduce((a, b) => a + (b - mean) ** 2, 0) / (runs - 1);
  console.log({
    width,
    runs,
    meanZ: mean.toFixed(3),
    varianceZ: variance.toFixed(3),
    ksP: Math.exp(ksUniform(ps).lnP).toFixed(3),
    ksPWeighted: Math.exp(ksUniform(weighted).lnP).toFixed(3),
    'p <= 1 %': (ps.filter((p) => p <= 0.01).length / runs).toFixed(4),
    'weighted p <= 1 %': (weighted.filter((p) => p <= 0.01).length / runs).toFixed(4),
    'weighted e ever >= 100': (alarms / runs).toFixed(4),
  });
}

/** In how many replies each context was served. */
function serve(key: number, width: number): Map<number, number> {
  const counts = new Map<number, number>();
  for (let reply = 0; reply < REPLIES; reply++) {
    const ids = [pick(starts), pick(starts)];
    const seen = new Set<number>();
    while (ids.length < LENGTH) {
      const context = contextAt(ids, ids.length, width);
      if (!seen.has(context)) counts.set(context, (counts.get(context) ?? 0) + 1);
      seen.add(context);
      const list = followers.get(ids[ids.length - 1]) ?? starts;
      let [total, chosen] = [0, 0];
      for (let i = 0; i < CANDIDATES; i++) {
        const token = pick(list);
        const weight = isGreen(key, context, token) ? BOOST : 1;
        total += weight;
        if (random() * total < weight) chosen = token;
      }
      ids.push(chosen);
    }
  }
  return counts;
}

function contextAt(ids: readonly number[], at: number, width: number): number {
  return width === 1 ? ids[at - 1] : ids[at - 2] * 4096 + ids[at - 1];
}

/** A coin of the key: murmur3's finaliser twice. */
function isGreen(key: number, context: number, token: number): boolean {
  return mix(mix(key ^ context) ^ Math.imul(token + 1, 0x9e3779b1)) < GAMMA * 2 ** 32;
}

function mix(h: number): number {
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** P[> sum] plus a random part of P[= sum]: uniform under the null. */
function continuous(lnTail: (sum: number) => number, sum: number): number {
  const [above, from] = [Math.exp(lnTail(sum + 1)), Math.exp(lnTail(sum))];
  return Math.min(1, above + random() * (from - above));
}
