/** Speculative decoding: draft positions marked at once, and the law of what comes out. */
import { type Mark, openMark } from '@taggant/core';
import { type GenerationDedup, MarkHook, type Sequence } from '@taggant/sampler';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { always, LN_RARE, lnChiSquare, randomRow, secretOf, softmax, uniforms } from '../../core/test/support.ts';

const V = 70;
const greenlist = (options = {}) => openMark({ scheme: 'greenlist', delta: 2, ...options }, secretOf(1));
const gumbel = (options = {}) => openMark({ scheme: 'gumbel', contextWidth: 2, ...options }, secretOf(2));
const tournament = (options = {}) => openMark({ scheme: 'tournament', contextWidth: 1, ...options }, secretOf(3));
const stacks: [string, () => Mark | Mark[]][] = [
  ['a green list', greenlist],
  ['gumbel', gumbel],
  ['a tournament', tournament],
  ['two layers', () => [greenlist({ delta: 3 }), greenlist({ delta: 1, cohort: 777, contextWidth: 0 })]],
  ['a green list and gumbel', () => [greenlist(), gumbel({ contextWidth: 4 })]],
];

/** Few different tokens, so that contexts come again. */
const tokens = (maxLength: number) => fc.array(fc.nat(2), { maxLength });

/** The rows and counts of marking token by token: what processDrafts has to give. */
function oneByOne(hook: MarkHook, sequence: Sequence, drafts: readonly number[], rows: Float32Array) {
  const steps = [];
  for (let j = 0; j <= drafts.length; j++) {
    const before = { ...sequence.steps };
    hook.processLogits(rows.subarray(j * V, (j + 1) * V), [sequence]);
    const { marked, shortContext, repeatedContext } = sequence.steps;
    steps.push({
      marked: marked - before.marked,
      shortContext: shortContext - before.shortContext,
      repeatedContext: repeatedContext - before.repeatedContext,
    });
    if (j < drafts.length) sequence.push(drafts[j]);
  }
  return steps;
}

const logitsOf = (rows: number, seed: number) =>
  Float32Array.from(Array.from({ length: rows }, (_, i) => [...randomRow(V, uniforms(seed + i))]).flat());

describe.each(stacks)('%s: draft positions', (_, open) => {
  it('are marked as token by token, in batches of any shape, whatever is deduplicated', () => {
    const request = fc.record({ prompt: tokens(8), generated: tokens(6), drafts: tokens(5) });
    always(
      [fc.array(request, { minLength: 1, maxLength: 4 }), fc.constantFrom('none', 'single-turn', 'all'), fc.nat(1000)],
      (requests, dedup, seed) => {
        const hook = new MarkHook(open(), { dedup: dedup as GenerationDedup, topK: 30, temperature: 0.8 });
        const begin = ({ prompt, generated }: (typeof requests)[number]) => {
          const sequence = hook.start(prompt);
          for (const token of generated) sequence.push(token);
          return sequence;
        };
        const expected = logitsOf(
          requests.reduce((sum, { drafts }) => sum + drafts.length + 1, 0),
          seed,
        );
        const [stateful, stateless] = [expected.slice(), expected.slice()];
        let at = 0;
        const steps = requests.flatMap((request) => {
          const rows = expected.subarray(at * V);
          at += request.drafts.length + 1;
          return oneByOne(hook, begin(request), request.drafts, rows);
        });
        const kept = requests.map(begin);
        const withSequences = requests.map(({ drafts }, i) => ({ after: kept[i], drafts }));
        expect(hook.processDrafts(stateful, withSequences)).toEqual(steps);
        expect(stateful).toEqual(expected);
        const withTokens = requests.map(({ prompt, generated, drafts }) => {
          return { after: [...prompt, ...generated], generated: generated.length, drafts };
        });
        expect(hook.processDrafts(stateless, withTokens)).toEqual(steps);
        expect(stateless).toEqual(expected);
        // Nothing has changed in the sequences: asked again, they give the same.
        const again = logitsOf(at, seed);
        hook.processDrafts(again, withSequences);
        expect(again).toEqual(expected);
        expect(kept.map(({ length, steps }) => [length, steps])).toEqual(
          requests.map((request) => [begin(request).length, { marked: 0, shortContext: 0, repeatedContext: 0 }]),
        );
      },
      60,
    );
  });
});

describe('processDrafts refuses', () => {
  const hook = new MarkHook(greenlist(), { vocabSize: V });
  it.each([
    [{ after: [1, 2], drafts: [V] }, '"requests[0].drafts[0]" expected a token id'],
    [{ after: [1, V], drafts: [1] }, '"after[1]" expected a token id'],
    [{ after: [1, 2], drafts: [1], generated: 3 }, '"generated" expected an integer from 0 to 2'],
    [{ after: [1, 2], drafts: [1, 2] }, '"logits" expected 3 rows'],
  ])('%j', (request, message) => {
    expect(() => hook.processDrafts(new Float32Array(2 * V), [request])).toThrow(message);
  });

  it('a row with NaN, which stays as it was', () => {
    const rows = logitsOf(2, 1);
    rows[V + 3] = Number.NaN;
    const before = rows.slice();
    expect(() => hook.processDrafts(rows, [{ after: [1, 2], drafts: [3] }])).toThrow(
      'row 1: "logits[3]" expected a number below +Infinity, got NaN',
    );
    expect(rows.subarray(V)).toEqual(before.subarray(V));
  });
});

