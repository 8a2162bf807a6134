/** Who attacks: somebody with a model of their own, and without the key. @module */
import type { Tokenizer } from '@taggant/core';
import type { Reference } from '../measures/quality.ts';
import type { Sample, TextReply, TextRequest } from '../sample.ts';
import { type Bias, forger, stolenScore } from './forge.ts';
import type { StolenTable } from './learn.ts';

/** A model that writes without the mark, and as it is biased. */
export interface Attacker {
  write(requests: readonly TextRequest[], bias?: Bias): Promise<readonly TextReply[]>;
  /** The deployment's: it is public, or close enough. Absent: ids as generated. */
  readonly tokenizer?: Tokenizer;
  /** Its own ln p of texts. */
  readonly reference: Reference;
}

/** What the attacker tries before it forges. */
export interface Trial {
  /** Writes a few texts under a bias, or none. */
  readonly write: (bias?: Bias) => Promise<readonly Sample[]>;
  readonly reference: Reference;
  /** Perplexity of a forgery over that of the model's own texts, at most. */
  readonly cost: number;
}

/**
 * The strength of the bias, chosen without the key: of those that keep the perplexity, the one whose texts have most of
 * what the table favours. The weakest where none does.
 */
export async function chooseStrength(table: StolenTable, { write, reference, cost }: Trial): Promise<number> {
  const own = await meanSurprise(await write(), reference);
  let best = { strength: STRENGTHS[0], score: Number.NEGATIVE_INFINITY };
  for (const strength of STRENGTHS) {
    const texts = await write(forger(table, { strength }));
    if ((await meanSurprise(texts, reference)) - own > Math.log(cost)) break;
    const score = texts.reduce((sum, text) => sum + stolenScore(text, table), 0);
    if (score > best.score) best = { strength, score };
  }
  return best.strength;
}

/** Mean -ln p of a token: ln of the perplexity. */
export async function meanSurprise(texts: readonly Sample[], reference: Reference): Promise<number> {
  const all = await reference(texts);
  const tokens = all.reduce((sum, { length }) => sum + length, 0);
  return tokens === 0 ? 0 : -all.reduce((sum, lnP) => lnP.reduce((a, b) => a + b, sum), 0) / tokens;
}

/** Nats. */
const STRENGTHS = [1, 2, 3, 4, 6, 8, 12];
