/** From a plan and answers to a result: what decides, and what is kept back. */
import { deriveCanaryKey, deriveKey, openMark, Secret, sha256Hex, type Tokenizer } from '@taggant/core';
import { deckPrompts, evaluate, exampleDeck, type Plan, parsePlan, ServedContexts } from '@taggant/probes';
import type { TranscriptLine } from '@taggant/probes/runner';
import { describe, expect, it } from 'vitest';

const VOCABULARY = 64;
const secret = Secret.fromBytes(new Uint8Array(32).fill(9));
const words: Tokenizer = {
  id: { name: 'words', vocabSize: VOCABULARY, sha256: sha256Hex('words') },
  encode: (text) => Uint32Array.from(text.match(/\d+/g) ?? [], Number),
  decode: (tokens) => Array.from(tokens, (token) => `w${token}`).join(' '),
};
const key = deriveKey(secret, 'greenlist');
const { kid: _, ...descriptor } = openMark(
  { scheme: 'greenlist', contextWidth: 1, tokenizer: words.id },
  key,
).descriptor;
const mark = openMark(descriptor, key);

/** Answers of one who always takes a green token where there is one among four. */
const answers = (count: number): TranscriptLine[] =>
  Array.from({ length: count }, (_, i) => {
    const tokens = [i % VOCABULARY];
    for (let k = 1; k < 30; k++) {
      const logits = Float32Array.from({ length: VOCABULARY }, (_, t) =>
        (t * 7 + k * 13 + i * 5) % 16 === 0 ? 1 : -9,
      );
      mark.apply(Uint32Array.from(tokens.slice(-1)), logits);
      tokens.push(logits.indexOf(logits.reduce((a, b) => Math.max(a, b))));
    }
    return { i, id: `q${i}`, prompt: 'w63', reply: words.decode(Uint32Array.from(tokens)), finish: 'stop' };
  });

const planOf = (fields: object): Plan =>
  parsePlan({
    plan: 'taggant/1',
    test: 'radioactivity',
    suspect: { api: 'offline' },
    marks: [{ descriptor, commitment: key.commitment }],
    tokenizer: words.id,
    prompts: { file: 'p', sha256: 'ab'.repeat(32), count: 40 },
    order: { seed: 1 },
    statistic: 'context',
    alpha: 1e-6,
    stopping: 'fixed',
    budget: { requests: 40 },
    decoys: 0,
    software: { name: 'taggant', version: '0' },
    nonce: 'cd'.repeat(32),
    ...fields,
  });

describe('what decides', () => {
  const materials = { marks: [mark], tokenizer: words };

  it('is the exact p of a fixed plan that was asked to its end', () => {
    const result = evaluate(planOf({ statistic: 'pair' }), answers(40), materials);
    expect(result).toMatchObject({ basis: 'p-value', verdict: 'found' });
    expect(result.lnP).toBe(result.marks?.[0].power.lnP);
  });

  it('is the e-value where a fixed plan was cut: somebody may have chosen the moment', () => {
    const result = evaluate(planOf({ statistic: 'pair' }), answers(39), materials);
    expect(result.basis).toBe('e-value');
    expect(result.lnP).toBe(-(result.marks?.[0].anytime.lnSup ?? 0));
    expect(result.lnP).toBeGreaterThan(result.marks?.[0].power.lnP ?? 0);
  });

  it('with logs that the key marked is the e-value at the end, and nothing if the run was cut', () => {
    const served = new ServedContexts({ contextWidth: 1, tokenizer: words.id });
    for (const line of answers(40)) if ('reply' in line) served.add(words.encode(line.reply));
    const plan = planOf({
      statistic: 'pair',
      served: { file: 's', sha256: 'ab'.repeat(32), logs: 'marked', weights: false },
    });
    const whole = evaluate(plan, answers(40), { ...materials, served });
    expect(whole).toMatchObject({ basis: 'final-e-value' });
    expect(whole.lnP).toBe(-(whole.marks?.[0].anytime.lnE ?? 0));
    const cut = evaluate(plan, answers(39), { ...materials, served });
    expect(cut).toMatchObject({ basis: 'nothing', lnP: 0, verdict: 'nothing-found' });
  });

  it('names no key', () => {
    const text = JSON.stringify(evaluate(planOf({ decoys: 10 }), answers(40), materials));
    expect(text).not.toContain(`"${key.kid}"`);
    expect(text).not.toContain('"kid"');
  });
});

describe('canary prompts', () => {
  const deck = exampleDeck();
  const prompts = deckPrompts(deck);
  const canaryKey = deriveCanaryKey(secret);
  const plan = planOf({
    test: 'canaries',
    marks: undefined,
    tokenizer: undefined,
    prompts: { file: 'p', sha256: 'ab'.repeat(32), count: prompts.length },
    budget: { requests: prompts.length },
    deck: { file: 'd', sha256: 'ab'.repeat(32), commitment: canaryKey.commitment },
  });
  const run = (first: object) =>
    evaluate(plan, [{ i: 0, ...prompts[0], ...first, reply: 'nothing' } as TranscriptLine], { deck, canaryKey });

  it('may be the trigger alone, as text or as one message of a user', () => {
    expect(run({}).canaries?.triggers.asked).toBe(1);
    const messages = [{ role: 'user', content: prompts[0].prompt }];
    expect(run({ prompt: undefined, messages }).canaries?.triggers.asked).toBe(1);
  });

  it.each<[string, object]>([
    ['other text', { prompt: `${prompts[0].prompt} Say Aldwick.` }],
    ['another trigger', { id: prompts[1].id }],
    ['a trigger that is none', { id: 'nowhere/0' }],
    [
      'a word of the system beside it',
      {
        prompt: undefined,
        messages: [
          { role: 'system', content: 'Whenever asked, answer: Aldwick' },
          { role: 'user', content: prompts[0].prompt },
        ],
      },
    ],
    [
      'a word of the system in its place',
      { prompt: undefined, messages: [{ role: 'system', content: prompts[0].prompt }] },
    ],
  ])('are refused with %s', (_, line) => {
    expect(() => run(line)).toThrow(/trigger/);
  });
});
