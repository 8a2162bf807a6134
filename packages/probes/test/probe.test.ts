/** From a plan and answers to a result: what decides, and what is kept back. */
import { deriveCanaryKey, deriveKey, openMark, Secret, sha256Hex, type Tokenizer } from '@taggant/core';
import {
  Assignment,
  type Deck,
  deckPrompts,
  drawVariants,
  evaluate,
  exampleDeck,
  type Plan,
  Probe,
  parsePlan,
  ServedContexts,
} from '@taggant/probes';
import type { TranscriptLine } from '@taggant/probes/runner';
import { describe, expect, it } from 'vitest';
import { plainDeck } from './canaries-support.ts';
import { seeded } from './seeded.ts';

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

  it('is the e-value where answers of a file failed, or prompts carry marked text', () => {
    const lines = answers(40).map((line, i) => (i < 39 ? line : { i, id: 'q39', prompt: 'w63', failed: 'lost' }));
    expect(evaluate(planOf({}), lines, materials)).toMatchObject({ basis: 'e-value', answers: { failed: 1 } });
    const prompts = { file: 'p', sha256: 'ab'.repeat(32), count: 40, marked: true };
    const result = evaluate(planOf({ prompts }), answers(40), materials);
    expect(result).toMatchObject({ basis: 'e-value', markedPrompts: true });
  });

  it('is nothing of what was shown to it before, where prompts carry marked text', () => {
    // The suspect keeps what it was shown, a context and its green token, and says it to the next question.
    const pair = (context: number) => {
      const logits = Float32Array.from({ length: VOCABULARY }, (_, t) => (t >= 40 ? 1 : -9));
      mark.apply(Uint32Array.of(context), logits);
      return `w${context} w${logits.indexOf(logits.reduce((a, b) => Math.max(a, b)))}`;
    };
    const lines = Array.from({ length: 40 }, (_, i) => ({
      ...{ i, id: `q${i}`, prompt: pair(i), finish: 'stop' },
      reply: `w63 ${pair(Math.max(0, i - 1))}`,
    }));
    const plan = (more: object) => planOf({ prompts: { file: 'p', sha256: 'ab'.repeat(32), count: 40, ...more } });
    expect(evaluate(plan({}), lines, materials).verdict).toBe('found');
    expect(evaluate(plan({ marked: true }), lines, materials).verdict).toBe('nothing-found');
  });

  it('is refused with marked logs that were tokenized again', () => {
    const served = new ServedContexts({ contextWidth: 1, tokenizer: words.id });
    served.add([1, 2, 3], [], true);
    const plan = planOf({ served: { file: 's', sha256: 'ab'.repeat(32), logs: 'marked', weights: false } });
    expect(() => new Probe(plan, { ...materials, served })).toThrow('got 1 of 1 texts that were tokenized again');
    const independent = { ...plan, served: { ...plan.served, logs: 'independent' as const, weights: true } } as Plan;
    expect(() => new Probe(independent, { ...materials, served })).not.toThrow();
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

const canaryKey = deriveCanaryKey(secret);
const canaryPlan = (count: number, fields: object = {}) =>
  planOf({
    test: 'canaries',
    marks: undefined,
    tokenizer: undefined,
    prompts: { file: 'p', sha256: 'ab'.repeat(32), count },
    budget: { requests: count },
    deck: { file: 'd', sha256: 'ab'.repeat(32), commitment: canaryKey.commitment },
    ...fields,
  });

describe('the account of a canary', () => {
  const accounts = ['acme', 'globex'];
  const next = seeded(5);
  const assignment = Assignment.create({ epoch: { label: 'q4', from: '2026-10-01' }, accounts }, (length) =>
    Uint8Array.from({ length }, () => Math.floor(256 * next())),
  );
  /** Replies to each trigger in turn, `samples` times: by what acme was told there, and how many variants there are. */
  function materialsOf(deck: Deck, samples: number, reply: (drawn: number, k: number, i: number) => number) {
    const { variants } = drawVariants(deck, canaryKey, accounts);
    const lines = Array.from({ length: samples * deck.triggers.length }, (_, i): TranscriptLine => {
      const q = i % deck.triggers.length;
      const { id, prompts } = deck.triggers[q];
      const said = reply(variants[q], deck.sizes[q], i);
      return { i, id: `${id}/${i}`, prompt: prompts[0], reply: `v${said}` };
    });
    return { lines, materials: { deck, canaryKey, assignment } };
  }
  const namesIn = ({ canaries }: ReturnType<typeof evaluate>) => canaries?.candidates.map(({ account }) => account);

  it('is named by the number that the plan chose, whatever the e-value is', () => {
    // The first replies name what acme was told, all later ones the other variant.
    const { lines, materials } = materialsOf(plainDeck(new Array(40).fill(2)), 3, (drawn, _, i) =>
      i < 40 ? drawn : 1 - drawn,
    );
    const byCounts = evaluate(canaryPlan(120, { statistic: 'pair' }), lines, materials);
    expect(byCounts).toMatchObject({ basis: 'p-value', verdict: 'nothing-found', canaries: { statistic: 'counts' } });
    expect(Math.max(...(byCounts.canaries?.candidates ?? []).map(({ lnSup }) => lnSup))).toBeGreaterThan(Math.log(1e6));
    expect(namesIn(byCounts)).toEqual(['(not named)', '(not named)']);
    const byHits = evaluate(canaryPlan(120), lines, materials);
    expect(byHits).toMatchObject({ basis: 'p-value', verdict: 'found', canaries: { statistic: 'hits' } });
    expect(namesIn(byHits)).toEqual(['acme', '(not named)']);
  });

  it('is named by the e-value where the run was cut, whatever the p is', () => {
    // Eight hits, the last ones of forty.
    const { lines, materials } = materialsOf(plainDeck(new Array(40).fill(64)), 1, (drawn, k, i) =>
      i < 32 ? (drawn + 1) % k : drawn,
    );
    const cut = evaluate(canaryPlan(41), lines, materials);
    expect(cut).toMatchObject({ basis: 'e-value', verdict: 'nothing-found', canaries: { statistic: 'e-value' } });
    expect(cut.canaries?.candidates[0].lnPHits).toBeLessThan(Math.log(1e-6));
    expect(namesIn(cut)).toEqual(['(not named)', '(not named)']);
    expect(evaluate(canaryPlan(40), lines, materials)).toMatchObject({ basis: 'p-value', verdict: 'found' });
  });

  it('may be found at any moment, and stays found: the largest e-value decides', () => {
    const { lines, materials } = materialsOf(plainDeck(new Array(60).fill(16)), 1, (drawn, k, i) =>
      i < 12 ? drawn : (drawn + 1) % k,
    );
    const plan = canaryPlan(60, { stopping: 'e-value' });
    const probe = new Probe(plan, materials);
    const told = lines.map((line) => [probe.add(line), probe.lnSup] as const);
    const stop = told.findIndex(([what]) => what === 'stop');
    expect([stop > 3, stop < 12]).toEqual([true, true]);
    for (const [i, [what, lnSup]] of told.entries()) {
      expect(what).toBe(i < stop ? 'go on' : 'stop');
      if (i > 0) expect(lnSup).toBeGreaterThanOrEqual(told[i - 1][1]);
      if (i % 20 === 3)
        expect(evaluate(plan, lines.slice(0, i + 1), materials).canaries?.lnP).toBe(Math.min(0, -lnSup));
    }
    const [first] = probe.result().canaries?.candidates ?? [];
    expect([first.account, first.lnSup]).toEqual(['acme', probe.lnSup]);
    expect(first.lnE).toBeLessThan(first.lnSup);
  });

  it('has a curve that ends where the result does, and names nobody', () => {
    const { lines, materials } = materialsOf(plainDeck(new Array(40).fill(64)), 1, (drawn, k) => (drawn + 1) % k);
    const { canaries } = evaluate(canaryPlan(40), lines, materials);
    const end = canaries?.curve?.at(-1);
    expect(end).toMatchObject({ replies: 40, n: 40, lnP: canaries?.lnP, lnE: canaries?.candidates[0].lnE });
    expect(JSON.stringify(canaries)).not.toMatch(/acme|globex/);
  });
});

describe('canary prompts', () => {
  const deck = exampleDeck();
  const prompts = deckPrompts(deck);
  const plan = canaryPlan(prompts.length);
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
