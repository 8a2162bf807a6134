/**
 * Do p-values hold? Real and repetitive texts against random keys: rejections at 1e-2, 1e-3 and 1e-4.
 *
 *   npm run strength:null -- [--tests 100000] [--seed 1] [--json FILE]
 *
 * A test is one passage under one random key. Scores are counts, so p cannot take every value; a randomised p,
 * P[S > s] + U P[S = s], is exactly uniform under the null and is held to the two-sided 99.9 % band, and p itself to the
 * upper end of the band. Two controls must fail: scoring every copy of a repeated pair, and the right key on marked text.
 * @module
 */
import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { random as mersenneTwister } from '@huggingface/transformers';
import { distinctPairs, type Mark, type NativeMarkInput, openMark, type Pairs } from '@taggant/core';
import { lnTail } from '@taggant/detector';
import { tiktokenTokenizer } from '@taggant/detector/tiktoken';
import { binomialBand } from '@taggant/stats';
import { samplesOf, secretOf } from './samples.ts';
import { NULL_TEXTS, readText, repetitiveText } from './texts.ts';

const { values } = parseArgs({
  options: {
    tests: { type: 'string', default: '100000' },
    seed: { type: 'string', default: '1' },
    json: { type: 'string' },
  },
});
const tests = Number(values.tests);
const generator = new mersenneTwister.Random(Number(values.seed));
const random = () => generator.random();
const LEVELS = [1e-2, 1e-3, 1e-4];
const PASSAGE = 200;

const MARKS: Record<string, NativeMarkInput> = {
  'green list 1/4, context 2': { scheme: 'greenlist' },
  'green list 1/2, context 1': { scheme: 'greenlist', gamma: '1/2', contextWidth: 1 },
  'green list 3/16, context 4, cohort 23999': { scheme: 'greenlist', gamma: '3/16', contextWidth: 4, cohort: 23999 },
  'Gumbel, context 4': { scheme: 'gumbel' },
  'tournament, context 4': { scheme: 'tournament' },
};

const gpt2 = tiktokenTokenizer('gpt2');
const plainFolder = fileURLToPath(new URL('../out/', import.meta.url));
const corpora: Record<string, Uint32Array[]> = {
  'novel, plays, encyclopedia': NULL_TEXTS.flatMap((name) => passages(gpt2.encode(readText(name)))),
  'repetitive template': passages(gpt2.encode(repetitiveText(20_000, random))),
  'plain tiny-lm': (await samplesOf({ mark: null, samples: 512, tokens: 400, temperature: 1 }, plainFolder)).flatMap(
    ({ tokens }) => passages(Uint32Array.from(tokens)),
  ),
};

const rows: Record<string, unknown>[] = [];
for (const [markName, input] of Object.entries(MARKS)) {
  for (const [corpusName, corpus] of Object.entries(corpora)) {
    rows.push(measure(markName, corpusName, input, corpus, distinct));
  }
}
rows.push(
  measure(
    'CONTROL green list 1/4, copies scored',
    'repetitive template',
    MARKS['green list 1/4, context 2'],
    corpora['repetitive template'],
    everyCopy,
  ),
);
console.log(`seed ${values.seed}; ${tests} (text, random key) tests a row; passages of ${PASSAGE} tokens`);
console.table(rows);
if (values.json !== undefined) {
  const record = {
    command: `npm run strength:null -- --tests ${tests} --seed ${values.seed}`,
    tests,
    passage: PASSAGE,
    cpu: cpus()[0].model,
    node: process.version,
    rows,
  };
  writeFileSync(values.json, `${JSON.stringify(record, null, 1)}\n`);
}
const wrong = rows.filter((row) => (row.verdict === 'holds') === String(row.mark).startsWith('CONTROL'));
if (wrong.length > 0) process.exitCode = 1;

function passages(ids: Uint32Array): Uint32Array[] {
  return Array.from({ length: Math.floor(ids.length / PASSAGE) }, (_, i) =>
    ids.subarray(i * PASSAGE, (i + 1) * PASSAGE),
  );
}

function distinct(ids: Uint32Array, contextWidth: number): Pairs {
  return distinctPairs(ids, { contextWidth });
}

/** What a careless detector scores: every position, copies included. */
function everyCopy(ids: Uint32Array, contextWidth: number): Pairs {
  const n = ids.length - contextWidth;
  const contexts = Uint32Array.from(
    { length: n * contextWidth },
    (_, i) => ids[Math.floor(i / contextWidth) + (i % contextWidth)],
  );
  const positions = Uint32Array.from({ length: n }, (_, i) => i + contextWidth);
  return {
    n,
    contextWidth,
    contexts,
    tokens: ids.slice(contextWidth),
    positions,
    positionsSeen: ids.length,
    repeated: 0,
    withoutContext: contextWidth,
  };
}

function measure(
  mark: string,
  corpus: string,
  input: NativeMarkInput,
  texts: readonly Uint32Array[],
  pairing: typeof distinct,
) {
  const exact = LEVELS.map(() => 0);
  const randomised = LEVELS.map(() => 0);
  for (let test = 0; test < tests; test++) {
    const opened = openMark(input, secretOf(`null ${values.seed} ${mark} ${corpus} ${test}`));
    const pairs = pairing(texts[Math.floor(random() * texts.length)], opened.contextWidth);
    const { p, uniform } = pValues(opened, pairs);
    LEVELS.forEach((level, i) => {
      if (p <= level) exact[i]++;
      if (uniform <= level) randomised[i]++;
    });
  }
  const bands = LEVELS.map((level) => binomialBand(tests, level, 0.999));
  const holds = bands.every(([low, high], i) => exact[i] <= high && randomised[i] >= low && randomised[i] <= high);
  const show = (i: number) => `${exact[i]} / ${randomised[i]} [${bands[i].join(', ')}]`;
  return {
    mark,
    corpus,
    'p <= 1e-2: exact / randomised [band]': show(0),
    '1e-3': show(1),
    '1e-4': show(2),
    verdict: holds ? 'holds' : 'BROKEN',
  };
}

function pValues(mark: Mark, pairs: Pairs): { p: number; uniform: number } {
  const scores = new Float64Array(pairs.n);
  mark.score(pairs, scores);
  const sum = scores.reduce((total, score) => total + score, 0);
  const p = Math.exp(lnTail(mark.law, sum, pairs.n));
  if (mark.law.law === 'gamma') return { p, uniform: p };
  const above = Math.exp(lnTail(mark.law, sum + 1, pairs.n));
  return { p, uniform: above + random() * (p - above) };
}
