/**
 * The one concept: a Mark applies itself to a step of generation, and scores the pairs of a text under a known null law.
 * The sampler embeds any Mark and the detector tests any Mark without knowing which it holds.
 * @module
 */
import type { MarkDescriptor, Stage } from './descriptor.ts';
import type { Pairs } from './pairs.ts';

/**
 * The law of a pair's score over a random key, for a text written without the key. Sums over n distinct pairs follow
 * Binomial(n * trials, p), or Gamma(n * shape, 1), or the sum of two Gamma(n, 1), each times its scale.
 */
export type NullLaw =
  | { readonly law: 'binomial'; readonly trials: number; readonly p: number }
  | { readonly law: 'gamma'; readonly shape: number }
  | { readonly law: 'gamma-sum'; readonly scales: readonly [number, number] };

/** Mean and variance of a pair's score in a marked text of a stated strength. */
export interface Strength {
  readonly mean: number;
  readonly variance: number;
}

export interface Mark<Descriptor extends MarkDescriptor = MarkDescriptor> {
  /** Public parameters, without secrets. */
  readonly descriptor: Descriptor;
  /** One line for people, without the cohort: `greenlist gamma 1/4 delta 2, context 2`. */
  readonly title: string;
  /**
   * What `apply` expects and changes. `logits`: adds to raw logits, before truncation. `distribution`: acts on the final
   * distribution, after temperature, top-k and top-p, and therefore needs a temperature above 0.
   */
  readonly acts: 'logits' | 'distribution';
  /** On which side of the temperature a bias was meant; absent when the mark adds none. */
  readonly stage?: Stage;
  readonly contextWidth: number;
  /**
   * What stands in a context where there is no token yet. `marks`: such steps are marked too; `scores`: and scored. `prompt`:
   * whether the prompt's tokens give context. Absent: a step without its whole context is neither marked nor scored.
   */
  readonly start?: {
    readonly padding: number;
    readonly marks: boolean;
    readonly scores: boolean;
    readonly prompt: boolean;
  };
  readonly law: NullLaw;
  /**
   * The score of a pair when the model had one bit of choice: two equally likely tokens. The yardstick of power: a
   * `not-marked` verdict rules out marks at least this strong.
   */
  readonly oneBit: Strength;
  /**
   * Marks one step in place. `context`: at least the last `contextWidth` token ids, newest last. `logits`: one row;
   * -Infinity is a masked token, NaN and +Infinity are errors and leave the row as it was. `scale` says what a nat
   * on the mark's side of the temperature T measures in this row: 1/T for a bias meant for rows before it and a row that
   * was divided already; T for a bias meant for rows after it, or a mark that acts on the distribution, and a row that is
   * still to be divided. Default 1: the row is on the mark's side.
   */
  apply(context: Uint32Array, logits: Float32Array, scale?: number): void;
  /**
   * Leaves out pairs that read the same keyed randomness as an earlier one although their contexts differ. Only marks
   * whose seed forgets part of the context (the order of its tokens, say) have it: copies would break the null law.
   */
  distinct?(pairs: Pairs): Pairs;
  /** The score of each pair, never negative, into `out` (length at least pairs.n). */
  score(pairs: Pairs, out: Float64Array): void;
  /**
   * The sum of the pairs' scores under each cohort from `first` on, whatever the mark's own, into `out`. Only marks that
   * have cohorts can tell (native-mark.md, "Scoring every cohort at once").
   */
  scoreCohorts?(pairs: Pairs, first: number, out: Float64Array): void;
  /** What the mark's own engine would print of a text. Only marks of engines that have a detector. */
  compat?(tokens: Uint32Array, prompt: Uint32Array): EngineFigures;
}

/** Another detector's figures, under its own names. They are not what our verdict rests on. */
export interface EngineFigures {
  /** Whose: `transformers WatermarkDetector`. */
  readonly detector: string;
  readonly figures: Readonly<Record<string, number | boolean>>;
}
