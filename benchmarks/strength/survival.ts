/**
 * How many marked texts are still found after an attack, by length: TPR at p <= 1e-3 and p <= 1e-6, per mark, on
 * tiny-lm.
 *
 *   npm run strength:survival -- [--samples 128] [--attacks 'delete:0.1 lowercase'] [--json FILE]
 *
 * Samples are those of `strength:power`: a key of its own for every batch of 32, a held-out prompt for every sample. A
 * sample is cut to each length, decoded, attacked, tokenized again and tested without its prompt. `emoji-k`: generated
 * with a filler behind every k-th token, which the mark saw and the text lost. `infill` and `emoji` on the first 32
 * samples.
 *
 * Controls: plain text under the same attacks, each text tested for every mark: what is found there is a false alarm.
 * `none`: text without an attack, decoded and tokenized again.
 * @module
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { Mark, NativeMarkInput } from '@taggant/core';
import { detectText } from '@taggant/detector';
import { openLocalModel } from '@taggant/sampler/local-model';
import { binomialInterval } from '@taggant/stats';
import { tinyLmFolder, tinyLmTokenizer } from '@taggant/tiny-lm';
import { type Attack, attackOf, countWords } from '@taggant/verify';
import { filledGeneration } from '@taggant/verify/fillers';
import { openInfill } from '@taggant/verify/infill';
import { openWordNet } from '@taggant/verify/wordnet';
import { seededRandom, seedOf } from '../../packages/verify/src/random.ts';
import { machine } from '../machine.ts';
import { markOf, type Sample, samplesOf } from './samples.ts';
import { heldOutPassages, readText } from './texts.ts';

const LENGTHS = [50, 100, 200, 400];
const ALPHAS = [1e-3, 1e-6];
const CONFIDENCE = 0.99;
const BATCH = 32;
const MARKS: Readonly<Record<string, NativeMarkInput>> = {
  'green list, 1': { scheme: 'greenlist', contextWidth: 1 },
  'green list, 2': { scheme: 'greenlist' },
  'green list, 4': { scheme: 'greenlist', contextWidth: 4 },
  'Gumbel, 4': { scheme: 'gumbel' },
  'tournament, 4': { scheme: 'tournament' },
};
const ATTACKS = [
  ...['substitute:0.1', 'substitute:0.2', 'substitute:0.3', 'substitute:0.5', 'substitute-frequent:0.2'],
  ...['synonyms:0.5', 'synonyms:1', 'delete:0.1', 'delete:0.2', 'delete:0.3', 'insert:0.1', 'insert:0.2', 'insert:0.3'],
  ...['truncate:0.5', 'copy-paste:0.5', 'copy-paste:0.25', 'copy-paste:0.1', 'shuffle-sentences'],
  ...['lowercase', 'uppercase', 'title-case', 'whitespace:0.1', 'whitespace:0.3', 'homoglyphs:0.02', 'homoglyphs:0.1'],
  ...['zero-width:0.02', 'zero-width:0.1', 'markdown', 'nfkc', 'infill:0.1', 'infill:0.3', 'infill:0.5'],
  ...['truncate:0.5+homoglyphs:0.02', 'substitute:0.1+lowercase'],
];
const FILLERS = [1, 4];
/** Of the samples, where a model works on each: infill and fillers. */
const FEW = 32;

const { values } = parseArgs({
  options: {
    samples: { type: 'string', default: '128' },
    attacks: { type: 'string', default: ATTACKS.join(' ') },
    json: { type: 'string' },
  },
});
const samples = Number(values.samples);
const folder = fileURLToPath(new URL('../out/', import.meta.url));
const plan = { samples, tokens: Math.max(...LENGTHS), temperature: 1 };
const tokenizer = tinyLmTokenizer();
const marked = Object.fromEntries(await eachMark((mark) => samplesOf({ ...plan, mark }, folder)));
const plain = await samplesOf({ ...plan, mark: null }, folder);
const { infill, dispose } = await openInfill();
const materials = {
  words: countWords(readText('pg1342_pride_prejudice.txt')),
  human: heldOutPassages(400),
  synonyms: openWordNet(),
  infill,
};

interface Row {
  readonly mark: string;
  readonly attack: string;
  readonly rate?: number;
  readonly tokens: number;
  readonly n: number;
  readonly medianLnP: number;
  readonly found: readonly {
    readonly alpha: number;
    readonly found: number;
    readonly low: number;
    readonly high: number;
  }[];
}

const rows: Row[] = [];
const controls: {
  readonly attack: string;
  readonly tokens: number;
  readonly tests: number;
  readonly found: number[];
}[] = [];
const none: Attack = { name: 'none', id: 'none', apply: (text) => text };
for (const attack of [none, ...values.attacks.split(/\s+/).map((spec) => attackOf(spec, materials))]) {
  process.stderr.write(`${attack.id}\n`);
  const count = attack.name === 'infill' ? FEW : samples;
  for (const tokens of LENGTHS) {
    const human = await attacked(plain.slice(0, count), attack, tokens);
    const alarms: number[] = [];
    for (const [name, input] of Object.entries(MARKS)) {
      const texts = await attacked(marked[name].slice(0, count), attack, tokens);
      rows.push(rowOf(name, attack, tokens, lnPs(input, texts)));
      alarms.push(...lnPs(input, human));
    }
    controls.push({
      attack: attack.id,
      tokens,
      tests: alarms.length,
      found: ALPHAS.map((alpha) => below(alarms, alpha)),
    });
  }
}
await dispose();
for (const every of FILLERS) {
  const attack = { name: 'emoji', rate: 1 / every, id: `emoji-${every}` };
  for (const [name, written] of await eachMark((mark) => filledSamples(mark, every))) {
    for (const tokens of LENGTHS) {
      rows.push(rowOf(name, attack, tokens, lnPs(MARKS[name], await attacked(written, none, tokens))));
    }
  }
}
print();
if (values.json !== undefined) record(values.json);

