/**
 * What marking a row of logits costs beside copying it: green lists by where the row lives, draws over the whole vocabulary
 * and over the few tokens that truncation leaves, whole steps of the hook, batches, vocabularies.
 *
 * A step that destroys its row starts by copying a fresh one, and that copy is in its figure.
 * @module
 */
import assert from 'node:assert/strict';
import { allocateLogits, openMark, Secret } from '@taggant/core';
import { jsKernels } from '@taggant/kernels';
import { MarkHook, sampleToken } from '@taggant/sampler';
import type { Case } from './run.ts';

const V = 131_072;
const VOCABULARIES = [32_000, 131_072, 262_144];
const BATCHES = [1, 8, 64];
const TOP_K = 200;
const DELTA = 2;

/** Uniform numbers, the same in every run (the keystream of the zero key). */
function uniforms(length: number, nonce: number): Float64Array {
  const words = new Uint32Array(length);
  jsKernels.keystream(new Uint32Array(8), Uint32Array.of(nonce, 0, 0), 0, words);
  return Float64Array.from(words, (word) => (word + 0.5) / 2 ** 32);
}

/**
 * A row as a model gives it: a normal bulk of standard deviation 2.5, and above it a head of 300 tokens at scattered places
 * whose probabilities fall by Zipf's law.
 */
function modelRow(width: number, seed: number): Float32Array {
  const u = uniforms(2 * width, seed);
  const row = Float32Array.from({ length: width }, (_, v) => {
    return 2.5 * Math.sqrt(-2 * Math.log(u[2 * v]!)) * Math.cos(2 * Math.PI * u[2 * v + 1]!);
  });
  for (let rank = 1; rank <= 300; rank++) row[Math.floor(u[rank]! * width)] = 20 - 1.3 * Math.log(rank);
  return row;
}

const secret = Secret.fromBytes(new Uint8Array(32).fill(7));
const greenlist = (gamma: string, cohort = 0) => openMark({ scheme: 'greenlist', gamma, delta: DELTA, cohort }, secret);
const gumbel = openMark({ scheme: 'gumbel' }, secret);
const tournament = openMark({ scheme: 'tournament' }, secret);
const context = Uint32Array.of(11, 22, 33, 44);
const source = modelRow(V, 1);

const copyName = (width: number, batch = 1) => `copy ${batch} x ${width} logits, each`;
const copies = VOCABULARIES.flatMap((width) =>
  BATCHES.map((batch): Case => {
    const [from, to] = [new Float32Array(batch * width).fill(1), new Float32Array(batch * width)];
    return { name: copyName(width, batch), unit: 'us', amount: 1e6 / batch, run: () => to.set(from) };
  }),
);

/** Rows by where they live. */
const PLACES: Record<string, (length: number) => Float32Array> = {
  'JS memory': (length) => new Float32Array(length),
  'WASM memory': allocateLogits,
  'shared memory': (length) => new Float32Array(new SharedArrayBuffer(4 * length)),
};

function placed(place: string, from: Float32Array): Float32Array {
  const row = PLACES[place]!(from.length);
  row.set(from);
  return row;
}

const greenCases = Object.keys(PLACES).flatMap((place) =>
  ['1/2', '1/4'].flatMap((gamma) =>
    [0, 23_999].map((cohort): Case => {
      const mark = greenlist(gamma, cohort);
      const row = placed(place, source);
      return {
        name: `green list gamma=${gamma} cohort=${cohort}, row in ${place}`,
        unit: 'us',
        amount: 1e6,
        besides: copyName(V),
        run: () => mark.apply(context, row),
        check() {
          const [here, plain] = [placed(place, source), source.slice()];
          mark.apply(context, here);
          mark.apply(context, plain);
          assert.deepEqual([...here], [...plain]);
          const green = plain.reduce((n, x, v) => n + Number(x !== source[v]), 0);
          assert(Math.abs(green / V - (gamma === '1/2' ? 1 / 2 : 1 / 4)) < 0.01);
        },
      };
    }),
  ),
);

/** A row with 200 tokens left, as truncation makes it. */
const left = [...source.keys()].sort((a, b) => source[b]! - source[a]!).slice(0, TOP_K);
const sparse = new Float32Array(V).fill(-Infinity);
for (const v of left) sparse[v] = source[v]!;

