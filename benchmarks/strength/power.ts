/**
 * How many marked texts are found, by length: TPR at p < 1e-6 and the median ln p, per mark, on tiny-lm.
 *
 *   npm run strength:power -- [--samples 512] [--temperature 1] [--json FILE]
 *
 * Every batch of 32 samples has its own key and every sample its own held-out prompt; the detector sees neither. Each
 * sample is cut to each length. `tokens` scores the generated ids, `text` the same after decoding and tokenizing again.
 * Controls: plain text under the same keys, and marked text under another key.
 * @module
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { type NativeMarkInput, sha256Hex } from '@taggant/core';
import { detectTokens } from '@taggant/detector';
import { binomialInterval } from '@taggant/stats';
import { tinyLmFolder, tinyLmTokenizer } from '@taggant/tiny-lm';
import { markOf, type Sample, samplesOf } from './samples.ts';

const LENGTHS = [50, 100, 200, 400];
const ALPHA = 1e-6;
const MARKS: Record<string, NativeMarkInput> = {
  'green list (1/4, 2, context 2)': { scheme: 'greenlist' },
  'Gumbel (context 4)': { scheme: 'gumbel' },
  'tournament (30 layers, context 4)': { scheme: 'tournament' },
};

const { values } = parseArgs({
  options: {
    samples: { type: 'string', default: '512' },
    temperature: { type: 'string', default: '1' },
    json: { type: 'string' },
  },
});
const samples = Number(values.samples);
const folder = fileURLToPath(new URL('../out/', import.meta.url));
const plan = { samples, tokens: Math.max(...LENGTHS), temperature: Number(values.temperature) };
const tokenizer = tinyLmTokenizer();
const plain = await samplesOf({ ...plan, mark: null }, folder);

interface Row {
  readonly mark: string;
  readonly length: number;
  readonly tpr: number;
  readonly low: number;
  readonly high: number;
  readonly medianLnP: number;
  readonly meanPairs: number;
  readonly textTpr: number;
  readonly plainFound: number;
  readonly wrongKeyFound: number;
}

const rows: Row[] = [];
for (const [name, input] of Object.entries(MARKS)) {
  const marked = await samplesOf({ ...plan, mark: input }, folder);
  for (const length of LENGTHS) rows.push(measure(name, input, marked, length));
}
console.table(
  rows.map(({ mark, length, tpr, low, textTpr, medianLnP, meanPairs, plainFound, wrongKeyFound }) => ({
    mark,
    tokens: length,
    'TPR %': (100 * tpr).toFixed(1),
    '99 % low': (100 * low).toFixed(1),
    'TPR % (text)': (100 * textTpr).toFixed(1),
    'median ln p': medianLnP.toFixed(1),
    pairs: meanPairs.toFixed(0),
    'plain found': plainFound,
    'wrong key found': wrongKeyFound,
  })),
);
if (values.json !== undefined) {
  const model = sha256Hex(readFileSync(`${tinyLmFolder}/onnx/model.onnx`).toString('base64'));
  const record = {
    command: `npm run strength:power -- --samples ${samples} --temperature ${values.temperature}`,
    alpha: ALPHA,
    samples,
    model,
    cpu: cpus()[0].model,
    node: process.version,
    rows,
  };
  writeFileSync(values.json, `${JSON.stringify(record, null, 1)}\n`);
}

function measure(mark: string, input: NativeMarkInput, marked: readonly Sample[], length: number): Row {
  const detect = (tokens: ArrayLike<number>, key: number) => detectTokens(tokens, markOf(input, key), { alpha: ALPHA });
  const cut = ({ tokens }: Sample) => Uint32Array.from(tokens.slice(0, length));
  const found = (detections: { verdict: string }[]) => detections.filter(({ verdict }) => verdict === 'marked').length;
  const detections = marked.map((sample) => detect(cut(sample), sample.key));
  const hits = found(detections);
  const [low, high] = binomialInterval(hits, marked.length, 0.99);
  return {
    mark,
    length,
    tpr: hits / marked.length,
    low,
    high,
    medianLnP: detections.map(({ lnP }) => lnP).sort((a, b) => a - b)[detections.length >> 1],
    meanPairs: detections.reduce((sum, { n }) => sum + n, 0) / detections.length,
    textTpr:
      found(marked.map((sample) => detect(tokenizer.encode(tokenizer.decode(cut(sample))), sample.key))) /
      marked.length,
    plainFound: found(plain.map((sample) => detect(cut(sample), sample.key))),
    wrongKeyFound: found(marked.map((sample) => detect(cut(sample), sample.key + 1_000_000))),
  };
}