interface Text {
  readonly text: string;
  readonly key: number;
}

/** The first tokens of each sample, as text that was attacked. */
function attacked(from: readonly Sample[], attack: Attack, tokens: number): Promise<Text[]> {
  const texts = from.map(async (sample, i) => {
    const text = tokenizer.decode(Uint32Array.from(sample.tokens.slice(0, tokens)));
    return { key: sample.key, text: await attack.apply(text, seededRandom(seedOf(i, `${attack.id} ${tokens}`))) };
  });
  return Promise.all(texts);
}

function lnPs(input: NativeMarkInput, texts: readonly Text[]): number[] {
  const marks = new Map<number, Mark>();
  return texts.map(({ text, key }) => {
    const mark = marks.get(key) ?? markOf(input, key);
    marks.set(key, mark);
    return detectText(text, mark, tokenizer).lnP;
  });
}

function rowOf(mark: string, { name, rate }: Omit<Attack, 'apply'>, tokens: number, lnPs: readonly number[]): Row {
  const n = lnPs.length;
  return {
    mark,
    attack: name,
    rate,
    tokens,
    n,
    medianLnP: Number([...lnPs].sort((a, b) => a - b)[n >> 1].toFixed(2)),
    found: ALPHAS.map((alpha) => {
      const found = below(lnPs, alpha);
      const [low, high] = binomialInterval(found, n, CONFIDENCE);
      return { alpha, found, low: Number(low.toFixed(4)), high: Number(high.toFixed(4)) };
    }),
  };
}

function below(lnPs: readonly number[], alpha: number): number {
  return lnPs.filter((lnP) => lnP <= Math.log(alpha)).length;
}

async function eachMark<T>(make: (mark: NativeMarkInput) => Promise<T>): Promise<[string, T][]> {
  const made: [string, T][] = [];
  for (const [name, mark] of Object.entries(MARKS)) made.push([name, await make(mark)]);
  return made;
}

/** Samples whose mark saw a filler behind every k-th token; kept as the others are. */
async function filledSamples(input: NativeMarkInput, every: number): Promise<Sample[]> {
  const model = readFileSync(join(tinyLmFolder, 'onnx', 'model.onnx'));
  const hash = createHash('sha256')
    .update(model)
    .update(JSON.stringify({ ...plan, input, every }))
    .digest('hex');
  const file = join(folder, `filled-${every}-${hash.slice(0, 12)}.json`);
  if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8'));
  const lm = await openLocalModel(tinyLmFolder);
  const prompts = heldOutPassages(samples)
    .slice(0, FEW)
    .map((passage) => tokenizer.encode(passage).subarray(0, 24));
  const made: Sample[] = [];
  for (let at = 0; at < prompts.length; at += BATCH) {
    const batch = prompts.slice(at, at + BATCH);
    const key = at / BATCH;
    const fillers = { every, filler: tokenizer.encode('*')[0] };
    const settings = filledGeneration(markOf(input, key), { temperature: plan.temperature }, fillers);
    const outputs = await lm.generate(batch, {
      maxNewTokens: plan.tokens,
      seed: 1000 + key,
      ignoreEnd: true,
      settings,
    });
    made.push(...outputs.map((tokens, i) => ({ key, prompt: [...batch[i]], tokens: [...tokens] })));
    process.stderr.write(`\remoji-${every} ${input.scheme}: ${made.length}/${prompts.length} samples `);
  }
  process.stderr.write('\n');
  await lm.dispose();
  mkdirSync(folder, { recursive: true });
  writeFileSync(file, JSON.stringify(made));
  return made;
}

function print(): void {
  const idOf = ({ attack, rate }: Row) => (rate === undefined ? attack : `${attack} ${Number(rate.toFixed(3))}`);
  for (const tokens of LENGTHS) {
    console.log(`${tokens} tokens: % found at p <= ${ALPHAS.join(' / ')}`);
    const table: Record<string, Record<string, string>> = {};
    for (const row of rows.filter((row) => row.tokens === tokens)) {
      const shares = row.found.map(({ found }) => ((100 * found) / row.n).toFixed(0));
      (table[idOf(row)] ??= {})[row.mark] = shares.join(' / ');
    }
    console.table(table);
  }
  const tests = controls.reduce((sum, control) => sum + control.tests, 0);
  const found = ALPHAS.map((_, i) => controls.reduce((sum, control) => sum + control.found[i], 0));
  console.log(
    `plain text under the same attacks: ${found.join(' / ')} found in ${tests} tests at p <= ${ALPHAS.join(' / ')}`,
  );
}

function record(file: string): void {
  const head = {
    command: `npm run strength:survival -- --samples ${samples}`,
    samples,
    alphas: ALPHAS,
    confidence: CONFIDENCE,
    machine: machine(),
  };
  const lines = (list: readonly unknown[]) => `[\n${list.map((item) => `  ${JSON.stringify(item)}`).join(',\n')}\n ]`;
  const text = JSON.stringify({ ...head, controls: 0, rows: 0 }, null, 1)
    .replace('"controls": 0', () => `"controls": ${lines(controls)}`)
    .replace('"rows": 0', () => `"rows": ${lines(rows)}`);
  writeFileSync(file, `${text}\n`);
}