/**
 * Speculative sampling (Leviathan et al. 2023; Chen et al. 2023): two drafts from a cheap model, each accepted with
 * probability min(1, p / q), else a correction from (p - q)+. What comes out must follow the marked target.
 */
describe('speculative sampling', () => {
  const N = 5;
  const K = 2;
  const RUNS = 60_000;
  const PROMPT = [3, 1];
  const next = uniforms(5);
  /** What follows a token, by the token: the target's logits, and a cheap model's guess at its distribution. */
  const target = Array.from({ length: N }, () => Float32Array.from({ length: N }, () => 3 * next()));
  const cheap = target.map((row) => softmax(row.map((logit) => 0.5 * logit + next())));
  const mark = openMark({ scheme: 'greenlist', gamma: '1/2', delta: 1.5, contextWidth: 1 }, secretOf(4));
  const hook = new MarkHook(mark, { vocabSize: N });
  const rows = hook.allocateLogits(K + 1);

  function pick(weights: readonly number[], u: number): number {
    let left = u * weights.reduce((sum, x) => sum + x, 0);
    const token = weights.findIndex((x) => (left -= x) < 0);
    return token < 0 ? weights.findLastIndex((x) => x > 0) : token;
  }

  /** One round: the accepted drafts, and a correction or one more token. */
  function round(sequence: Sequence, last: number, u: () => number, marksDrafts: boolean): number[] {
    const drafts: number[] = [];
    while (drafts.length < K) drafts.push(pick(cheap[drafts.at(-1) ?? last], u()));
    [last, ...drafts].forEach((token, j) => {
      rows.set(target[token], j * N);
    });
    const raw = rows.slice();
    hook.processDrafts(rows, [{ after: sequence, drafts }]);
    if (!marksDrafts) rows.set(raw.subarray(0, K * N));
    for (let j = 0; j < K; j++) {
      const q = cheap[drafts[j - 1] ?? last];
      const p = softmax(rows.subarray(j * N, (j + 1) * N));
      if (u() * q[drafts[j]] < p[drafts[j]]) continue;
      const rest = p.map((x, v) => Math.max(0, x - q[v]));
      return [...drafts.slice(0, j), pick(rest, u())];
    }
    return [...drafts, pick(softmax(rows.subarray(K * N)), u())];
  }

  /** How often each pair of tokens came first, and how many tokens a round gave. */
  function run(marksDrafts: boolean) {
    const u = uniforms(6);
    const counts = Array(N * N).fill(0);
    let [tokens, rounds] = [0, 0];
    for (let i = 0; i < RUNS; i++) {
      const sequence = hook.start(PROMPT);
      const text: number[] = [];
      while (text.length < 2) {
        const emitted = round(sequence, text.at(-1) ?? PROMPT[1], u, marksDrafts);
        for (const token of emitted) sequence.push(token);
        text.push(...emitted);
        tokens += emitted.length;
        rounds++;
      }
      counts[text[0] * N + text[1]]++;
    }
    return { counts, tokensARound: tokens / rounds };
  }

  const marked = (token: number) => {
    const row = target[token].slice();
    mark.apply(Uint32Array.of(token), row);
    return softmax(row);
  };
  const law = marked(PROMPT[1]).flatMap((p, token) => marked(token).map((q) => p * q));

  /** The mass that target and cheap model have in common after a token, by the next: where drafts are accepted. */
  const shared = (token: number) => marked(token).map((p, v) => Math.min(p, cheap[token][v]));
  const sum = (all: readonly number[]) => all.reduce((a, b) => a + b, 0);
  /** Tokens that a round after this one gives on average: one, and each draft if it and those before it are accepted. */
  const tokensAfter = (token: number) =>
    1 + sum(shared(token)) + sum(shared(token).map((accepted, v) => accepted * sum(shared(v))));

  /** Over a text's rounds: a text whose first draft is refused takes a second one, after a correction from (p - q)+. */
  function expectedTokensARound(): number {
    const first = PROMPT[1];
    const corrections = marked(first).map((p, v) => p - shared(first)[v]);
    const tokens = tokensAfter(first) + sum(corrections.map((p, v) => p * tokensAfter(v)));
    return tokens / (1 + sum(corrections));
  }
  /** Four standard errors: a round gives 1 to 3 tokens, a standard deviation of at most 1. */
  const TOLERANCE = 4 / Math.sqrt(RUNS);

  it('follows the marked target, token by token, and accepts drafts as often as it can', () => {
    const { counts, tokensARound } = run(true);
    expect(lnChiSquare(counts, law)).toBeGreaterThan(LN_RARE);
    expect(Math.abs(tokensARound - expectedTokensARound())).toBeLessThan(TOLERANCE);
  });

  it('control: leaving the draft positions unmarked is caught', () => {
    const { counts, tokensARound } = run(false);
    expect(lnChiSquare(counts, law)).toBeLessThan(10 * LN_RARE);
    expect(Math.abs(tokensARound - expectedTokensARound())).toBeGreaterThan(TOLERANCE);
  });

  it('control: the marked target is not the model', () => {
    const plain = softmax(target[PROMPT[1]]);
    expect(marked(PROMPT[1]).some((p, v) => Math.abs(p - plain[v]) > 0.1)).toBe(true);
  });
});
