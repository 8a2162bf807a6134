/** What a plan is run and checked with: keys, tokenizer, served contexts, accounts, deck, each as the plan says it must be. @module */

import { CanaryKey, checkSameTokenizer, type Mark, type Tokenizer } from '@taggant/core';
import {
  type Assignment,
  type AtHand,
  Deck,
  type Plan,
  type ProbeMaterials,
  type ServedContexts,
  sha256OfBytes,
} from '@taggant/probes';
import {
  commitmentsOf,
  type OpenedKey,
  readAssignmentFile,
  readServedFile,
  sha256OfFile,
} from '@taggant/probes/runner';
import { at, CommandError } from '../errors.ts';
import type { KeyringFlags } from '../flags.ts';
import { parseJson } from '../input.ts';
import { openTokenizer } from '../tokenizers.ts';
import { VERSION } from '../version.ts';
import { accountKeysOf, decoysOf, keysOf, marksOf } from './keys.ts';
import { type PlanFile, readBytes } from './plan-file.ts';

export interface MaterialFlags extends KeyringFlags {
  /** `hf:PATH`, where the plan's tokenizer does not come along. */
  readonly tokenizer?: string;
  readonly accounts: string;
}

/** Paths and keys that a plan is evaluated with. */
export interface Sources {
  readonly keys: readonly OpenedKey[];
  readonly served?: string;
  readonly deck?: string;
  readonly accounts?: string;
}

/** What the plan names, found where it says, with its keys. */
export function sourcesOf(file: PlanFile, flags: MaterialFlags): Sources {
  const files = filesOf(file, flags);
  const assignment = files.accounts === undefined ? undefined : readAssignment(files.accounts);
  return { keys: keysOf(file.plan, file.path, assignment, flags), ...files };
}

/** The assignment is secret, and stands where the flag says. */
export const filesOf = ({ plan, resolve }: PlanFile, { accounts }: MaterialFlags): Omit<Sources, 'keys'> => ({
  ...(plan.served && { served: resolve(plan.served.file) }),
  ...(plan.deck && { deck: resolve(plan.deck.file) }),
  ...(plan.accounts && { accounts }),
});

/** Everything opened. */
export async function openMaterials(plan: Plan, sources: Sources, flags: MaterialFlags): Promise<ProbeMaterials> {
  const assignment = sources.accounts === undefined ? undefined : plannedAssignment(plan, sources.accounts);
  const deck = sources.deck === undefined ? undefined : readDeck(sources.deck);
  const marks = marksOf(plan, sources.keys);
  return {
    marks,
    decoyOf: decoysOf(plan, sources.keys),
    ...(plan.tokenizer && { tokenizer: await tokenizerOf(plan, flags) }),
    ...(sources.served && { served: readServed(sources.served, marks, plan.tokenizer) }),
    ...(assignment && { assignment }),
    // Without keys of their own accounts were served under the first mark's.
    ...(plan.accounts?.keys && { accountKeys: accountKeysOf(plan, sources.keys) }),
    ...(deck && { deck, canaryKey: sources.keys.map(({ key }) => key).find((key) => key instanceof CanaryKey) }),
  };
}

/** What is at hand, as hashes, to be compared with the plan. */
export function atHandOf(sources: Sources, { tokenizer, assignment }: ProbeMaterials): Omit<AtHand, 'prompts'> {
  return {
    keys: commitmentsOf(sources.keys),
    ...(tokenizer && { tokenizer: tokenizer.id }),
    ...(sources.served && { served: sha256OfFile(sources.served) }),
    ...(sources.deck && { deck: sha256OfBytes(readBytes(sources.deck)) }),
    ...(assignment && { accounts: assignment.commitment() }),
    software: { version: VERSION },
  };
}

export const readAssignment = (path: string): Assignment => attempt(path, readAssignmentFile);

/** Throws CommandError for an assignment that is not the plan's. */
export function plannedAssignment({ accounts }: Plan, path: string): Assignment {
  const assignment = readAssignment(path);
  if (assignment.commitment() === accounts?.commitment) return assignment;
  throw new CommandError(`${path}: this is not the assignment that was planned: its commitment is another`);
}

/** The contexts of a file, if these marks can have them. */
export const readServed = (
  path: string,
  marks: readonly Pick<Mark, 'contextWidth'>[],
  tokenizer: Plan['tokenizer'],
): ServedContexts =>
  attempt(path, () => {
    const served = readServedFile(path);
    for (const { contextWidth } of marks) served.checkFits({ contextWidth, tokenizer });
    return served;
  });

export function readDeck(path: string): Deck {
  const value = parseJson(readBytes(path).toString('utf8'), path);
  return attempt(path, () => Deck.parse(value));
}

async function tokenizerOf({ tokenizer }: Plan, flags: MaterialFlags): Promise<Tokenizer> {
  const { name, vocabSize } = tokenizer as NonNullable<Plan['tokenizer']>;
  const opened = await openTokenizer(flags.tokenizer ?? name, { name, vocabSize });
  checkSameTokenizer(tokenizer, opened.id);
  return opened;
}

function attempt<T>(path: string, read: (path: string) => T): T {
  try {
    return read(path);
  } catch (error) {
    throw at(path, error);
  }
}
