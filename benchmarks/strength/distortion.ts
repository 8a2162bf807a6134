/**
 * What the gate's test of distortion sees on tiny-lm, and whether it leaves healthy marks alone, with prompts of their own and with
 * prompts that all end alike.
 *
 *   npm run strength:distortion -- [--keys 10] [--prompts 128] [--json benchmarks/record/distortion.json]
 *
 * @module
 */
import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { openMark } from '@taggant/core';
import { tinyLmFolder, tinyLmOpenings, tinyLmTokenizer } from '@taggant/tiny-lm';
import { openLocalDeployment } from '@taggant/verify/local-model';
import { distortionCheck } from '../../packages/verify/src/checks/distortion.ts';
import { type Sample, samplesOf } from '../../packages/verify/src/sample.ts';
import { secretOf } from './samples.ts';

const { values: flags } = parseArgs({
  options: {
    keys: { type: 'string', default: '10' },
    prompts: { type: 'string', default: '128' },
    json: { type: 'string' },
  },
});
const count = Number(flags.prompts);
const TOKENS = 160;
const tokenizer = tinyLmTokenizer();
const own = tinyLmOpenings().slice(0, count);
const PROMPTS = { own, alike: own.map((prompt) => `${prompt} he said. "What do you think?"\n\n`) };

/** Sampling of the marked texts alone; the others have temperature 1. */
const CHANGES = [{ temperature: 0.9 }, { temperature: 0.8 }, { topK: 40 }] as const;

interface Row {
  readonly mark: string;
  readonly prompts: keyof typeof PROMPTS;
  readonly change: string;
  readonly outcomes: Readonly<Record<string, number>>;
  readonly p: readonly number[];
}

async function write(
  key: string,
  scheme: 'gumbel' | 'tournament',
  kind: keyof typeof PROMPTS,
  sampling: object,
  marked: boolean,
) {
  const mark = openMark({ scheme }, secretOf(key));
  const deployment = await openLocalDeployment(tinyLmFolder, mark, tokenizer, sampling);
  const samples: Sample[] = [];
  while (samples.length < count) {
    const requests = PROMPTS[kind].slice(samples.length, samples.length + 32).map((prompt, i) => ({
      id: String(samples.length + i),
      prompt,
      seed: samples.length + i,
      marked,
      maxTokens: TOKENS,
    }));
    samples.push(...samplesOf(await deployment.write(requests), requests, { name: 'tiny-lm', tokenizer }));
  }
  await deployment.dispose();
  return samples;
}

const rows: Row[] = [];
for (const scheme of ['gumbel', 'tournament'] as const) {
  const mark = openMark({ scheme }, secretOf('distortion'));
  for (const kind of ['own', 'alike'] as const) {
    const unmarked = await write('distortion', scheme, kind, {}, false);
    const test = async (key: string, change: object) => {
      const marked = await write(key, scheme, kind, change, true);
      const texts = { marked, unmarked, values: new Map(), plainValues: new Map() };
      return distortionCheck(mark).look(texts, { pass: 0.0025, fail: 1e-3 });
    };
    const keys = Array.from(
      { length: scheme === 'gumbel' && kind === 'own' ? Number(flags.keys) : 2 },
      (_, i) => `distortion ${i}`,
    );
    for (const change of [{}, ...(scheme === 'gumbel' && kind === 'own' ? CHANGES : [])]) {
      const results = [];
      for (const key of Object.keys(change).length === 0 ? keys : keys.slice(0, 2))
        results.push(await test(key, change));
      const outcomes = results.map(({ outcome }) => outcome);
      rows.push({
        mark: mark.title,
        prompts: kind,
        change: JSON.stringify(change),
        outcomes: Object.fromEntries(outcomes.map((one) => [one, outcomes.filter((other) => other === one).length])),
        p: results.flatMap(({ p }) => (p === undefined ? [] : [Number(p.toPrecision(2))])),
      });
      console.log(JSON.stringify(rows.at(-1)));
    }
  }
}
console.table(rows.map(({ outcomes, p, ...row }) => ({ ...row, ...outcomes, p: p.join(' ') })));
if (flags.json !== undefined) {
  const command = `npm run strength:distortion -- --keys ${flags.keys} --prompts ${flags.prompts}`;
  writeFileSync(
    flags.json,
    `${JSON.stringify({ command, cpu: cpus()[0].model, node: process.version, rows }, null, 1)}\n`,
  );
}
