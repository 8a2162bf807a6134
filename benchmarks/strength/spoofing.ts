/**
 * How many queries a simple n-gram stealing attack needs before its forgeries pass, by context width, on tiny-lm.
 *
 *   npm run strength:spoofing -- [--queries '100 250 500'] [--marks 'green list, 1;Gumbel, 4'] [--json FILE]
 *
 * The deployment writes 200 tokens at temperature 1 to each query under one key. The attacker has the same model
 * without the mark, 256 texts of 400 tokens of its own to compare with, and knows the context width. It learns, chooses
 * its strength and writes 32 forgeries as packages/verify/src/spoofing/curve.ts says; a forgery passes at p <= 1e-6.
 * Replies are kept in benchmarks/out, and the record is written after each mark, so that an interrupted run goes on where
 * it stopped.
 *
 * Control: the same attack on texts that carry no mark (half of the attacker's own against the other half). Its 32
 * forgeries are tested under 200 keys at p <= 0.01.
 * @module
 */
import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { type NativeMarkInput, openMark } from '@taggant/core';
import { detectTokens } from '@taggant/detector';
import { openLocalModel } from '@taggant/sampler/local-model';
import { tinyLmFolder, tinyLmTokenizer } from '@taggant/tiny-lm';
import { openLocalDeployment } from '@taggant/verify/local-model';
import { forger } from '../../packages/verify/src/spoofing/forge.ts';
import { queriesNeeded, type SpoofingCurve, spoofingCurve } from '../../packages/verify/src/spoofing/index.ts';
import { learnMark } from '../../packages/verify/src/spoofing/learn.ts';
import { localAttacker } from '../../packages/verify/src/spoofing/local-attacker.ts';
import { machine } from '../machine.ts';
import { samplesOf, secretOf } from './samples.ts';
import { heldOutPassages } from './texts.ts';

const MARKS: Readonly<Record<string, NativeMarkInput>> = {
  'green list, 0': { scheme: 'greenlist', contextWidth: 0 },
  'green list, 1': { scheme: 'greenlist', contextWidth: 1 },
  'green list, 2': { scheme: 'greenlist', contextWidth: 2 },
  'green list, 4': { scheme: 'greenlist', contextWidth: 4 },
  'Gumbel, 4': { scheme: 'gumbel', contextWidth: 4 },
  'tournament, 4': { scheme: 'tournament', contextWidth: 4 },
};
const TOKENS = 200;
const FORGERIES = 32;
const ALPHA = 1e-6;
const BASE = { samples: 256, tokens: 400 };
const PROMPT_TOKENS = 24;
const CONTROL = { keys: 200, alpha: 0.01, strength: 4 };

const { values } = parseArgs({
  options: {
    queries: { type: 'string', default: '100 250 500' },
    marks: { type: 'string', default: 'green list, 0;green list, 1;green list, 2;green list, 4' },
    json: { type: 'string' },
  },
});
const queries = values.queries.split(/\s+/).map(Number);
const folder = fileURLToPath(new URL('../out/', import.meta.url));
const weights = readFileSync(join(tinyLmFolder, 'onnx', 'model.onnx'));
const tokenizer = tinyLmTokenizer();
const prompts = heldOutPassages(Math.max(...queries) + FORGERIES).map((passage) =>
  tokenizer.decode(tokenizer.encode(passage).subarray(0, PROMPT_TOKENS)),
);
const plain = await samplesOf({ mark: null, temperature: 1, ...BASE }, folder);
const base = plain.map(({ prompt, tokens }, i) => ({
  id: String(i),
  prompt: Uint32Array.from(prompt),
  tokens: Uint32Array.from(tokens),
  text: '',
}));
const model = await openLocalModel(tinyLmFolder);
const attacker = localAttacker(model, tokenizer, { ignoreEnd: true });

