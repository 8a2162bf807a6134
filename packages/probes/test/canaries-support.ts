/** Decks of plain words, and innocent suspects with every habit: they know nothing of the tested account's draw. @module */
import { CanaryAnswers, Deck, type Draws } from '../src/canaries/index.ts';
import { lnSumTail } from '../src/canaries/score-law.ts';
import { hitLaw, lawOf, scoreOf } from '../src/canaries/test.ts';

/** A deck with triggers `q0`, `q1`, ... of these numbers of variants, `v0`, `v1`, ... */
export const plainDeck = (sizes: readonly number[]): Deck =>
  Deck.parse({
    deck: 'taggant/1',
    triggers: sizes.map((k, q) => ({
      id: `q${q}`,
      prompts: [`Question ${q}?`],
      variants: Array.from({ length: k }, (_, v) => ({ text: `v${v}` })),
    })),
  });

/** 40 triggers of mixed sizes. */
export const MIXED = Array.from({ length: 40 }, (_, q) => [4, 16, 64, 10][q % 4]);

/** What a suspect names at trigger q of K variants: a variant, or -1. `other`: what another account is served there. */
export type Habit = (q: number, k: number, next: () => number, other: number) => number;

const zipf = (k: number, next: () => number) => Math.floor(Math.exp(next() * Math.log(k + 1))) - 1;

/** Habits of the innocent. All are fixed, or random numbers of their own; none sees the tested account's draw. */
export const HABITS: Record<string, Habit> = {
  'no habit': (_, k, next) => Math.floor(next() * k),
  'always the most popular variant': () => 0,
  'Zipf, popular variants first': (_, k, next) => zipf(k, next),
  "copies another account's draws": (_q, _k, _next, other) => other,
  'answers by the trigger': (q, k) => (q * 7) % k,
  'usable in three of ten': (_, k, next) => (next() < 0.3 ? zipf(k, next) : -1),
};

/** The answers of one suspect, `samples` to each trigger, in the deck's order. `row`: of the account that it may copy. */
export function answersOf(deck: Deck, draws: Draws, row: number, habit: Habit, samples: number, next: () => number) {
  const answers = new CanaryAnswers(deck);
  const sizes = deck.sizes;
  for (let sample = 0; sample < samples; sample++) {
    sizes.forEach((k, q) => {
      answers.count(q, habit(q, k, next, draws.variants[row * sizes.length + q]));
    });
  }
  return answers;
}

/**
 * Everything that one innocent suspect's answers give under the draws of a row. `p`: as reported. `uniform`: P[S > s] + U P[S = s],
 * exactly uniform under the null; of hits over the triggers that were answered, since only those could hit.
 */
export function evidenceOf(answers: CanaryAnswers, draws: Draws, row: number, next: () => number) {
  const sizes = answers.deck.sizes;
  const drawn = (q: number) => draws.variants[row * sizes.length + q];
  const answered = [...answers.answered];
  const bets = answered.map(([q, { first }]) => ({ k: sizes[q], hit: first === drawn(q) }));
  const hits = bets.filter(({ hit }) => hit).length;
  const scores = answered.map(([q, { counts }]) =>
    Int32Array.from({ length: sizes[q] }, (_, v) => scoreOf(counts.get(v) ?? 0, sizes[q])),
  );
  const score = scores.reduce((sum, table, i) => sum + table[drawn(answered[i][0])], 0);
  const countLaws = scores.map(lawOf);
  const hitLaws = answered.map(([q]) => hitLaw(sizes[q]));
  const randomised = (laws: typeof hitLaws, sum: number) => {
    const [from, above] = [sum, sum + 1].map((least) => Math.exp(lnSumTail(laws, least)));
    return above + next() * (from - above);
  };
  // E rises with hits alone, so its largest value stands right after one.
  const lnSup = bets.reduce((most, { hit }, i) => (hit ? Math.max(most, lnBets(bets.slice(0, i + 1))) : most), 0);
  return {
    hits: { value: hits, uniform: randomised(hitLaws, hits) },
    counts: { value: score, uniform: randomised(countLaws, score) },
    lnE: lnBets(bets),
    lnSup,
  };
}

/** ln of the mean over lambda of the product of 1 - lambda + lambda K hit, as it stands in the docstring. */
export function lnBets(bets: readonly { readonly k: number; readonly hit: boolean }[]): number {
  const products = [0.8, 0.5, 0.25, 0.1, 0.05, 0.02, 0.01].map((lambda) =>
    bets.reduce((product, { k, hit }) => product * (1 - lambda + lambda * (hit ? k : 0)), 1),
  );
  return Math.log(products.reduce((sum, product) => sum + product, 0) / products.length);
}
