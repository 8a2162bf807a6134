/** Whether what is at hand is what the plan says. @module */
import type { TokenizerId } from '@taggant/core';
import canonicalize from 'canonicalize';
import { plannedKeys } from './commitment.ts';
import type { Plan } from './plan.ts';

/** What a run or a check has at hand. Hashes are SHA-256 of files' bytes, in hex. */
export interface AtHand {
  readonly prompts: { readonly sha256: string; readonly count: number };
  /** `keyCommitment` of each mark's key, in the plan's order, then of the deck's. */
  readonly keys?: readonly string[];
  readonly tokenizer?: TokenizerId;
  readonly served?: string;
  readonly deck?: string;
  /** The commitment of the accounts' assignment. */
  readonly accounts?: string;
  readonly software: { readonly version: string };
}

/**
 * Every deviation from the plan, in words; none when all is as planned. What the plan names must be there, and nothing that
 * it does not name.
 *
 * @example
 * checkAgainstPlan(plan, { ...atHand, software: { version: '9.9.9' } }); // [ 'software version: planned "1.0.0", got "9.9.9"' ]
 */
export function checkAgainstPlan(plan: Plan, atHand: AtHand): string[] {
  const keys = plannedKeys(plan);
  const places = Array.from({ length: Math.max(keys.length, atHand.keys?.length ?? 0) }, (_, i) => i);
  return [
    differs('prompts (sha256)', plan.prompts.sha256, atHand.prompts.sha256),
    differs('number of prompts', plan.prompts.count, atHand.prompts.count),
    ...places.map((i) => differs(`key ${i + 1} (commitment)`, keys[i], atHand.keys?.[i])),
    differs('tokenizer', plan.tokenizer, atHand.tokenizer),
    differs('served contexts (sha256)', plan.served?.sha256, atHand.served),
    differs('deck (sha256)', plan.deck?.sha256, atHand.deck),
    differs('accounts (commitment)', plan.accounts?.commitment, atHand.accounts),
    differs('software version', plan.software.version, atHand.software.version),
  ].flat();
}

/** Throws RangeError with every deviation. */
export function refuseDeviations(plan: Plan, atHand: AtHand): void {
  const deviations = checkAgainstPlan(plan, atHand);
  if (deviations.length > 0) throw new RangeError(`this is not what was planned: ${deviations.join('; ')}`);
}

function differs(what: string, planned: unknown, got: unknown): string[] {
  const [expected, found] = [planned, got].map((value) => (value === undefined ? 'none' : canonicalize(value)));
  return expected === found ? [] : [`${what}: planned ${expected}, got ${found}`];
}