const control = await falseAlarms();
console.log(`no mark: ${control.found} of ${control.tests} tests at p <= ${control.alpha}`);
for (const name of values.marks.split(';')) {
  const mark = openMark({ ...MARKS[name], tokenizer: tokenizer.id }, secretOf('spoofing'));
  const local = await openLocalDeployment(tinyLmFolder, mark, tokenizer, { ignoreEnd: true });
  const curve = await spoofingCurve({
    mark,
    deployment: { ...local, write: kept(name, (requests) => local.write(requests)) },
    attacker,
    prompts,
    queries,
    forgeries: FORGERIES,
    tokens: TOKENS,
    alpha: ALPHA,
    base,
    onProgress: ({ writing, done, wanted }) => process.stderr.write(`\r${name}: ${writing} ${done}/${wanted}   `),
  });
  await local.dispose();
  process.stderr.write('\n');
  print(name, curve);
  if (values.json !== undefined) record(values.json, name, curve);
}
await model.dispose();

/** Batches of replies in a file whose name is a hash of what they depend on, besides the batch. */
function kept<
  Request,
  Reply extends { readonly tokens?: ArrayLike<number>; readonly promptTokens?: ArrayLike<number> },
>(name: string, write: (requests: readonly Request[]) => Promise<readonly Reply[]>) {
  const hash = (...parts: (string | Uint8Array)[]) =>
    parts
      .reduce((sum, part) => sum.update(part), createHash('sha256'))
      .digest('hex')
      .slice(0, 12);
  const file = join(folder, `spoofing-${hash(weights, JSON.stringify(MARKS[name]))}.jsonl`);
  mkdirSync(folder, { recursive: true });
  const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean) : [];
  const known = new Map(
    lines.map((line) => JSON.parse(line) as [string, { tokens: number[]; promptTokens: number[] }[]]),
  );
  return async (requests: readonly Request[]) => {
    const id = hash(JSON.stringify(requests));
    let replies = known.get(id);
    if (replies === undefined) {
      replies = (await write(requests)).map(({ tokens = [], promptTokens = [] }) => ({
        tokens: Array.from(tokens),
        promptTokens: Array.from(promptTokens),
      }));
      appendFileSync(file, `${JSON.stringify([id, replies])}\n`);
    }
    return replies.map((reply) => ({ ...reply, text: tokenizer.decode(Uint32Array.from(reply.tokens)) }));
  };
}

async function falseAlarms() {
  const { keys, alpha, strength } = CONTROL;
  const table = learnMark(base.slice(0, base.length / 2), base.slice(base.length / 2), { contextWidth: 1 });
  const requests = prompts
    .slice(-FORGERIES)
    .map((prompt, i) => ({ id: String(i), prompt, seed: 5000 + i, marked: false, maxTokens: TOKENS }));
  const forged = await attacker.write(requests, forger(table, { strength }));
  let found = 0;
  for (let key = 0; key < keys; key++) {
    const mark = openMark({ ...MARKS['green list, 1'], tokenizer: tokenizer.id }, secretOf(`spoofing control ${key}`));
    for (const { tokens = [], promptTokens } of forged) {
      if (detectTokens(tokens, mark, { prompt: promptTokens }).p <= alpha) found++;
    }
  }
  return { pairs: table.size, strength, keys, tests: keys * forged.length, alpha, found };
}

function print(name: string, { points }: SpoofingCurve): void {
  for (const { queries, passed, medianLnP, perplexity, strength } of points) {
    const bounds = `${passed.low.toFixed(2)} to ${passed.high.toFixed(2)}`;
    const forged = `${passed.found}/${passed.n} pass (${bounds}), median log10 p ${(medianLnP / Math.LN10).toFixed(1)}`;
    console.log(`${name}: ${queries} queries, ${forged}, perplexity x ${perplexity.toFixed(2)}, ${strength} nats`);
  }
}

/** After each mark; curves of other marks that are in the file stay. */
function record(file: string, name: string, curve: SpoofingCurve): void {
  const earlier = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).curves : {};
  const ran = { command: `npm run strength:spoofing -- --queries '${values.queries}' --marks '${name}'` };
  const curves = { ...earlier, [name]: { ...ran, control, ...curve, needed: queriesNeeded(curve) ?? null } };
  const head = { model: 'tiny-lm', temperature: 1, base: BASE, cost: 1.5, machine: machine() };
  writeFileSync(file, `${JSON.stringify({ ...head, curves }, null, 1)}\n`);
}
