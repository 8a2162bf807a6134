/** Texts of a model that is nothing but rows of random logits, written as an engine would, with what it would log. */
import type { Mark } from '@taggant/core';
import { drawToken, MarkHook, type Truncation } from '@taggant/sampler';
import { uniforms } from '../../core/test/support.ts';

export const V = 64;

export interface Writing extends Truncation {
  readonly tokens?: number;
  readonly temperature?: number;
  /** Standard deviation of the logits: the larger, the surer the model. */
  readonly spread?: number;
  /** The share of steps that are left unmarked, in runs of about four, as accepted drafts are. */
  readonly unmarked?: number;
}

/** A text, its raw ln p and the five likeliest at each position, and which steps were marked. */
export function write(mark: Mark | null, seed: number, writing: Writing = {}) {
  const { tokens: count = 200, temperature = 1, spread = 1.5, unmarked = 0, ...truncation } = writing;
  const next = uniforms(seed);
  const prompt = Array.from({ length: 8 }, () => Math.floor(next() * V));
  const plain = new MarkHook(NO_MARK, { temperature, vocabSize: V });
  const hook = mark === null ? plain : new MarkHook(mark, { temperature, vocabSize: V, ...truncation });
  const sequence = hook.start(prompt);
  const [tokens, logprobs, top, marked]: [number[], number[], number[][], boolean[]] = [[], [], [], []];
  let isMarked = true;
  for (let i = 0; i < count; i++) {
    const logits = Float32Array.from({ length: V }, () => spread * normal(next));
    const raw = logSoftmax(logits);
    // A run ends with chance 1/4, and one begins so often that the share comes out.
    const flips = isMarked ? unmarked / (4 * (1 - unmarked)) : 1 / 4;
    if (unmarked > 0 && next() < flips) isMarked = !isMarked;
    const steps = sequence.steps.marked;
    if (isMarked && mark !== null) hook.processLogits(logits, [sequence]);
    marked.push(sequence.steps.marked > steps);
    const token = drawToken(logits, temperature, next);
    sequence.push(token);
    tokens.push(token);
    logprobs.push(raw[token]);
    top.push(highest(raw, 5));
  }
  return { tokens, prompt, logprobs, top, marked };
}

/** A bias of nothing: the hook wants a mark. */
const NO_MARK = {
  descriptor: { mark: 'none' },
  title: 'none',
  acts: 'logits',
  contextWidth: 0,
  law: { law: 'binomial', trials: 1, p: 0.5 },
  oneBit: { mean: 0.5, variance: 0.25 },
  apply() {},
  score() {},
} satisfies Mark;

/** A sort of the whole row would take longer than all the rest. */
function highest(values: readonly number[], count: number): number[] {
  const found: number[] = [];
  for (const value of values) {
    if (found.length === count && value <= found[count - 1]) continue;
    found.splice(found.filter((one) => one >= value).length, 0, value);
    if (found.length > count) found.pop();
  }
  return found;
}

const normal = (next: () => number) => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());

export function logSoftmax(logits: ArrayLike<number>): number[] {
  const row = Array.from(logits);
  const largest = Math.max(...row);
  const lnTotal = largest + Math.log(row.reduce((sum, logit) => sum + Math.exp(logit - largest), 0));
  return row.map((logit) => logit - lnTotal);
}
