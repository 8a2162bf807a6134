/** `taggant probe canaries`: a deck, its prompts, and what each account is told. @module */
import { existsSync } from 'node:fs';
import type { CanaryKey } from '@taggant/core';
import { type Deck, deckPrompts, EVERYBODY, exampleDeck, powerOf, servingLines } from '@taggant/probes';
import { CommandError } from '../errors.ts';
import type { KeyringFlags } from '../flags.ts';
import { openOutput, writeWhole } from '../output.ts';
import { refuseToReplace } from '../paths.ts';
import { theCanaryKey } from './keys.ts';
import { readAssignment, readDeck } from './materials.ts';

interface Flags extends KeyringFlags {
  readonly example?: boolean;
  readonly prompts?: string;
  readonly samples: number;
  readonly export?: string;
  readonly accounts?: string;
  readonly kid?: string;
  readonly power?: boolean;
}

export async function useDeck(path: string, flags: Flags): Promise<void> {
  if (flags.example && existsSync(path)) {
    throw new CommandError(`${path} exists already: leave out --example to use the deck that is there`);
  }
  for (const flag of ['prompts', 'export'] as const) {
    refuseToReplace([`--${flag}`, flags[flag]], {
      'the deck': path,
      '--keyring': flags.keyring,
      '--accounts': flags.accounts,
    });
  }
  // Everything that can be wrong with what is given, before anything is written.
  const key = flags.export === undefined ? undefined : theCanaryKey(flags, flags.kid);
  const names = namesOf(flags);
  if (flags.example) await writeWhole(path, `${JSON.stringify(exampleDeck(), null, 1)}\n`);
  const deck = readDeck(path);
  if (flags.prompts) await writeWhole(flags.prompts, jsonLines(deckPrompts(deck, flags.samples)));
  if (flags.export && key) await exportTexts(flags.export, deck, key, names);
  await writeWhole('-', `deck  ${deck.hash}\n      ${deck.triggers.length} triggers\n`);
  if (flags.power) {
    const power = powerOf(deck.sizes, { hitRates: HIT_RATES, alpha: 1e-6, accounts: names.length });
    await writeWhole('-', jsonLines([{ hitRates: HIT_RATES, ...power }]));
  }
}

async function exportTexts(path: string, deck: Deck, key: CanaryKey, names: readonly string[]): Promise<void> {
  // Whoever knows the draws can train a model to show them.
  const output = openOutput(path, 0o600);
  for (const line of servingLines(deck, key, names)) await output.write(`${line}\n`);
  await output.close();
}

/** Whose draws there are. */
const namesOf = ({ accounts }: Flags): string[] =>
  accounts === undefined ? [EVERYBODY] : readAssignment(accounts).accounts.map(({ id }) => id);

const HIT_RATES = [0.02, 0.05, 0.1, 0.2, 0.5];
const jsonLines = (rows: readonly unknown[]) => rows.map((row) => `${JSON.stringify(row)}\n`).join('');
