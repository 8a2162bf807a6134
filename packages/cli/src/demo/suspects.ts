/**
 * The second act: two small models that the lab trained (`benchmarks/lab/students`), one of them on 5 % of text that tiny-lm
 * wrote with a Gumbel mark, the other on human text only. Both are tested from plan to bundle, with the answers that they gave.
 * @module
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { deriveKey, openMark, Secret, type Tokenizer } from '@taggant/core';
import { evaluate, type Plan, Probe, type ProbeResult, parsePlan, sha256OfBytes } from '@taggant/probes';
import { readServedFile, runPlan, sha256OfFile, writeBundle } from '@taggant/probes/runner';
import { DEMO_DATA } from '../demo-data.ts';
import { writeWhole } from '../output.ts';
import { probePage } from '../probe/report.ts';
import { VERSION } from '../version.ts';

export interface Suspect {
  readonly id: string;
  readonly title: string;
  /** Whether it learned from marked text. */
  readonly expected: boolean;
  readonly result: ProbeResult;
  /** Tokens of its answers that were asked for. */
  readonly tokens: number;
  /** The opened test, with report.html beside it. */
  readonly bundle: string;
  readonly report: string;
}

/** Plans, asks, evaluates and opens the test of both suspects under `out`. */
export async function testSuspects(out: string, tokenizer: Tokenizer): Promise<Suspect[]> {
  const suspects: Suspect[] = [];
  for (const { id, title, expected } of SUSPECTS) {
    const { result, tokens } = await test(id, out, tokenizer);
    suspects.push({ id, title, expected, result, tokens, bundle: join(out, id), report: join(out, `${id}.html`) });
  }
  return suspects;
}

async function test(id: string, out: string, tokenizer: Tokenizer) {
  const rows = linesOf(id);
  const prompts = jsonLines(rows.map(({ prompt }, i) => ({ id: `${i}`, prompt: tokenizer.decode(prompt) })));
  const answers = rows.map(({ reply }, i) => ({ id: `${i}`, reply: tokenizer.decode(reply), finish: 'length' }));
  const servedPath = join(DEMO_DATA, 'served.bin');
  // Not a secret: the lab's keys are public, so that anybody can repeat its tests.
  const secret = Secret.fromBytes(createHash('sha256').update('benchmark students').digest());
  const key = deriveKey(secret, 'gumbel', 'gumbel-w1');
  const { kid: _, ...descriptor } = openMark(
    { scheme: 'gumbel', contextWidth: 1, tokenizer: tokenizer.id },
    key,
  ).descriptor;
  const plan: Plan = parsePlan({
    plan: 'taggant/1',
    title: "Was this model trained on tiny-lm's marked text?",
    test: 'radioactivity',
    suspect: { api: 'offline', model: id },
    marks: [{ descriptor, commitment: key.commitment }],
    tokenizer: tokenizer.id,
    prompts: { file: 'prompts.jsonl', sha256: sha256OfBytes(prompts), count: rows.length },
    order: { seed: 1 },
    served: { file: 'served', sha256: sha256OfFile(servedPath), logs: 'independent', weights: true },
    statistic: 'pair',
    alpha: 1e-6,
    stopping: 'e-value',
    budget: { requests: rows.length },
    decoys: 1000,
    software: { name: 'taggant', version: VERSION },
    nonce: createHash('sha256').update(`taggant demo ${id}`).digest('hex'),
  });
  const materials = { marks: [openMark(descriptor, key)], tokenizer, served: readServedFile(servedPath) };
  const probe = new Probe(plan, materials);
  const [folder, bundle] = [join(out, `${id}.run`), join(out, id)];
  rmSync(folder, { recursive: true, force: true });
  const run = await runPlan(plan, {
    prompts,
    atHand: {
      keys: [key.commitment],
      tokenizer: tokenizer.id,
      served: sha256OfFile(servedPath),
      software: { version: VERSION },
    },
    folder,
    answers: jsonLines(answers),
    decide: (line) => probe.add(line),
  });
  const result = evaluate(plan, run.lines, materials);
  const transcript = readFileSync(join(folder, 'transcript.jsonl'));
  // Of an earlier demo, if it is one.
  if (existsSync(join(bundle, 'manifest.json'))) rmSync(bundle, { recursive: true });
  writeBundle(bundle, { plan, prompts, transcript, run, result, served: servedPath, keys: [{ key }] });
  rmSync(folder, { recursive: true });
  await writeWhole(join(out, `${id}.html`), await probePage(result, plan));
  return { result, tokens: result.marks?.[0].tokens ?? 0 };
}

const linesOf = (id: string): { readonly prompt: Uint32Array; readonly reply: Uint32Array }[] =>
  gunzipSync(readFileSync(join(DEMO_DATA, `${id}.jsonl.gz`)))
    .toString()
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line))
    .map(({ prompt, reply }) => ({ prompt: Uint32Array.from(prompt), reply: Uint32Array.from(reply) }));

const jsonLines = (rows: readonly object[]): Uint8Array =>
  Buffer.from(rows.map((row) => `${JSON.stringify(row)}\n`).join(''));

const SUSPECTS = [
  { id: 'distilled', title: '5 % of its training was marked', expected: true },
  { id: 'independent', title: 'Trained on human text only', expected: false },
] as const;
