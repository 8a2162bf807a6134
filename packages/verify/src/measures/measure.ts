/**
 * A measure: one number for each text. Checks are about the mean of one measure; a baseline is the numbers of all of them.
 * @module
 */
import type { SurvivalPoint } from '../result.ts';
import type { Sample } from '../sample.ts';

export interface Measure {
  /** Stable: `found/200@1e-6`, `perplexity`. */
  readonly id: string;
  /** For people: `ln perplexity`. */
  readonly title: string;
  /** Which texts have it. */
  readonly of: 'marked' | 'unmarked' | 'both';
  /** Which way is worse. */
  readonly worse: 'lower' | 'higher' | 'either';
  /** 0 or 1 a text: its mean is a share. */
  readonly isShare: boolean;
  /** Where the texts are attacked first: how. */
  readonly attacked?: Pick<SurvivalPoint, 'attack' | 'rate' | 'tokens' | 'alpha'>;
  /** The numbers of these texts; undefined where a text is too short to have one. */
  measure(samples: readonly Sample[]): Promise<readonly (number | undefined)[]> | readonly (number | undefined)[];
}

/** The numbers of a run: by measure, then by text. */
export type Values = ReadonlyMap<string, ReadonlyMap<string, number>>;
