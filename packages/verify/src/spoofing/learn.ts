/**
 * What an attacker learns of a mark without its key: which tokens come more often after a context in marked texts than
 * in others. Jovanovic, Staab and Vechev 2024, "Watermark Stealing in Large Language Models", section 4 (and
 * `SpoofedProcessor` in github.com/eth-sri/watermark-stealing, whose constants these are).
 *
 * A token D after a context C has the score min(r, c) / c, where r = P[D | C, marked] / P[D | C, not marked] is at
 * least 1, by counts; 0 where r is less, or D was too rare to say; 1 where the other texts never have it. Scores after
 * the whole context, after its shorter endings and after no context at all are averaged with weights 2, 1 and 1/2.
 *
 * Simpler than theirs: of the parts of a context only its endings count. A seed that rests on one token of the context,
 * wherever it stands (the smallest hash of several, as some engines have it), is better stolen by their search for the
 * strongest token. Our own marks read the whole context, so that parts of it say little.
 *
 * The method was published for green lists, where a context favours a share of the vocabulary. Marks that act on the
 * distribution (Gumbel, tournament) fall to the same counts, and sooner where a context comes again: under one key they
 * draw the same numbers there, so that one repeated context is continued alike from text to text. That is the simplest
 * stealing there is: copy what followed. Only contexts that hardly ever come again protect them.
 * @module
 */
import { checkInteger } from '@taggant/core';
import { type Sample, wholeOf } from '../sample.ts';

export interface LearnOptions {
  /** Of the mark. It is public, or guessed: a wider table learns a narrower mark, too, only more slowly. 0 to 8. */
  readonly contextWidth: number;
  /** Tokens that came less often after a context in marked texts say nothing. Default 2. */
  readonly leastCount?: number;
}

/** A stolen table: no key, only counts. */
export interface StolenTable {
  readonly contextWidth: number;
  /** How many pairs of a context and a token it favours. */
  readonly size: number;
  /**
   * Tells each token that is favoured after a context (newest last), once for each ending, with its share of a boost of
   * 1.
   */
  boosts(context: Uint32Array, tell: (token: number, boost: number) => void): void;
}

/**
 * Counts marked texts against texts without the mark.
 *
 * @example
 * const text = (...tokens) => ({ id: '', text: '', prompt: new Uint32Array(0), tokens: Uint32Array.from(tokens) });
 * const table = learnMark([text(7, 1, 7, 1)], [text(7, 2, 7, 1)], { contextWidth: 1 });
 * table.boosts(Uint32Array.of(7), (token, boost) => console.log(token, boost)); // 1 0.8
 */
export function learnMark(
  marked: Iterable<Sample>,
  base: Iterable<Sample>,
  { contextWidth, leastCount = 2 }: LearnOptions,
): StolenTable {
  checkInteger(contextWidth, 'contextWidth', 0, MAX_WIDTH);
  checkInteger(leastCount, 'leastCount', 1, 2 ** 20);
  const endings = new Endings();
  const counts = new Counts();
  eachPair(marked, contextWidth, endings.add, counts.add);
  const others = new Counts();
  eachPair(base, contextWidth, endings.find, others.add);
  const favoured = favouredBy(counts, others, leastCount);
  const weights = weightsOf(contextWidth);
  return {
    contextWidth,
    size: favoured.size,
    boosts(context, tell) {
      let ending: number | undefined = ROOT;
      for (let order = 0; ending !== undefined; order++) {
        for (const { token, score } of favoured.after.get(ending) ?? []) tell(token, weights[order] * score);
        if (order === contextWidth) return;
        ending = endings.find(ending, context[context.length - 1 - order]);
      }
    },
  };
}

/** Tells every token of every text after every ending of its context, as far back as `step` goes. */
function eachPair(texts: Iterable<Sample>, contextWidth: number, step: Endings['find'], tell: Counts['add']): void {
  for (const sample of texts) {
    const all = wholeOf(sample, contextWidth);
    for (let i = all.length - sample.tokens.length; i < all.length; i++) {
      let ending: number | undefined = ROOT;
      for (let order = 0; ending !== undefined; order++) {
        tell(ending, all[i]);
        if (order === contextWidth || order === i) break;
        ending = step(ending, all[i - 1 - order]);
      }
    }
  }
}

/** Numbers for the endings of contexts: a tree, the newest token first. */
class Endings {
  readonly #numbers = new Map<number, number>();

  readonly find = (ending: number, token: number): number | undefined => this.#numbers.get(pair(ending, token));

  readonly add = (ending: number, token: number): number | undefined => {
    const known = this.find(ending, token);
    if (known !== undefined) return known;
    const fresh = this.#numbers.size + 1;
    this.#numbers.set(pair(ending, token), fresh);
    return fresh;
  };
}

class Counts {
  readonly pairs = new Map<number, number>();
  readonly endings = new Map<number, number>();

  readonly add = (ending: number, token: number): void => {
    const key = pair(ending, token);
    this.pairs.set(key, (this.pairs.get(key) ?? 0) + 1);
    this.endings.set(ending, (this.endings.get(ending) ?? 0) + 1);
  };
}

interface Favoured {
  readonly token: number;
  readonly score: number;
}

function favouredBy(marked: Counts, others: Counts, leastCount: number) {
  const after = new Map<number, Favoured[]>();
  let size = 0;
  for (const [key, count] of marked.pairs) {
    const ending = Math.floor(key / TOKENS);
    const total = marked.endings.get(ending) as number;
    if (count < (ending === ROOT ? Math.max(leastCount, LEAST_SHARE * total) : leastCount)) continue;
    const other = others.pairs.get(key) ?? 0;
    const ratio = other === 0 ? CLIP : (count / total / other) * (others.endings.get(ending) as number);
    if (ratio < 1) continue;
    const list = after.get(ending) ?? [];
    list.push({ token: key % TOKENS, score: Math.min(ratio, CLIP) / CLIP });
    after.set(ending, list);
    size++;
  }
  return { after, size };
}

/** By the length of the ending; their sum is 1. */
function weightsOf(contextWidth: number): number[] {
  const raw = Array.from({ length: contextWidth + 1 }, (_, order) =>
    order === contextWidth ? WHOLE : order === 0 ? NOTHING : PARTS / (contextWidth - 1),
  );
  const sum = raw.reduce((a, b) => a + b, 0);
  return raw.map((weight) => weight / sum);
}

/** Exact: fewer than 2^29 endings. */
const pair = (ending: number, token: number) => ending * TOKENS + token;
const TOKENS = 2 ** 24;
const ROOT = 0;
const MAX_WIDTH = 8;
/** The published constants: how much more often is often enough, and the weights. */
const CLIP = 2;
const WHOLE = 2;
const PARTS = 1;
const NOTHING = 0.5;
/** Without any context, a token has to have this share of all tokens. */
const LEAST_SHARE = 7e-5;
