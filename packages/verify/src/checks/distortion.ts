/** Does a mark that promises to keep the distribution keep it? @module */
import type { Mark } from '@taggant/core';
import { lnSumExp } from '@taggant/stats';
import { type Sample, wholeOf } from '../sample.ts';
import type { Check } from './check.ts';

/**
 * A two-sample test of the tokens of marked and unmarked texts, by betting: of each prompt's two texts, which is the marked one? Who
 * knows only the texts of earlier prompts guesses right as often as wrong, if both come from one distribution, so that the product
 * of 2 q over prompts, q the probability that the guess gave to the truth, is a fair bet; its inverse is a p-value, whenever one
 * looks (Ville's inequality; Shekhar and Ramdas 2023, "Nonparametric two-sample testing by betting"). Guesses go by how often each
 * token came in marked and in unmarked texts before, at several stakes.
 *
 * Under one key, texts that share a context share its random numbers: they are no independent draws, whatever the mark keeps. So a
 * text counts as far as its contexts are new, to every marked text before and to itself, and its companion by the same rule. Where
 * all texts begin alike, or what the model saw before them is not known, nothing is left to test. Text that is tokenized anew has
 * nearly the contexts that it was drawn from, no more.
 *
 * What it cannot see: what averages out over contexts, such as a green list of another context each, and another order of the same
 * tokens. Not for marks whose seed forgets part of the context (`Mark.distinct`), where a new context may have an old seed.
 *
 * `isAsked`: it was asked for, so that having nothing to test leaves it undecided.
 */
export function distortionCheck({ contextWidth, start }: Pick<Mark, 'contextWidth' | 'start'>, isAsked = false): Check {
  /** What is known of the prompt: where padding stands in its place, all texts begin alike. */
  const known = ({ prompt, isPromptGuessed }: Sample) =>
    isPromptGuessed || start?.prompt === false ? 0 : Math.min(contextWidth, prompt.length);
  const [id, title] = ['distortion', 'tokens of marked and of unmarked texts'];
  return {
    id,
    title,
    look({ marked, unmarked }, { fail }) {
      const plain = new Map(unmarked.map((sample) => [sample.id, sample]));
      const bet = new Bet();
      const seen = new Set<string>();
      let n = 0;
      for (const sample of marked) {
        const other = plain.get(sample.id);
        const contexts = contextsOf(sample, contextWidth, known(sample));
        if (other !== undefined && beginAlike(sample, other, known)) {
          const first = sample.tokens.subarray(0, freshIn(contexts, seen));
          const second = other.tokens.subarray(0, freshIn(contextsOf(other, contextWidth, known(other)), seen));
          bet.place(first, second);
          if (first.length + second.length > 0) n++;
        }
        for (const context of contexts) seen.add(context);
      }
      if (n < LEAST_PAIRS) {
        const message = `only ${n} prompts' texts have contexts of their own: begun otherwise, or with promptTokens, there would be more`;
        return { id, title, outcome: isAsked ? 'undecided' : 'skipped', message, n };
      }
      const p = bet.p;
      const isSeen = p <= fail;
      const message = `${isSeen ? 'they differ' : 'no difference seen'} (p = ${p.toPrecision(2)}, ${n} prompts)`;
      return { id, title, outcome: isSeen ? 'failed' : 'passed', message, p, n };
    },
  };
}

/** Wealth at several stakes, and what was learned so far. */
class Bet {
  readonly #marked = new Map<number, number>();
  readonly #unmarked = new Map<number, number>();
  readonly #lnWealth = STAKES.map(() => 0);
  #lnMost = 0;

  /** `marked` and `unmarked` are of one prompt. */
  place(marked: Uint32Array, unmarked: Uint32Array): void {
    const score = this.#lean(marked) - this.#lean(unmarked);
    STAKES.forEach((stake, i) => {
      this.#lnWealth[i] += Math.LN2 - softplus(-stake * score);
    });
    this.#lnMost = Math.max(this.#lnMost, lnSumExp(this.#lnWealth) - Math.log(STAKES.length));
    for (const token of marked) this.#marked.set(token, (this.#marked.get(token) ?? 0) + 1);
    for (const token of unmarked) this.#unmarked.set(token, (this.#unmarked.get(token) ?? 0) + 1);
  }

  get p(): number {
    return Math.exp(-this.#lnMost);
  }

  /** How much a text looks like the marked ones before it. */
  #lean(tokens: Uint32Array): number {
    let sum = 0;
    for (const token of tokens) {
      sum += Math.log(((this.#marked.get(token) ?? 0) + SHRINK) / ((this.#unmarked.get(token) ?? 0) + SHRINK));
    }
    return sum;
  }
}

/** Whether the same tokens stand before both, as far as contexts reach. */
function beginAlike(a: Sample, b: Sample, known: (sample: Sample) => number): boolean {
  const [first, second] = [a, b].map((sample) => wholeOf(sample, known(sample)).subarray(0, known(sample)));
  return first.join(' ') === second.join(' ');
}

/**
 * The context of each token, and that which stood before what came next: the end was drawn there, too. What reaches before the
 * `known` tokens of the prompt is the same unknown for all.
 */
function contextsOf(sample: Sample, width: number, known: number): string[] {
  const whole = wholeOf(sample, known);
  return Array.from({ length: sample.tokens.length + 1 }, (_, i) =>
    whole.subarray(Math.max(0, known + i - width), known + i).join(' '),
  );
}

/** How many contexts come before the first that is in `seen`, or came before. */
function freshIn(contexts: readonly string[], seen: ReadonlySet<string>): number {
  const own = new Set<string>();
  for (const [i, context] of contexts.entries()) {
    if (seen.has(context) || own.has(context)) return i;
    own.add(context);
  }
  return contexts.length;
}

/** ln(1 + e^x). */
const softplus = (x: number) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
const STAKES = [1 / 16, 1 / 8, 1 / 4, 1 / 2, 1];
const SHRINK = 2;
const LEAST_PAIRS = 16;
