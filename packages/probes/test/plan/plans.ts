/** Plans for tests. @module */
import { type EngineKey, type MarkKey, sha256Hex } from '@taggant/core';
import { keyCommitment, type Plan, parsePlan } from '@taggant/probes';

export const VERSION = '1.2.3';

/** JSON lines. */
export const jsonl = (rows: readonly unknown[]): Uint8Array =>
  new TextEncoder().encode(rows.map((row) => `${JSON.stringify(row)}\n`).join(''));

/** A parsed file of a whole and valid plan, with other values for some fields. */
export function planFields(prompts: Uint8Array, fields: Partial<Plan> = {}): Record<string, unknown> {
  const text = new TextDecoder().decode(prompts);
  return {
    plan: 'taggant/1',
    test: 'radioactivity',
    suspect: { api: 'completions', baseUrl: 'http://127.0.0.1:1/v1', model: 'suspect' },
    marks: [{ descriptor: { mark: 'taggant/1', scheme: 'greenlist' }, commitment: 'ab'.repeat(32) }],
    tokenizer: { name: 'tiny-lm', vocabSize: 4096, sha256: 'cd'.repeat(32) },
    prompts: { file: 'prompts.jsonl', sha256: sha256Hex(text), count: text.split('\n').length - 1 },
    order: { seed: 1 },
    statistic: 'context',
    alpha: 1e-6,
    stopping: 'fixed',
    budget: { requests: 1000 },
    decoys: 100,
    software: { name: 'taggant', version: VERSION },
    nonce: '0123456789abcdef'.repeat(4),
    ...fields,
  };
}

export const planOf = (prompts: Uint8Array, fields: Partial<Plan> = {}): Plan => parsePlan(planFields(prompts, fields));

/** What is at hand when all is as planned. */
export const atHandOf = ({ marks, tokenizer, software }: Plan) => ({
  keys: marks?.map(({ commitment }) => commitment),
  tokenizer,
  software,
});

export const plannedMark = (key: MarkKey | EngineKey, descriptor: object, salt?: string) => ({
  descriptor: descriptor as never,
  commitment: keyCommitment(key, salt),
});