const drawCases = Object.keys(PLACES).flatMap((place) =>
  [gumbel, tournament].map((mark): Case => {
    const row = placed(place, sparse);
    const run = () => {
      for (const v of left) row[v] = source[v]!;
      mark.apply(context, row);
    };
    return {
      name: `${mark.descriptor.scheme} over ${TOP_K} candidates, row in ${place}`,
      unit: 'us',
      amount: 1e6,
      besides: copyName(V),
      run,
      check() {
        run();
        const few = Float32Array.from(left, (v) => source[v]!);
        assert(row.every((x, v) => x === -Infinity || few.includes(source[v]!)));
        const mass = left.reduce((sum, v) => sum + Math.exp(row[v]!), 0);
        assert(Math.abs(mass - 1) < 1e-5);
        if (mark === gumbel) assert.equal(row.indexOf(0), plainDraw(sparse));
      },
    };
  }),
);

const fullCases = ['JS memory', 'WASM memory'].map((place): Case => {
  const row = placed(place, source);
  const run = () => {
    row.set(source);
    gumbel.apply(context, row);
  };
  return {
    name: `gumbel over ${V} candidates and a copy, row in ${place}`,
    unit: 'us',
    amount: 1e6,
    besides: copyName(V),
    run,
    check() {
      run();
      assert.equal(row.indexOf(0), plainDraw(source));
    },
  };
});

/** argmax logit - ln(-ln u) token by token, words read through the mark's own score: -ln(1 - u). */
function plainDraw(logits: Float32Array): number {
  const scores = new Float64Array(V);
  const tokens = Uint32Array.from({ length: V }, (_, v) => v);
  const contexts = Uint32Array.from({ length: 4 * V }, (_, i) => context[i % 4]!);
  gumbel.score({ n: V, tokens, contexts, contextWidth: 4 } as never, scores);
  const loudness = (v: number) => logits[v]! - Math.log(-Math.log(-Math.expm1(-scores[v]!)));
  return tokens.reduce((best, v) => (loudness(v) > loudness(best) ? v : best), 0);
}

const settings = [
  ['green list and top-k', greenlist('1/4'), { topK: TOP_K }],
  ['gumbel and top-k', gumbel, { topK: TOP_K, temperature: 0.8 }],
  ['tournament and top-k', tournament, { topK: TOP_K, temperature: 0.8 }],
  ['gumbel and top-p', gumbel, { topP: 0.95, temperature: 0.8 }],
  ['gumbel, top-k and top-p', gumbel, { topK: TOP_K, topP: 0.95, temperature: 0.8 }],
] as const;
const stepCases = settings.flatMap(([what, mark, options]) =>
  ['JS memory', 'WASM memory'].map((place): Case => {
    const hook = new MarkHook(mark, options);
    const sequence = hook.start(context);
    const row = placed(place, source);
    const run = () => {
      row.set(source);
      hook.processLogits(row, [sequence]);
    };
    return {
      name: `step of the hook and a copy: ${what}, row in ${place}`,
      unit: 'us',
      amount: 1e6,
      besides: copyName(V),
      run,
      check() {
        run();
        const kept = row.filter((x) => x > -Infinity).length;
        assert(kept >= 1 && kept <= TOP_K, `${kept} tokens left`);
      },
    };
  }),
);

const draw: Case = {
  name: `sampleToken from ${TOP_K} of ${V}`,
  unit: 'us',
  amount: 1e6,
  besides: copyName(V),
  run: () => sampleToken(sparse, 0.5),
  check: () => assert(left.includes(sampleToken(sparse, 0.5))),
};

const batchCases = VOCABULARIES.flatMap((width) =>
  BATCHES.flatMap((batch) =>
    ['JS memory', 'WASM memory'].map((place): Case => {
      const hook = new MarkHook(greenlist('1/4'), { vocabSize: width });
      const sequences = Array.from({ length: batch }, (_, i) => hook.start([i, i + 1, i + 2]));
      const rows = PLACES[place]!(batch * width);
      const one = modelRow(width, 2);
      for (let i = 0; i < batch; i++) rows.set(one, i * width);
      return {
        name: `green list, ${batch} x ${width} logits in ${place}, each`,
        unit: 'us',
        amount: 1e6 / batch,
        besides: copyName(width, batch),
        run: () => hook.processLogits(rows, sequences),
        check() {
          const copy = rows.slice();
          hook.processLogits(copy, sequences);
          const row = one.slice();
          hook.processLogits(row, [hook.start([batch - 1, batch, batch + 1])]);
          assert.deepEqual(copy.subarray((batch - 1) * width), row);
        },
      };
    }),
  ),
);

export const cases: readonly Case[] = [
  ...copies,
  ...greenCases,
  ...drawCases,
  ...fullCases,
  ...stepCases,
  draw,
  ...batchCases,
];
